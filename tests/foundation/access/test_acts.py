"""An official act asks, leaves a trace, is whole or nothing, and its refusal is kept."""

from __future__ import annotations

import pytest

from tests.factories import agency, citizen, official
from yiwang.foundation.access.models import Denial, Once
from yiwang.foundation.access.queries import NODE, Actor, Level, Scope, UnfinishedAct, act, once, owner, require
from yiwang.foundation.accounts.models import Party
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Conflict, Denied, SignInNeeded

pytestmark = pytest.mark.django_db


@act("trial.rename", "改名", party=True, level=Level.NUMBER)
def rename(actor: Actor, party: Party, name: str, key: str = "") -> str:
    require(actor, owner(party.id), subject=f"party:{party.id}")

    def make() -> str:
        party.name = name
        party.save()
        record("party", party.id, {"changed": ["name"]})
        return str(party.id)

    result, _ran = once(actor, key, {"name": name}, make)
    return result


@act("trial.forgetful", "忘记检查")
def forgetful(actor: Actor) -> None:
    record("thing", "1")


@act("trial.traceless", "不留痕")
def traceless(actor: Actor) -> None:
    require(actor, Scope(agency=agency().path))
    Once.objects.all().delete()


@act("trial.inspect", "检查")
def inspect(actor: Actor, scope: Scope = NODE) -> None:
    require(actor, scope)
    record("thing", "1")


def test_the_owner_may_and_the_ledger_has_the_act() -> None:
    actor = citizen()
    rename(actor, Party.objects.get(id=actor.party_id), "新名")
    entry = Entry.objects.get()
    assert (entry.act, entry.actor, entry.kind) == ("trial.rename", f"account:{actor.account_id}", "party")


def test_a_neighbour_is_refused_nothing_changes_and_the_denial_is_kept() -> None:
    mine, neighbour = citizen("林晓梅"), citizen("邻居")
    party = Party.objects.get(id=mine.party_id)
    with pytest.raises(Denied):
        rename(neighbour, party, "改掉")
    assert Party.objects.get(id=mine.party_id).name == "林晓梅"
    denial = Denial.objects.get()
    assert (denial.account_id, denial.permission, denial.subject) == (
        neighbour.account_id, "trial.rename", f"party:{party.id}",
    )  # fmt: skip


def test_a_passer_by_is_asked_to_sign_in_and_kept_too() -> None:
    from yiwang.foundation.access.queries import ANONYMOUS

    with pytest.raises(SignInNeeded):
        inspect(ANONYMOUS)
    assert Denial.objects.get().account_id is None


def test_an_act_that_never_asks_is_a_defect() -> None:
    with pytest.raises(UnfinishedAct, match="require"):
        forgetful(citizen())
    assert not Entry.objects.exists()


def test_an_act_without_a_trace_is_rolled_back() -> None:
    actor = official("cleaner", ["trial.*"])
    kept = Once.objects.create(account_id=actor.account_id, key="k")
    with pytest.raises(UnfinishedAct, match="record"):
        traceless(actor)
    assert Once.objects.get() == kept


def test_a_grant_reaches_its_agency_and_below_only() -> None:
    bureau = agency()
    office = agency("scjg-food", "食品科", parent=bureau)
    other = agency("rsj", "人社局")
    actor = official("inspector", ["trial.inspect"], at=bureau)
    inspect(actor, Scope(agency=office.path))
    with pytest.raises(Denied):
        inspect(actor, Scope(agency=other.path))
    with pytest.raises(Denied):  # a grant of an agency is not a grant of the node
        inspect(actor, NODE)


def test_data_above_the_role_s_level_is_refused() -> None:
    actor = official("inspector", ["trial.inspect"])
    with pytest.raises(Denied):
        inspect(actor, Scope(agency=agency().path, level=4))


def test_the_same_key_means_the_same_act_once() -> None:
    actor = citizen()
    party = Party.objects.get(id=actor.party_id)
    assert rename(actor, party, "新名", key="k1") == rename(actor, party, "新名", key="k1")
    assert Entry.objects.count() == Once.objects.count() == 1


def test_the_same_key_for_another_request_is_a_conflict() -> None:
    actor = citizen()
    party = Party.objects.get(id=actor.party_id)
    rename(actor, party, "新名", key="k1")
    with pytest.raises(Conflict):
        rename(actor, party, "又一个", key="k1")
