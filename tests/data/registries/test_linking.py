"""Rows without the register's key: linked by the model where it is sure, by a steward where it is not, undone by either."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.factories.people import agency, citizen, official
from tests.factories.sources import relief_row, says, shared_population, steward, town
from tests.helpers import recorded, refused
from yiwang.data.registries import likening
from yiwang.data.registries.actions import decide_link, keep_links, link, undo_link
from yiwang.data.registries.jobs import run_linking, sweep_linking
from yiwang.data.registries.matching import Judged, judge
from yiwang.data.registries.models import Claim, Link, Linking, LookUp, Stray
from yiwang.data.registries.queries import history, look_up, pair, pairs
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = pytest.mark.django_db


def run(by: Any = None) -> Linking:
    started = link(by or system(), "population")
    run_linking.func(str(started.id))
    started.refresh_from_db()
    return started


def golden(person: dict[str, Any]) -> dict[str, Any]:
    reading = look_up("population", person["identity_number"], purpose="测试关联", actor=system())
    assert reading is not None
    return reading.data


@pytest.fixture
def people() -> list[dict[str, Any]]:
    shared_population()
    found = town()
    for person in found[:3]:
        person["phone"] = ""
    says("police", *found)
    return found


def test_rows_without_a_key_wait_and_change_nothing(people: list[dict[str, Any]]) -> None:
    loaded = says("relief", relief_row(1, people[5]), relief_row(2, people[6]))
    assert (loaded.new, Stray.objects.count()) == (2, 2)
    assert not Claim.objects.exists()
    assert says("relief", relief_row(1, people[5])).same == 1
    with pytest.raises(Invalid):
        says("relief", {**relief_row(1, people[5]), "relief_number": ""})


def test_sure_pairs_are_linked_and_speak_unsure_ones_wait(people: list[dict[str, Any]]) -> None:
    says(
        "relief",
        relief_row(1, people[0], phone="16499990001"),  # the register has no phone of theirs
        *(relief_row(number, people[number]) for number in range(5, 25)),
        relief_row(90, people[30], name="彭林", phone=""),  # sounds alike
        relief_row(91, people[31], name="欧阳修", birth_date="1901-01-01", phone="", residence=""),  # nobody
    )
    with recorded("registries.keep_links"):
        done = run(steward())
    assert (done.state, done.rows, done.records) == ("done", 23, 40)
    linked = Link.objects.filter(state="linked")
    assert linked.count() >= 21
    assert golden(people[0])["phone"] == "16499990001"
    shown = history(system(), "population", people[0]["identity_number"], purpose="测试关联")
    assert {line.name: line.source for line in shown.lines}["phone"] == "社会救助档案"
    assert not Link.objects.filter(probability__gt=9_800, state="unsure").exists()
    again = run()
    assert (again.sure, again.unsure) == (0, 0)


def test_a_linked_row_that_changes_speaks_anew(people: list[dict[str, Any]]) -> None:
    says("relief", *(relief_row(number, people[number]) for number in range(1, 20)))
    run()
    says("relief", relief_row(1, people[1], phone="16499990002"))
    assert golden(people[1])["phone"] == "16499990002"


def made(people: list[dict[str, Any]], number: int = 1, sure: bool = False, **more: Any) -> Link:
    """An unsure pair of a relief row and the person it was made of."""
    person = people[number]
    says("relief", relief_row(number, person, **more))
    row = Stray.objects.order_by("-id").first()
    assert row is not None
    started = Linking.objects.create(register_id="population", declared=1, by="node", state="done")
    from yiwang.data.registries.declarations import of
    from yiwang.data.registries.models import Register

    key_hash = of(Register.objects.get(code="population")).hash_of(person["identity_number"])
    keep_links(
        system(), started.id, [Judged("relief", row.own_hash, key_hash, 6_000, {"name": 2, "birth_date": 3}, sure)]
    )
    return Link.objects.get(own_hash=row.own_hash, key_hash=key_hash)


class TestSteward:
    def test_two_records_side_by_side_with_their_differences(self, people: list[dict[str, Any]]) -> None:
        waiting = made(people, phone="16499990003", name="李方")
        clerk = steward(name="方志明")
        assert [one.id for one in pairs(clerk, "population").items] == [waiting.id]
        shown = pair(clerk, waiting.id)
        sides = {side.name: side for side in shown.sides}
        assert (sides["name"].left, sides["name"].right, sides["name"].mark) == ("李方", "李芳", "near")
        assert sides["birth_date"].mark == "same"
        assert sides["phone"].mark == "missing"
        seen = LookUp.objects.latest("id")
        assert (seen.purpose, seen.account_id) == ("比对是否同一主体", clerk.account_id)

    def test_the_same_links_and_undoing_takes_back(self, people: list[dict[str, Any]]) -> None:
        waiting = made(people, phone="16499990003")
        clerk = steward()
        assert "phone" not in golden(people[1])
        with recorded("registries.decide_link", by=clerk, kind="link", subject=waiting.id):
            decide_link(clerk, waiting.id, "same", "救助档案里有身份证复印件")
        assert golden(people[1])["phone"] == "16499990003"
        waiting.refresh_from_db()
        assert (waiting.state, waiting.by) == ("linked", clerk.reference())
        with pytest.raises(Conflict):
            decide_link(clerk, waiting.id, "different")
        with recorded("registries.undo_link", by=clerk, kind="link", subject=waiting.id):
            again = undo_link(clerk, waiting.id, "看错了")
        assert "phone" not in golden(people[1])
        waiting.refresh_from_db()
        assert (waiting.state, again.state) == ("undone", "unsure")
        assert [one.id for one in pairs(clerk, "population").items] == [again.id]

    def test_what_is_different_is_not_asked_again(self, people: list[dict[str, Any]]) -> None:
        waiting = made(people)
        clerk = steward()
        decide_link(clerk, waiting.id, "undecided")
        decide_link(clerk, waiting.id, "different")
        run()
        assert Link.objects.filter(own_hash=waiting.own_hash).values_list("state", flat=True).get() == "different"
        with pytest.raises(Conflict):
            decide_link(clerk, waiting.id, "same")

    def test_one_row_of_a_source_for_one_record(self, people: list[dict[str, Any]]) -> None:
        made(people, sure=True)
        says("relief", relief_row(77, people[1]))
        row = Stray.objects.order_by("-id")[0]
        first = Link.objects.get()
        started = Linking.objects.create(register_id="population", declared=1, by="node", state="done")
        keep_links(system(), started.id, [Judged("relief", row.own_hash, first.key_hash, 9_900, {}, True)])
        second = Link.objects.get(own_hash=row.own_hash)
        assert second.state == "unsure"
        with pytest.raises(Conflict):
            decide_link(steward(), second.id, "same")

    def test_who_may_not(self, people: list[dict[str, Any]]) -> None:
        waiting = made(people)
        stranger = official("data-steward", ["registries.*"], at=agency("rsj", "人社局"))
        refused(link, citizen(), "population")
        refused(link, stranger, "population")
        refused(decide_link, stranger, waiting.id, "same")
        refused(undo_link, stranger, waiting.id)
        refused(keep_links, stranger, waiting.linking_id, [])
        with pytest.raises(Invalid):
            decide_link(steward(), waiting.id, "perhaps")
        with pytest.raises(Conflict):
            undo_link(steward(), waiting.id)

    def test_one_run_at_a_time(self, people: list[dict[str, Any]]) -> None:
        with recorded("registries.link", kind="linking"):
            link(steward(), "population")
        with pytest.raises(Conflict):
            link(steward(), "population")


def test_a_row_that_fits_two_records_is_sure_of_neither() -> None:
    pairs_found = [
        likening.Pair("relief/a", "k1", 0.999, {}),
        likening.Pair("relief/a", "k2", 0.995, {}),
        likening.Pair("relief/b", "k3", 0.99, {}),
    ]
    found = {(one.own_hash, one.key_hash): one.sure for one in judge(pairs_found, 0.98)}
    assert found == {("a", "k1"): False, ("a", "k2"): False, ("b", "k3"): True}


def _hold(home: Path, ready: Any) -> None:
    likening.folders = lambda: home
    with likening.folder_of("killed") as folder:
        (folder / "spill").write_text("林晓梅")
        ready.set()
        signal.pause()


class TestNothingStaysInClear:
    def test_the_folder_goes_with_the_run(self, people: list[dict[str, Any]]) -> None:
        says("relief", relief_row(1, people[1]))
        run()
        assert not list(likening.folders().iterdir())

    def test_also_after_a_kill(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(likening, "folders", lambda: tmp_path)
        fork = multiprocessing.get_context("fork")
        ready = fork.Event()
        process = fork.Process(target=_hold, args=(tmp_path, ready))
        process.start()
        assert ready.wait(30)
        sweep_linking()
        assert (tmp_path / "killed" / "spill").exists()  # it lives
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(30)
        sweep_linking()
        assert not list(tmp_path.iterdir())

    def test_a_run_that_fails_says_so_and_leaves_nothing(
        self, people: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        says("relief", relief_row(1, people[1]))
        started = link(system(), "population")

        def full(*_args: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(likening, "liken", full)
        with pytest.raises(OSError, match="No space"):
            run_linking.func(str(started.id))
        started.refresh_from_db()
        assert started.state == "failed"
        assert "磁盘空间不够" in started.failure
        assert not list(likening.folders().iterdir())
