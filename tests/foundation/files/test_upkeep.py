"""Content that no row names goes after a day; a waiting file is judged by the scanners."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.factories import citizen, official
from tests.factories.documents import pdf, uploaded
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.models import Event
from yiwang.foundation.files import actions, jobs, vault
from yiwang.foundation.files.actions import add_to_library, discard, judge
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.files.queries import read_bytes
from yiwang.foundation.files.slots import in_use, scanners
from yiwang.kernel.refusals import Conflict

pytestmark = pytest.mark.django_db
OLD = time.time() - 2 * jobs.A_DAY


def _age(sha256: str) -> None:
    os.utime(vault.path_of(sha256), (OLD, OLD))


def _orphan(content: bytes) -> str:
    with vault.Draft() as draft:
        draft.write(content)
        return draft.adopt()


def test_only_what_is_old_and_nameless_goes() -> None:
    named = uploaded(citizen(), pdf("named"))
    old, young = _orphan(b"old"), _orphan(b"young")
    _age(named.sha256)
    _age(old)
    for sha256 in (named.sha256, old, young):
        jobs.sweep(sha256[:2])
    assert not vault.path_of(old).exists()
    assert vault.path_of(young).exists()
    assert read_bytes(named.id) == pdf("named")


def test_an_old_draft_goes_and_a_young_one_stays() -> None:
    with vault.Draft() as young, vault.Draft() as old:
        os.utime(old._path, (OLD, OLD))
        jobs.sweep("00")
        assert young._path.exists()
        assert not old._path.exists()


def test_content_that_is_stored_again_while_it_is_swept_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep has looked, and only then an act lays the same content down again, not yet committed."""
    old = _orphan(b"again")
    _age(old)
    set_aside = vault.set_aside

    def slow(sha256: str) -> object:
        assert _orphan(b"again") == sha256
        return set_aside(sha256)

    monkeypatch.setattr(jobs, "set_aside", slow)
    assert jobs.sweep(old[:2]) == 0
    assert b"".join(vault.open_content(old).chunks()) == b"again"


def test_a_sweep_that_was_killed_is_finished_by_the_next() -> None:
    file = uploaded(citizen(), pdf("killed"))
    _age(file.sha256)
    vault.set_aside(file.sha256)
    jobs.sweep("00")
    assert read_bytes(file.id) == pdf("killed")


def test_each_round_takes_another_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    monkeypatch.setattr(jobs, "sweep", seen.add)
    for number in range(256):
        monkeypatch.setattr(time, "time", lambda number=number: 1_800_000_000.0 + 300 * number)
        jobs.sweep_next()
    assert len(seen) == 256


def _scanner(content: Iterator[bytes]) -> str:
    return "Eicar" if b"EICAR" in b"".join(content) else ""


def test_with_a_scanner_a_file_waits_until_it_was_looked_at() -> None:
    with scanners.plugged("test", _scanner):
        good, bad = uploaded(citizen(), pdf("fine")), uploaded(citizen(), pdf("EICAR"))
        assert {good.state, bad.state} == {"waiting"}
        assert DBTaskResult.objects.filter(task_path="yiwang.foundation.files.jobs.scan").count() == 2
        with recorded("files.judge", by=system(), kind="file", times=2):
            jobs.scan.func(str(good.id))
            jobs.scan.func(str(bad.id))
        jobs.scan.func(str(bad.id))  # a job may run twice
    assert read_bytes(good.id) == pdf("fine")
    with pytest.raises(Conflict, match="没有通过"):
        read_bytes(bad.id)
    assert Event.objects.get(type="file.refused").subject == str(bad.id)


def test_people_do_not_judge_files() -> None:
    actor = citizen()
    file = uploaded(actor)
    StoredFile.objects.update(state="waiting")
    refused(judge, actor, file.id, "")
    refused(judge, official("window-clerk"), file.id, "")


# Uploads that nobody took up ----------------------------------------------------------------------------------------


def _long_ago(*files: StoredFile) -> None:
    StoredFile.objects.filter(id__in=[file.id for file in files]).update(
        created_at=timezone.now() - dt.timedelta(days=environment.unused_file_days, hours=1)
    )


def test_an_upload_that_nobody_took_up_goes_after_some_weeks() -> None:
    actor = citizen()
    left, young, held, needed = (uploaded(actor, pdf(name)) for name in ("left", "young", "held", "needed"))
    add_to_library(actor, held.id, kind="other", title="合同", valid_until=None)
    _long_ago(left, held, needed)
    with (
        in_use.plugged("test", lambda files, parties: {needed.id} & set(files)),
        recorded("files.discard", by=system(), kind="file", subject="unused"),
    ):
        jobs.forget_unused()
    assert set(StoredFile.objects.values_list("id", flat=True)) == {young.id, held.id, needed.id}
    _age(left.sha256)
    jobs.sweep(left.sha256[:2])
    assert not vault.path_of(left.sha256).exists()
    assert read_bytes(needed.id) == pdf("needed")


def test_a_long_list_is_gone_through_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "DISCARD_BATCH", 2)
    actor = citizen()
    files = [uploaded(actor, pdf(str(number))) for number in range(5)]
    _long_ago(*files)
    needed = {files[0].id, files[1].id, files[4].id}
    with in_use.plugged("test", lambda asked, parties: needed & set(asked)):
        jobs.forget_unused()
    assert set(StoredFile.objects.values_list("id", flat=True)) == needed


def test_nobody_discards_files_by_hand() -> None:
    for actor in (citizen(), official("window-clerk", ["files.*"])):
        refused(discard, actor, timezone.now())
