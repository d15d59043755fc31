"""New rows of an act are written together at its end, or not at all."""

from __future__ import annotations

import pytest

from tests.factories import citizen
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor, act, change_later, later, owner, require
from yiwang.foundation.accounts.models import Party
from yiwang.foundation.events.actions import emit
from yiwang.foundation.events.models import Event
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Conflict
from yiwang.kernel.writing import write_together

pytestmark = pytest.mark.django_db


def party(name: str, code: str) -> Party:
    return Party(kind="organisation", name=name, code=code, code_hash=code.ljust(64, "0"))


@act("trial.inner", "内", party=True)
def inner(actor: Actor, fail: bool) -> None:
    require(actor, owner(actor.party_id))
    later(party("内", "b"))
    record("party", "b")
    emit("party.made", "b")
    if fail:
        raise Conflict("不行")


@act("trial.outer", "外", party=True)
def outer(actor: Actor, fail: bool) -> None:
    require(actor, owner(actor.party_id))
    later(party("外", "a"))
    try:
        inner(actor, fail)
    except Conflict:
        pass
    record("party", "a")


def test_rows_of_several_tables_arrive_with_their_sealed_values() -> None:
    actor = citizen()
    write_together(
        [
            party("甲", "c"),
            party("乙", "d"),
            Denial(actor="谁", permission="x", channel="web", account_id=actor.account_id),
        ]
    )
    assert [
        row.name
        for row in Party.objects.filter(code_hash__in=["c".ljust(64, "0"), "d".ljust(64, "0")]).order_by("name")
    ] == ["乙", "甲"]
    assert Party.objects.get(name="甲").code.plain() == "c"
    assert Party.objects.get(name="甲").created_at is not None
    assert Denial.objects.get().actor == "谁"


def test_more_rows_than_fit_one_statement() -> None:
    write_together([party(f"第{n}家", f"x{n:03d}") for n in range(450)])
    assert Party.objects.filter(name__startswith="第").count() == 450


def test_an_act_writes_at_its_end() -> None:
    actor = citizen()
    outer(actor, fail=False)
    assert set(Party.objects.filter(name__in=["内", "外"]).values_list("name", flat=True)) == {"内", "外"}
    assert Entry.objects.count() == 2
    assert Event.objects.filter(type="party.made").count() == 1


def test_what_a_failed_part_wanted_to_write_is_forgotten() -> None:
    actor = citizen()
    outer(actor, fail=True)
    assert list(Party.objects.filter(name__in=["内", "外"]).values_list("name", flat=True)) == ["外"]
    assert [entry.subject for entry in Entry.objects.all()] == ["a"]
    assert not Event.objects.exists()


def test_a_lost_race_runs_the_act_again() -> None:
    actor = citizen()
    codes = iter(["taken", "taken", "free"])
    Party.objects.create(kind="organisation", name="先到", code="taken", code_hash="taken")

    @act("trial.race", "抢号", party=True)
    def race(actor: Actor) -> None:
        require(actor, owner(actor.party_id))
        code = next(codes)
        later(Party(kind="organisation", name="后到", code=code, code_hash=code), race="code_hash")
        record("party", code)

    race(actor)
    assert Party.objects.get(name="后到").code_hash == "free"
    assert [entry.subject for entry in Entry.objects.all()] == ["free"]


def test_another_broken_rule_is_a_defect_and_is_not_tried_again() -> None:
    from django.db import IntegrityError

    actor = citizen()

    @act("trial.twice", "重复", party=True)
    def twice(actor: Actor) -> None:
        require(actor, owner(actor.party_id))
        later(
            Party(kind="organisation", name="一", code="1", code_hash="1"),
            Party(kind="organisation", name="二", code="2", code_hash="1"),
        )
        record("party", "1")

    with pytest.raises(IntegrityError):
        twice(actor)


class TestChanges:
    """Changed rows are written with the new ones, once each, as they are at the end of the act."""

    def test_the_last_values_of_all_named_fields_are_written_and_no_others(self) -> None:
        kept = Party.objects.create(kind="organisation", name="旧名", code="k", code_hash="k")

        @act("trial.change", "改", party=True)
        def change(actor: Actor) -> None:
            require(actor, owner(actor.party_id))
            kept.name, kept.kind = "新名", "person"
            change_later(kept, "name")
            again = Party.objects.get(id=kept.id)
            again.code = "k2"
            change_later(again, "code")
            kept.name = "最后的名"
            record("party", "k")

        change(citizen())
        found = Party.objects.get(id=kept.id)
        assert (found.name, found.kind, found.code.plain(), found.code_hash) == ("最后的名", "organisation", "k2", "k")

    def test_a_new_row_that_is_changed_is_written_once(self) -> None:
        @act("trial.new", "新", party=True)
        def make(actor: Actor) -> None:
            require(actor, owner(actor.party_id))
            fresh = party("甲", "n")
            later(fresh)
            fresh.name = "乙"
            change_later(fresh, "name")
            record("party", "n")

        make(citizen())
        assert Party.objects.get(code_hash="n".ljust(64, "0")).name == "乙"

    def test_what_a_failed_part_wanted_to_change_is_forgotten(self) -> None:
        kept = Party.objects.create(kind="organisation", name="原名", code="k", code_hash="k")

        @act("trial.part", "内", party=True)
        def part(actor: Actor) -> None:
            require(actor, owner(actor.party_id))
            kept.name = "不该有的名"
            change_later(kept, "name")
            raise Conflict("不行")

        @act("trial.whole", "外", party=True)
        def whole(actor: Actor) -> None:
            require(actor, owner(actor.party_id))
            with pytest.raises(Conflict):
                part(actor)
            record("party", "k")

        whole(citizen())
        assert Party.objects.get(id=kept.id).name == "原名"

    def test_outside_an_act_it_is_written_at_once(self) -> None:
        kept = Party.objects.create(kind="organisation", name="原名", code="k", code_hash="k")
        kept.name = "新名"
        change_later(kept, "name")
        assert Party.objects.get(id=kept.id).name == "新名"
