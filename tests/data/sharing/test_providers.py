"""Providers that are asked through their own interface: slow ones, broken ones, and how the gateway keeps standing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.factories.sharing import LIN, Key, client, granted, operator, people, resource, steward
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.data.sharing import actions, gate, gateway, holding
from yiwang.data.sharing.holding import Unavailable
from yiwang.data.sharing.models import Batch, Grant, Use
from yiwang.data.sharing.modes import MODES
from yiwang.kernel.refusals import Invalid, TooOften

from .provider import Provider, providing

pytestmark = pytest.mark.django_db
WHY, KEY = "核对救助申请人的身份", {"identity_number": LIN}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setattr(environment, "provider_seconds", 0.3)
    with providing({key[0]: row for key, row in people().rows.items()}) as found:
        actions.register_peer(operator(), "police", "公安人口接口", found.origin, kind="interface")
        yield found


@pytest.fixture
def grant(provider: Provider) -> Grant:
    resource(place="peer:police/people")
    return granted()


@pytest.fixture
def caller(provider: Provider) -> gate.Caller:
    system = client()
    return gate.Caller(system, gate.actor_of(system), frozenset(MODES))


def test_a_provider_is_asked_over_its_own_interface_for_what_was_granted_only(
    grant: Grant, caller: gate.Caller, provider: Provider
) -> None:
    assert gateway.look_up(caller, grant.number, KEY, WHY, fields=["name", "residence"]) == {
        "name": "林晓梅", "residence": "云州市云山区****",
    }  # fmt: skip
    assert provider.heard == [{"path": "/people", "keys": [KEY], "fields": ["name", "residence"]}]


def test_a_provider_that_answers_in_thirty_seconds_holds_up_nobody(grant: Grant, provider: Provider) -> None:
    key = Key(client("second"))
    path = f"/api/v1/exchange/grants/{grant.number}/look-up"
    provider.slow = True
    began = time.monotonic()
    answers = [key.post(path, {"key": KEY, "purpose": WHY}) for _time in range(5)]
    assert time.monotonic() - began < 5
    assert [answer.status_code for answer in answers] == [503] * 5
    assert [answer.json()["code"] for answer in answers] == ["provider-slow"] * 3 + ["provider-resting"] * 2
    assert all(int(answer["Retry-After"]) > 0 for answer in answers)
    assert len(provider.heard) == 3  # it was left alone then
    assert Use.objects.filter(refused="provider-resting").count() == 2
    provider.slow = False
    provider.released.set()
    holding.breaker("peer:police").shut_until = time.monotonic() - 1  # its rest is over
    assert key.post(path, {"key": KEY, "purpose": WHY}).status_code == 200
    assert holding.breaker("peer:police").failures == 0


def test_too_many_that_wait_for_one_provider_are_sent_away_at_once() -> None:
    breaker, inside, leave = holding.Breaker(), threading.Semaphore(0), threading.Event()

    def wait() -> None:
        with breaker.held():
            inside.release()
            leave.wait(10)

    threads = [threading.Thread(target=wait) for _number in range(holding.AT_ONCE)]
    for thread in threads:
        thread.start()
    for _thread in threads:
        assert inside.acquire(timeout=10)
    with pytest.raises(TooOften) as caught, breaker.held():
        pass
    assert (caught.value.status, caught.value.extra["seconds"]) == (429, 1)
    leave.set()
    for thread in threads:
        thread.join()
    with breaker.held():
        pass


@pytest.mark.parametrize("spoiled", ["status", "json", "rows"])
def test_a_broken_answer_is_no_answer(grant: Grant, caller: gate.Caller, provider: Provider, spoiled: str) -> None:
    if spoiled == "status":
        provider.status = 500
    else:
        provider.garbage = b"<html>" if spoiled == "json" else b'{"rows": []}'
    with pytest.raises(Unavailable) as caught:
        gateway.look_up(caller, grant.number, KEY, WHY)
    assert caught.value.code == "provider-failed"
    assert Use.objects.get().rows == 0


def test_a_batch_waits_for_a_slow_provider_and_then_goes_on(
    grant: Grant, caller: gate.Caller, provider: Provider
) -> None:
    import io

    from yiwang.data.sharing import jobs

    batch = gateway.submit_batch(caller, grant.number, io.StringIO(f"identity_number\n{LIN}\n"), WHY)
    provider.slow = True
    with pytest.raises(jobs.NotYet):
        jobs.work.func(str(batch.id))
    batch.refresh_from_db()
    assert batch.state == Batch.State.WAITING
    provider.slow = False
    provider.released.set()
    jobs.work.func(str(batch.id))
    batch.refresh_from_db()
    assert (batch.state, batch.found) == (Batch.State.DONE, 1)


def test_a_grant_that_is_revoked_while_the_provider_thinks_gives_nothing(
    grant: Grant, caller: gate.Caller, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yiwang.data.sharing import using
    from yiwang.kernel.refusals import Denied

    monkeypatch.setattr(using, "SLOW", -1.0)
    asked = holding.rows

    def slowly(*args: object) -> object:
        found = asked(*args)  # type: ignore[arg-type]
        actions.revoke(steward(), grant.number, "刚刚收回")
        return found

    monkeypatch.setattr(holding, "rows", slowly)
    with pytest.raises(Denied) as caught:
        gateway.look_up(caller, grant.number, KEY, WHY)
    assert caught.value.code == "grant-revoked"
    assert Use.objects.get().rows == 0


def test_only_those_who_answer_for_the_node_register_peers(provider: Provider) -> None:
    admin = operator()
    refused(actions.register_peer, steward(), "x1", "某接口", "http://127.0.0.1:1", kind="interface")
    with pytest.raises(Invalid) as caught:
        actions.register_peer(admin, "X", "", "ftp://x", client="nobody")
    assert {problem.field for problem in caught.value.problems} == {"code", "name", "url", "client"}
    with recorded("sharing.register_peer", kind="peer", subject="police"):
        actions.register_peer(admin, "police", "公安人口接口", "http://127.0.0.1:9", kind="interface")
