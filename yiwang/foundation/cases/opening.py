"""Opening a case, and writing into its journal, as parts of acts of other rooms. Exported by :mod:`.actions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, later, running
from yiwang.foundation.accounts.queries import Party
from yiwang.kernel.ids import uuid7

from . import engine, procedures, settling, timing
from .models import Case
from .numbers import new_number
from .words import words_of


@dataclass(frozen=True, slots=True)
class NewCase:
    """What it takes to open a case. ``limits`` maps clock kinds to {"count", "unit"}; ``starts`` are the clocks that run at once.

    ``words`` is the first line of the journal, when it is not that the party applied.
    """

    kind: str
    type_code: str
    type_name: str
    title: str
    procedure: UUID
    agency_code: str
    agency_path: str
    region_path: str
    party_id: UUID | None
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    starts: tuple[str, ...] = ()
    words: str = ""
    id: UUID = field(default_factory=uuid7)


def open_case(actor: Actor, new: NewCase, *, facts: dict[str, Any] | None = None) -> tuple[Case, str]:
    """Open a case inside the act of another room; returns it and what happened at once ("" when people are to decide).

    The case, its first tasks, clocks and journal are written at the end of the act. Quick operations (a decision table) at the start of the
    procedure run here, on ``facts``. The surrounding act records in the ledger and emits its own event.
    """
    current = running()
    assert current is not None, "open_case() belongs inside an act"
    now = actor.now()
    definition = procedures.definition(new.procedure)
    case = Case(
        id=new.id, number=new_number(timezone.localdate(now)), kind=new.kind, type_code=new.type_code, type_name=new.type_name,
        title=new.title, words=words_of(new.title, _name_of(actor, new.party_id)), party_id=new.party_id, opened_by_id=actor.account_id, agency_id=new.agency_code,
        agency_path=new.agency_path, region_path=new.region_path, channel=actor.channel, procedure_id=new.procedure,
        limits=dict(new.limits), created_at=now,
    )  # fmt: skip
    state = engine.first_state(new.procedure)
    quick = settling.Quick(case, definition, now, facts)
    if any(settling.is_quick(definition.steps[waiting.step]) for waiting in state.waiting):
        state = engine.advance(new.procedure, state.blob, quick)
    case.engine = state.blob
    clocks = [] if state.end else timing.new_clocks(case, new.starts, now)
    timing.face_of_case(case, clocks)
    tasks = [
        task
        for item in state.waiting
        for task in settling.tasks_for(case, definition.steps[item.step], item.engine_id, now)
    ]
    settling.say_stage(case, definition, tasks, state.end, now)
    first = settling.line(case, actor, current.code, new.words or (_("提交申请") if new.party_id else _("登记")), now)
    later(case, race="number")  # the random number may be taken: then the whole act runs once more with another
    later(*tasks, *clocks, *settling.timers_for(case, definition, state, now), first, *quick.journal)
    settling.start_operations(tasks)
    return case, "；".join(quick.words)


def _name_of(actor: Actor, party_id: UUID | None) -> str:
    """The name of the party of a case: mostly one that the actor acts for, otherwise one query."""
    if party_id is None:
        return ""
    own = next((name for party, name, *_rest in actor.parties if party == party_id), None)
    return own if own is not None else Party.objects.values_list("name", flat=True).get(id=party_id)


def note(
    actor: Actor,
    case: Case,
    act_code: str,
    text: str,
    *,
    note: str = "",
    public: bool = True,
    entry: UUID | None = None,
) -> None:
    """Write a line into a case's journal, inside the act of another room."""
    later(settling.line(case, actor, act_code, text, actor.now(), note=note, public=public, entry=entry))
