"""Which moves a person can make with a case, with whom and whereto. Private to this room; exported by :mod:`.queries`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yiwang.foundation.access.queries import Actor, Grant, allowed
from yiwang.foundation.accounts.queries import Standing

from . import engine, procedures
from .extras import URGE_AGAIN
from .models import Case, Task
from .procedures import Definition, Step
from .rights import office_scope, own_case

if TYPE_CHECKING:
    from .queries import CaseView


def targets(case: Case, definition: Definition, open_steps: Iterable[str]) -> list[Step]:
    """The steps of people that were done on the way to where the case stands and are not open now, in the order of the way."""
    done = dict.fromkeys(step for step, _outcome in engine.history(bytes(case.engine)))
    people = (Task.Doer.OFFICIAL, Task.Doer.PARTY)
    steps = [definition.steps[code] for code in done if code in definition.steps and code not in set(open_steps)]
    return [step for step in steps if step.doer in people]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to whom a task may be given, or who may be asked about it."""

    id: int
    name: str


MOST_COLLEAGUES = 200


def colleagues_for(actor: Actor, found: Task, *, to_review: bool) -> list[Colleague]:
    """Who may be given a task or, ``to_review``, be asked about it; one query. The acts ask more strictly."""
    today = timezone.localdate()
    place = Q(agency=None) | Q(agency__path__in=_above(found.agency_path))
    rows = Grant.objects.filter(place, Q(until=None) | Q(until__gt=today), account__is_active=True, since__lte=today)
    rows = rows.exclude(account=actor.account_id).exclude(account__in=_represent(found.case))
    if not to_review:
        rows = rows.filter(role=found.role)
    rows = rows.select_related("account", "role", "region").order_by("account__name", "account_id")
    people: dict[int, str] = {}
    for grant in rows[: MOST_COLLEAGUES * 5]:
        here = grant.region is None or found.region_path.startswith(grant.region.path)
        reads = {"cases.read", "cases.*"} & set(grant.role.permissions)
        if here and (reads or not to_review):
            people.setdefault(grant.account_id, grant.account.name)
    return [Colleague(account_id, name) for account_id, name in list(people.items())[:MOST_COLLEAGUES]]


def _represent(case: Case) -> QuerySet[Any, Any]:
    """The accounts that may act for the case's party: they do not handle it."""
    return Standing.objects.filter(party=case.party_id).values("account")


def _above(path: str) -> list[str]:
    """A path and those above it: /a/b/ → /a/, /a/b/."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: depth + 1]) + "/" for depth in range(len(parts))]


@dataclass(frozen=True, slots=True)
class Possible:
    """Which of the office's moves somebody could make with a case, as a page offers them; the acts ask again."""

    arrange: frozenset[str]  # of delegate, add_reviewer, ask_party, send_back: with the task in hand
    delegate: tuple[Task, ...]  # tasks of colleagues that a head of office may give away
    take_back: Task | None
    halt: frozenset[str]  # of urge, suspend, resume, terminate


def possible(actor: Actor, view: CaseView) -> Possible:
    """What may be done besides deciding; asks nothing of the store."""
    case, mine = view.case, view.task_for(actor)
    if case.closed_at is not None or own_case(actor, case):
        return Possible(frozenset(), (), None, frozenset())
    scope = office_scope(case)
    arrange = set()
    if mine is not None and mine.task.doer == Task.Doer.OFFICIAL:
        arrange.add("delegate")
        if mine.task.kind == Task.Kind.STEP and not case.held:
            arrange.add("add_reviewer")
            if case.party_id is not None and not any(item.task.kind == Task.Kind.REPLY for item in view.tasks):
                arrange.add("ask_party")
            if targets(case, procedures.definition(case.procedure_id), [item.task.step for item in view.tasks]):
                arrange.add("send_back")
    others = [
        item.task for item in view.tasks if item.task.doer == Task.Doer.OFFICIAL and item.task.kind == Task.Kind.STEP
    ]
    heads = allowed(actor, "cases.delegate", scope)
    halt = {code for code in ("suspend", "terminate") if allowed(actor, f"cases.{code}", scope)}
    if case.held:
        halt = halt - {"suspend"} | ({"resume"} if allowed(actor, "cases.resume", scope) else set())
    if _may_be_urged(case, view) and allowed(actor, "cases.urge", scope):
        halt.add("urge")
    delegable = tuple(task for task in others if heads and (mine is None or task.id != mine.task.id))
    return Possible(frozenset(arrange), delegable, _takes_back(actor, view), frozenset(halt))


def _may_be_urged(case: Case, view: CaseView) -> bool:
    """Whether an urging would be heard: not within a day of the last, and not while the party itself is waited for."""
    fresh = case.urged_at is None or timezone.now() - case.urged_at >= URGE_AGAIN
    return fresh and case.closed_at is None and any(item.task.doer != Task.Doer.PARTY for item in view.tasks)


def urgeable(actor: Actor, view: CaseView) -> bool:
    """Whether the party, as the actor, may urge the case now."""
    return own_case(actor, view.case) and _may_be_urged(view.case, view)


def still_reviewed(definition: Definition, done: Task, open_tasks: Iterable[Task]) -> bool:
    """Whether a finished task was an opinion in a joint review that still goes on."""
    step = definition.steps.get(done.step)
    if step is None or step.joint is None or done.kind != Task.Kind.STEP:
        return False
    return any(row.engine_id == done.engine_id for row in open_tasks)


def _takes_back(actor: Actor, view: CaseView) -> Task | None:
    """The actor's own opinion in a joint review that goes on, or their last step, when it looks as if it could be taken back."""
    if view.case.held:
        return None
    definition, open_tasks = procedures.definition(view.case.procedure_id), [item.task for item in view.tasks]
    mine = [done for done in view.done if done.done_by_id == actor.account_id and done.kind == Task.Kind.STEP]
    signed = next((done for done in reversed(mine) if still_reviewed(definition, done, open_tasks)), None)
    if signed is not None:
        return signed
    last = max(view.done, key=lambda done: done.done_at or done.created_at, default=None)
    if last is None or last not in mine:
        return None
    chosen = definition.steps[last.step].outcome(last.outcome)
    announced = chosen is None or chosen.done or chosen.starts or chosen.stops
    taken = any(task.assignee_id not in (None, actor.account_id) for task in open_tasks)
    return None if announced or taken or any(task.engine_id == last.engine_id for task in open_tasks) else last
