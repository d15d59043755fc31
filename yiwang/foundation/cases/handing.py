"""Handing over (移交) what somebody holds who leaves: who holds how much, who could take it, and what would come of it. Private to this room;
what reads is exported by :mod:`.queries`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import (
    Actor,
    Grant,
    Role,
    Scope,
    allowed,
    of_account,
    reach,
    require,
    require_somewhere,
)
from yiwang.foundation.accounts.queries import Account
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Invalid, Missing, Problem

from . import rights
from .models import HandOver, Task

HAND_OVER = "cases.hand_over"
MOST = 5000  # open tasks in one act
MOST_HOLDERS = 200
MOST_RECEIVERS = 200  # colleagues offered for one post
TEAM = 0  # instead of an account: back to the team, for whoever claims it


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds open tasks: how many, and how many of them are late. ``active``: may still sign in."""

    id: int
    name: str
    active: bool
    tasks: int
    late: int


def _held() -> Q:
    return Q(state=Task.State.OPEN, doer=Task.Doer.OFFICIAL, assignee__isnull=False)


def holders(actor: Actor, text: str = "") -> list[Holder]:
    """Who holds open tasks in the actor's reach: closed accounts first, then by how much; one query, at most :data:`MOST_HOLDERS`."""
    require_somewhere(actor, HAND_OVER)
    rows = Task.objects.filter(_held(), reach(actor, HAND_OVER))
    if text.strip():
        rows = rows.filter(assignee__name__contains=text.strip())
    late = Count("id", filter=Q(due_on__lt=timezone.localdate()))
    found = rows.values_list("assignee_id", "assignee__name", "assignee__is_active").annotate(n=Count("id"), late=late)
    return [Holder(*row) for row in found.order_by("assignee__is_active", "-n", "assignee_id")[:MOST_HOLDERS]]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who could take the tasks of a post, and how many open ones they hold already."""

    id: int
    name: str
    load: int


@dataclass(frozen=True, slots=True)
class Post:
    """The tasks of one role in one agency: they can go to the same colleagues. ``key`` names them in ``receivers`` of the act."""

    key: str
    role: str
    agency: str
    tasks: tuple[Task, ...]
    colleagues: tuple[Colleague, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody holds: by post, as far as the actor's reach goes, and how many tasks lie beyond it."""

    account: Account
    posts: tuple[Post, ...]
    beyond: int

    @property
    def tasks(self) -> list[Task]:
        return [task for post in self.posts for task in post.tasks]


def key_of(task: Task) -> str:
    """The post to which a task belongs: its role, and the code of its agency."""
    return f"{task.role}@{task.agency_path.strip('/').rpartition('/')[2]}"


def in_reach(actor: Actor, tasks: Sequence[Task]) -> list[Task]:
    """Those of ``tasks`` that the actor may hand over."""
    known: dict[tuple[str, str], bool] = {}
    found = []
    for task in tasks:
        place = (task.agency_path, task.region_path)
        if place not in known:
            known[place] = allowed(actor, HAND_OVER, Scope(agency=place[0], region=place[1], level=2))
        if known[place]:
            found.append(task)
    return found


def holding(actor: Actor, account_id: int) -> Holding:
    """What an official holds, and who could take it; a constant number of queries. Raises :class:`Missing`."""
    require_somewhere(actor, HAND_OVER)
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise Missing(_("没有这个人，请从名单里选择。"))
    rows = Task.objects.filter(_held(), assignee=account_id).select_related("case__party").order_by("created_at", "id")
    held = list(rows[:MOST])
    mine = in_reach(actor, held)
    groups: dict[str, list[Task]] = {}
    for task in mine:
        groups.setdefault(key_of(task), []).append(task)
    roles = dict(Role.objects.filter(code__in={task.role for task in mine}).values_list("code", "name"))
    agencies = dict(Agency.objects.filter(path__in={task.agency_path for task in mine}).values_list("path", "name"))
    colleagues = _colleagues(list(groups.values()), account_id)
    posts = [
        Post(
            key, roles.get(tasks[0].role, tasks[0].role), agencies.get(tasks[0].agency_path, ""), tuple(tasks),
            tuple(colleagues[key]),
        )
        for key, tasks in groups.items()
    ]  # fmt: skip
    return Holding(account, tuple(sorted(posts, key=lambda post: (post.agency, post.role))), len(held) - len(mine))


def _colleagues(groups: list[list[Task]], leaver: int) -> dict[str, list[Colleague]]:
    """For each post who holds its role there, those with the least work first; two queries. The act asks more strictly."""
    today = timezone.localdate()
    roles = {tasks[0].role for tasks in groups}
    grants = list(
        Grant.objects.filter(Q(until=None) | Q(until__gt=today), role__in=roles, since__lte=today, account__is_active=True)
        .exclude(account=leaver).select_related("account", "agency", "region").order_by("account__name", "account_id")
    )  # fmt: skip
    loads = Counter(
        dict(
            Task.objects.filter(state=Task.State.OPEN, assignee__in={grant.account_id for grant in grants})
            .values_list("assignee").annotate(n=Count("id"))
        )
    )  # fmt: skip
    found: dict[str, list[Colleague]] = {}
    for tasks in groups:
        first = tasks[0]
        there = {
            grant.account_id: grant.account.name
            for grant in grants
            if grant.role_id == first.role
            and (grant.agency is None or first.agency_path.startswith(grant.agency.path))
            and (grant.region is None or first.region_path.startswith(grant.region.path))
        }
        people = [Colleague(account_id, name, loads[account_id]) for account_id, name in there.items()]
        found[key_of(first)] = sorted(people, key=lambda one: one.load)[:MOST_RECEIVERS]
    return found


@dataclass(frozen=True, slots=True)
class Passed:
    """What becomes of one task: ``to`` is the colleague who gets it (None: back to its team), ``why`` says why nobody gets it, if not wished."""

    task: Task
    to: Actor | None
    why: str = ""


def plan(tasks: Sequence[Task], receivers: Mapping[str, int], leaver: int) -> list[Passed]:
    """What would become of each task. ``receivers`` names an account (or :data:`TEAM`) for each post, "*" for all others.

    Raises :class:`Invalid` when a receiver is not there or is the leaver.
    """
    people: dict[int, Actor | None] = {TEAM: None}
    problems = []
    for key, account_id in receivers.items():
        if account_id == leaver:
            problems.append(Problem(f"to.{key}", "choice", _("请选择另一位同事。")))
        elif account_id not in people:
            account = Account.objects.filter(pk=account_id, is_active=True).first()
            if account is None:
                problems.append(Problem(f"to.{key}", "choice", _("没有这位同事，请重新选择。")))
            people[account_id] = of_account(account) if account is not None else None
    if problems:
        raise Invalid(_("移交没有办，请改好标出的地方。"), problems=problems)
    found = []
    for task in tasks:
        to = people[receivers.get(key_of(task), receivers.get("*", TEAM))]
        why = _obstacle(to, task) if to is not None else ""
        found.append(Passed(task, None if why else to, why))
    return found


def _obstacle(colleague: Actor, task: Task) -> str:
    """Why a colleague cannot take a task; "" when nothing is in the way."""
    if rights.own_case(colleague, task.case):
        return _("%(name)s应当回避") % {"name": colleague.name}
    if task.kind == Task.Kind.REVIEW:
        return "" if rights.may_read(colleague, task.case) else _("%(name)s看不了这件事") % {"name": colleague.name}
    return (
        "" if rights.may_receive(colleague, task, task.case) else _("%(name)s没有这个岗位") % {"name": colleague.name}
    )


def try_hand_over(actor: Actor, leaver: int, receivers: Mapping[str, int]) -> list[Passed]:
    """The dry run: what :func:`actions.hand_over` would make of each task; changes nothing. Raises :class:`Invalid`."""
    return plan(holding(actor, leaver).tasks, receivers, leaver)


@dataclass(frozen=True, slots=True)
class HandedTask:
    """A task of a hand-over that was done: ``to`` is who got it, "" when it went back to its team."""

    task: Task
    to: str


def hand_overs(actor: Actor, limit: int = 20) -> list[HandOver]:
    """The hand-overs that the actor did, newest first."""
    require_somewhere(actor, HAND_OVER)
    rows = HandOver.objects.filter(done_by=actor.account_id).select_related("leaver")
    return list(rows.order_by("-created_at", "-id")[:limit])


def handed_over(actor: Actor, hand_over_id: UUID | str) -> tuple[HandOver, list[HandedTask]]:
    """A hand-over with its tasks, for the list that is signed; for whoever may hand over there. Raises :class:`Missing`, :class:`Denied`."""
    require_somewhere(actor, HAND_OVER)
    found = HandOver.objects.select_related("leaver", "done_by").filter(id=hand_over_id).first()
    if found is None:
        raise Missing(_("没有这次移交。"))
    rows = Task.objects.filter(id__in=list(found.given)).select_related("case__party").order_by("created_at", "id")
    tasks = list(rows)
    mine = in_reach(actor, tasks)
    if tasks and not mine:
        first = tasks[0]
        where = Scope(agency=first.agency_path, region=first.region_path, level=2)
        require(actor, where, HAND_OVER, subject=f"hand-over:{hand_over_id}")
    names = dict(Account.objects.filter(pk__in={to for to in found.given.values() if to}).values_list("pk", "name"))
    return found, [HandedTask(task, names.get(found.given[str(task.id)], "")) for task in mine]
