"""Many keys at once and whole tables: work goes part by part, goes on after a kill, and stops when the right ends."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from tests.factories.people import identity_number
from tests.factories.sharing import LIN, WANG, Key, Memory, client, granted, held, resource, steward
from tests.helpers import recorded, refused
from yiwang.data.sharing import actions, batching, gate, gateway, jobs, using
from yiwang.data.sharing.models import Batch, BatchPart, Client, Grant, Use, UseSubject
from yiwang.data.sharing.modes import BATCH, MODES
from yiwang.foundation.crypto.queries import keyed_hash, signature_is_valid
from yiwang.foundation.events.models import Job
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = pytest.mark.django_db
WHY = "核对低保家庭成员"


@pytest.fixture
def grant(memory: Memory) -> Grant:
    resource()
    return granted(per_day=100_000)


@pytest.fixture
def system(memory: Memory) -> Client:
    return client()


@pytest.fixture
def caller(system: Client) -> gate.Caller:
    return gate.Caller(system, gate.actor_of(system), frozenset(MODES))


def _file(*numbers: str) -> io.StringIO:
    return io.StringIO("identity_number\r\n" + "".join(f"{number}\r\n" for number in numbers))


def _work(batch: Batch) -> Batch:
    jobs.work.func(str(batch.id))
    batch.refresh_from_db()
    return batch


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_file_is_matched_masked_and_kept_with_every_subject(grant: Grant, caller: gate.Caller) -> None:
    nobody = identity_number(7)
    with recorded("sharing.submit_batch", by=caller.actor, kind="grant", subject=grant.number):
        batch = gateway.submit_batch(caller, grant.number, _file(LIN, nobody, WANG), WHY, fields=["name", "residence"])
    assert (batch.asked, batch.state) == (3, "waiting")
    with recorded("sharing.work_batch", by=caller.actor, subject=grant.number) as leaves, recorded("sharing.end_batch"):
        _work(batch)
    assert (batch.state, batch.done, batch.found) == ("done", 3, 2)
    found, content = actions.take_result(caller.actor, caller.client, batch.id)
    assert found.digest == hashlib.sha256(content).hexdigest()
    assert [(row["_found"], row["result.name"], row["result.residence"]) for row in _rows(content)] == [
        ("1", "林晓梅", "云州市云山区****"), ("0", "", ""), ("1", "王建国", "云州市云山区****"),
    ]  # fmt: skip
    subjects = [keyed_hash("party", number) for number in (LIN, WANG)]
    assert list(UseSubject.objects.order_by("id").values_list("subject", flat=True)) == subjects
    use = Use.objects.get()
    assert (use.asked, use.rows, use.mode, use.entry_id) == (3, 2, BATCH, leaves[0].id)
    assert json.loads(leaves[0].content)["data"]["subjects"] == batching.subjects_hash(subjects)


class _Dies(Memory):
    """A holder whose process is killed at the given question."""

    at = 2

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        if len(self.asked) + 1 == self.at:
            self.at = 0
            raise KeyboardInterrupt
        return super().look_up(place, keys, fields)


def test_after_a_kill_it_goes_on_where_it_was_and_nothing_is_doubled(
    caller: gate.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "PART", 2)
    memory = _Dies()
    numbers = [identity_number(serial) for serial in range(5)]
    for number in numbers:
        memory.put({"identity_number": number, "name": f"人{number[-2]}", "sex": "1", "residence": "云州市云山区一号"})
    with held(memory):
        resource()
        grant = granted(per_day=100_000)
        batch = gateway.submit_batch(caller, grant.number, _file(*numbers), WHY)
        with pytest.raises(KeyboardInterrupt):
            _work(batch)
        batch.refresh_from_db()
        assert (batch.done, batch.state) == (2, "running")
        assert _work(batch).state == "done"
        _work(batch)  # a job may come twice
    assert [count for _place, count in memory.asked] == [2, 2, 1]
    assert (batch.done, UseSubject.objects.count(), Use.objects.count()) == (5, 5, 3)
    assert len(_rows(actions.take_result(caller.actor, caller.client, batch.id)[1])) == 5


def test_a_grant_that_is_revoked_meanwhile_stops_it_and_takes_back_what_was_matched(
    caller: gate.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "PART", 1)

    class Revoked(Memory):
        def look_up(self, place: str, keys: Any, fields: Any) -> Any:
            if len(self.asked) == 1:
                actions.revoke(steward(), grant.number, "发现用途不符")
            return super().look_up(place, keys, fields)

    memory = Revoked()
    for number in (LIN, WANG):
        memory.put({"identity_number": number, "name": "某某", "sex": "1", "residence": "云州市云山区一号"})
    with held(memory):
        resource()
        grant = granted(per_day=100)
        batch = gateway.submit_batch(caller, grant.number, _file(LIN, WANG), WHY)
        _work(batch)
    assert (batch.state, batch.done) == ("stopped", 1)
    assert "发现用途不符" in batch.why
    assert BatchPart.objects.count() == 0
    assert Use.objects.count() == 1  # what was given out before stays known
    with pytest.raises(Exception, match="收回"):
        actions.take_result(caller.actor, caller.client, batch.id)


def test_past_the_days_volume_it_goes_on_tomorrow(
    memory: Memory, caller: gate.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "PART", 2)
    resource()
    grant = granted(per_day=3)
    first = gateway.submit_batch(caller, grant.number, _file(LIN, WANG), WHY)
    second = gateway.submit_batch(caller, grant.number, _file(LIN, WANG), WHY)
    assert _work(first).state == "done"
    assert _work(second).state == "waiting"
    from django_tasks_db.models import DBTaskResult

    again = DBTaskResult.objects.exclude(run_after=None).order_by("-run_after").first()
    assert again is not None
    assert again.run_after > timezone.now()
    with pytest.raises(Invalid, match="用量"):
        gateway.submit_batch(caller, grant.number, _file(*[identity_number(n) for n in range(4)]), WHY)
    assert Job.objects.filter(dead_at__isnull=False).count() == 0


@pytest.mark.parametrize(
    ("content", "field"),
    [("name\r\n林晓梅\r\n", "file"), ("identity_number\r\n", "file"), ("", "file"),
     (f"identity_number\r\n{LIN}\r\n\r\n,\r\n", "file.3"), ("identity_number\r\n" + "9" * 200 + "\r\n", "file.2")],
)  # fmt: skip
def test_a_wrong_file_is_refused_whole_with_the_line(
    grant: Grant, caller: gate.Caller, content: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        gateway.submit_batch(caller, grant.number, io.StringIO(content), WHY)
    assert caught.value.problems[0].field == field
    assert (Batch.objects.count(), BatchPart.objects.count()) == (0, 0)


def test_over_the_api_from_file_to_result(grant: Grant, system: Client) -> None:
    key = Key(system)
    from urllib.parse import quote

    path = f"/api/v1/exchange/grants/{grant.number}/batches?purpose={quote(WHY)}&fields=name"
    from tests.factories.sharing import send

    content = f"identity_number\r\n{LIN}\r\n".encode()
    answer = send("POST", path, content, key.headers("POST", path, content), "text/csv")
    assert answer.status_code == 202, answer.content
    where = f"/api/v1/exchange/batches/{answer.json()['id']}"
    assert key.get(f"{where}/result").json()["code"] == "batch-not-done"
    _work(Batch.objects.get())
    assert key.get(where).json()["state"] == "done"
    result = key.get(f"{where}/result")
    assert _rows(result.content)[0]["result.name"] == "林晓梅"
    assert Key(client("other")).get(where).status_code == 404


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_a_table_is_handed_over_with_a_trace_in_every_row_and_a_signed_manifest(
    grant: Grant, caller: gate.Caller, memory: Memory, format: str
) -> None:
    memory.put({"identity_number": identity_number(3), "name": "=1+1", "sex": "1", "residence": "云州市"})
    batch = _work(gateway.ask_file(caller, grant.number, WHY, format=format, fields=["name", "sex"]))
    assert (batch.state, batch.found, batch.asked) == ("done", 3, 3)
    with recorded("sharing.take_result", by=caller.actor, kind="batch", subject=batch.id):
        _batch, content = actions.take_result(caller.actor, caller.client, batch.id)
    if format == "csv":
        rows: list[Any] = _rows(content)
        assert rows[2]["name"] == "'=1+1"
    elif format == "json":
        rows = [json.loads(line) for line in content.splitlines()]
    else:
        table = pq.read_table(io.BytesIO(content))
        rows = table.to_pylist()
        assert table.schema.metadata[b"yiwang.batch"] == str(batch.id).encode()
    assert {row["_trace"] for row in rows} == {batch.manifest["watermark"]}
    assert [row["name"] for row in rows][:2] == ["林晓梅", "王建国"]
    manifest = dict(batch.manifest)
    signature = bytes.fromhex(manifest.pop("signature"))
    assert manifest.pop("key_version") == 1
    from cryptography.hazmat.primitives import serialization

    from yiwang.data.sharing.peers import node_key
    from yiwang.kernel.canonical import canonical_bytes

    key = serialization.load_pem_public_key(node_key().encode())
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert signature_is_valid(der, signature, canonical_bytes(manifest))
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_batch_is_stopped_by_its_client_and_nobody_else(grant: Grant, caller: gate.Caller) -> None:
    batch = gateway.submit_batch(caller, grant.number, _file(LIN), WHY)
    wanted = using.Wanted(grant, caller.client, BATCH, WHY, "", ("name",))
    refused(actions.submit_batch, steward(), wanted)
    refused(actions.work_batch, steward(), batch.id, 0, [], [])
    refused(actions.end_batch, steward(), batch.id)
    refused(actions.stop_batch, steward(), caller.client, batch.id)
    refused(actions.take_result, steward(), caller.client, batch.id)
    with recorded("sharing.stop_batch", by=caller.actor):
        actions.stop_batch(caller.actor, caller.client, batch.id)
    assert _work(batch).state == "stopped"
    with pytest.raises(Conflict):
        actions.stop_batch(caller.actor, caller.client, batch.id)
    assert Entry.objects.filter(act="sharing.work_batch").count() == 0


def test_results_are_forgotten_after_their_time(grant: Grant, caller: gate.Caller) -> None:
    batch = _work(gateway.submit_batch(caller, grant.number, _file(LIN), WHY))
    Batch.objects.filter(id=batch.id).update(until=timezone.now())
    jobs.forget()
    assert BatchPart.objects.count() == 0
    assert Use.objects.count() == 1
