"""Using a grant over the gateway: what comes back, what is counted, what is kept, and every way of being told no."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.people import agency
from tests.factories.sharing import LIN, WANG, Key, Memory, client, granted, resource
from tests.helpers import recorded, refused
from yiwang.data.sharing import actions, gate, gateway, using
from yiwang.data.sharing.models import Grant, Quota, Use
from yiwang.data.sharing.modes import LOOK_UP, MODES
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Denied, Invalid, Missing, TooOften

pytestmark = pytest.mark.django_db
WHY = "核对救助申请人的身份"
KEY = {"identity_number": LIN}


@pytest.fixture
def grant(memory: Memory) -> Grant:
    resource()
    return granted()


@pytest.fixture
def caller() -> gate.Caller:
    system = client()
    return gate.Caller(system, gate.actor_of(system), frozenset(MODES))


def test_a_look_up_is_masked_counted_and_kept(grant: Grant, caller: gate.Caller) -> None:
    with recorded("sharing.look_up", by=caller.actor, kind="grant", subject=grant.number) as entries:
        row = gateway.look_up(caller, grant.number, KEY, WHY, "JZ-2026-0001", ["name", "residence"])
    assert row == {"name": "林晓梅", "residence": "云州市云山区****"}
    use = Use.objects.get()
    assert (use.mode, use.purpose, use.about, use.rows, use.refused) == ("look-up", WHY, "JZ-2026-0001", 1, "")
    assert (use.subject, use.entry_id) == (keyed_hash("party", LIN), entries[0].id)
    assert LIN not in entries[0].content
    assert "林晓梅" not in entries[0].content
    assert Quota.objects.get().taken == 100  # a hundredth at a time


def test_nobody_found_is_an_answer_and_is_kept_as_well(grant: Grant, caller: gate.Caller) -> None:
    assert gateway.look_up(caller, grant.number, {"identity_number": "990102199001019999"}, WHY) is None
    assert Use.objects.get().rows == 0


@pytest.mark.parametrize(
    ("claims", "answer"),
    [({"name": "林晓梅"}, True), ({"name": " 林晓梅　"}, True), ({"name": "林晓梅", "sex": "1"}, False),
     ({"residence": "云州市云山区钟楼街４６号"}, True), ({"name": ""}, False), ({"name": None}, False)],
)  # fmt: skip
def test_a_check_says_yes_or_no_of_whole_values(grant: Grant, caller: gate.Caller, claims: Any, answer: bool) -> None:
    with recorded("sharing.verify", by=caller.actor, kind="grant", subject=grant.number):
        assert gateway.verify(caller, grant.number, KEY, claims, WHY) is answer
    assert Use.objects.get().rows == 0


def test_a_check_does_not_say_whether_there_is_such_a_person(grant: Grant) -> None:
    key = Key(client())
    path = f"/api/v1/exchange/grants/{grant.number}/verify"
    wrong = key.post(path, {"key": KEY, "claims": {"name": "别人"}, "purpose": WHY})
    nobody = key.post(
        path, {"key": {"identity_number": "990102199001019999"}, "claims": {"name": "别人"}, "purpose": WHY}
    )
    assert wrong.json() == nobody.json() == {"match": False}


@pytest.mark.parametrize(
    ("change", "code"),
    [({"purpose": ""}, "invalid"), ({"about": LIN}, "invalid"), ({"fields": ["salary"]}, "field-not-granted"),
     ({"key": {}}, "invalid"), ({"key": {**KEY, "or": "1=1"}}, "invalid"), ({"number": "SQ0"}, "grant-missing")],
)  # fmt: skip
def test_what_is_refused_is_kept_with_its_reason_and_gives_nothing(
    grant: Grant, caller: gate.Caller, memory: Memory, change: dict[str, Any], code: str
) -> None:
    asked: dict[str, Any] = {"number": grant.number, "key": KEY, "purpose": WHY, **change}
    with pytest.raises((Invalid, Denied, Missing)) as caught:
        gateway.look_up(caller, **asked)
    assert caught.value.code == code
    use = Use.objects.get()
    assert (use.refused, use.rows, use.asked) == (code, 0, 0)
    assert memory.asked == []


def test_a_way_that_was_not_granted_is_refused(memory: Memory, caller: gate.Caller) -> None:
    resource()
    number = granted(modes=("verify",)).number
    with pytest.raises(Denied) as caught:
        gateway.look_up(caller, number, KEY, WHY)
    assert caught.value.code == "mode-not-granted"


def test_a_grant_of_others_looks_like_none(grant: Grant) -> None:
    agency("tjj", "云州市统计局", agency("gov"))
    other = client("statistics", "tjj")
    caller = gate.Caller(other, gate.actor_of(other), frozenset(MODES))
    with pytest.raises(Missing):
        gateway.look_up(caller, grant.number, KEY, WHY)
    wanted = using.Wanted(grant, other, LOOK_UP, WHY, "", ("name",), KEY)
    refused(actions.look_up, caller.actor, wanted)
    refused(actions.verify, caller.actor, wanted, {"name": "林晓梅"})


def test_the_daily_volume_is_exact_and_says_when_to_come_again(memory: Memory) -> None:
    resource()
    grant = granted(per_day=3)
    key = Key(client())
    path = f"/api/v1/exchange/grants/{grant.number}/look-up"
    answers = [key.post(path, {"key": KEY, "purpose": WHY}) for _time in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "quota"
    assert 0 < int(answers[3]["Retry-After"]) <= 86_401
    assert (Quota.objects.get().taken, Use.objects.filter(refused="quota").count()) == (3, 1)


def test_a_large_volume_is_never_given_out_twice(memory: Memory, caller: gate.Caller) -> None:
    resource()
    grant = granted(per_day=1_000)
    Quota.objects.create(grant=grant, day=timezone.localdate(), taken=995)
    given = 0
    for _time in range(8):
        try:
            gateway.look_up(caller, grant.number, KEY, WHY)
            given += 1
        except TooOften:
            pass
    assert given == 5


def test_answers_are_kept_only_as_long_as_the_provider_allows_and_every_use_is_traced(
    memory: Memory, caller: gate.Caller
) -> None:
    resource()
    kept, fresh = granted(cache=60), granted(purpose="另一项工作的核对")
    for _time in range(3):
        assert gateway.look_up(caller, kept.number, KEY, WHY)
    assert len(memory.asked) == 1
    for _time in range(3):
        gateway.look_up(caller, fresh.number, KEY, WHY)
    assert len(memory.asked) == 4
    assert Use.objects.count() == 6


def test_a_use_costs_few_statements(grant: Grant, caller: gate.Caller) -> None:
    gateway.look_up(caller, grant.number, KEY, WHY)
    with CaptureQueriesContext(connection) as queries:
        gateway.look_up(caller, grant.number, KEY, WHY)
    said = [
        query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    assert len(said) <= 4, (
        said
    )  # the grant, the volume (from memory once a transaction has ended), the trace, the ledger


def test_the_description_of_a_grant_has_what_it_allows(memory: Memory) -> None:
    resource()
    grant = granted(fields=("name", "residence"), modes=("look-up", "verify"))
    answer = Key(client()).get(f"/api/v1/exchange/grants/{grant.number}/openapi.json")
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert set(found["paths"]) == {f"/api/v1/exchange/grants/{grant.number}/{mode}" for mode in grant.modes}
    row = found["paths"][f"/api/v1/exchange/grants/{grant.number}/look-up"]["post"]["responses"]["200"]
    assert set(row["content"]["application/json"]["schema"]["properties"]["row"]["oneOf"][0]["properties"]) == {
        "name",
        "residence",
    }


def test_the_trace_leads_from_the_call_to_the_application(grant: Grant, caller: gate.Caller) -> None:
    gateway.look_up(caller, grant.number, {"identity_number": WANG}, WHY)
    use = Use.objects.get()
    assert use.grant is not None
    request = use.grant.requests.get()
    assert request.case.number
    assert Entry.objects.get(id=use.entry_id).subject == use.grant.number
