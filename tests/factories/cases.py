"""Cases in the states that tests need: ``open_permit()``, ``accepted(...)``, ``in_review(...)``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from yiwang.foundation.access.queries import Actor, Level, act, owner, require, system
from yiwang.foundation.cases import actions, slots
from yiwang.foundation.cases.models import Case, Task
from yiwang.foundation.cases.queries import procedure
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.models import HolidayNotice, SpecialDay

from .people import agency, city

PACKS = Path(__file__).resolve().parents[2] / "yiwang" / "packs"
PERMIT = (PACKS / "food_permit" / "procedures" / "food_permit.bpmn").read_text()
LIMITS = {
    "acceptance": {"count": 5, "unit": "working"},
    "statutory": {"count": 20, "unit": "working"},
    "promised": {"count": 8, "unit": "working"},
}


class TrialKind(slots.CaseKind):
    """A kind of case that remembers what it heard."""

    code = "trial"
    name = "试办"

    def __init__(self) -> None:
        self.heard: list[slots.Done] = []

    def facts(self, case: Case) -> dict[str, Any]:
        return {"title": case.title}

    def after_done(self, actor: Actor, case: Case, done: slots.Done) -> None:
        self.heard.append(done)


@contextmanager
def trial_kind() -> Iterator[TrialKind]:
    """Plug the trial kind, and operations that do nothing but agree, for the length of a test."""
    with ExitStack() as stack:
        kind = stack.enter_context(slots.kinds.plugged("trial", TrialKind()))
        # In place of the real one, which knows nothing of a trial.
        issue = slots.Operation("licences.issue", lambda case, facts: ("issued", "证照已制发"))
        stack.enter_context(slots.operations.plugged("licences.issue", issue))
        yield kind


def notices(*years: int, days: dict[str, tuple[str, bool]] | None = None) -> None:
    """Load holiday notices; ``days`` maps ISO dates to (name, works)."""
    for year in years:
        notice = HolidayNotice(year=year, source="试验")
        notice.save()
        for text, (name, works) in (days or {}).items():
            if text.startswith(str(year)):
                SpecialDay.objects.create(date=dt.date.fromisoformat(text), name=name, works=works, notice=notice)


@act("trial.open", "开办", party=True, level=Level.NUMBER)
def _open(actor: Actor, code: str, title: str, starts: tuple[str, ...], limits: dict[str, Any]) -> Case:
    require(actor, owner(actor.party_id))
    new = actions.NewCase(
        kind="trial", type_code=code, type_name=title, title=title, procedure=procedure(code).id, agency_code=agency().code, agency_path=agency().path,
        region_path=city().path, party_id=actor.party_id, limits=limits, starts=starts,
    )  # fmt: skip
    case, _words = actions.open_case(actor, new)
    record("case", case.number, {"type": code})
    return case


def open_permit(
    actor: Actor,
    *,
    bpmn: str = PERMIT,
    code: str = "food_permit",
    title: str = "食品经营许可核发",
    limits: dict[str, Any] | None = None,
) -> Case:
    """A case that waits at the window."""
    actions.publish_procedure(system(), code, title, bpmn)
    return _open(actor, code, title, ("acceptance",), limits or LIMITS)


def open_task(case: Case, step: str) -> Task:
    return Task.objects.get(case=case, step=step, state="open")
