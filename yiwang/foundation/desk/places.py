"""Where the workbench stands in the staff's menu, and which of its lists can be exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from yiwang.foundation.access.queries import READ_PEOPLE, Actor, allowed, of_account
from yiwang.foundation.accounts.queries import Account
from yiwang.foundation.cases import actions as cases_actions
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import BOARD, HAND_OVER, READ, badge
from yiwang.foundation.events.queries import READ as READ_JOBS
from yiwang.foundation.events.queries import dead_count
from yiwang.foundation.ratings.queries import FOLLOWUP
from yiwang.kernel.refusals import Invalid, Problem
from yiwang.web.slots import Place, staff_places

from . import followups, queries
from .filters import case_filter, denial_filter, queue_filter
from .people import shown_name
from .permissions import READ_DENIALS, WORK
from .slots import Batch, Listing, batches, listings, panels


def _held(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: queries.may(request.actor, permission)  # type: ignore[attr-defined]  # set by access


def _held_here(permission: str) -> Callable[[HttpRequest], bool]:
    """For what concerns the whole node."""
    return lambda request: allowed(request.actor, permission)  # type: ignore[attr-defined]


def _queue_rows(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    cursor, wanted = "", queue_filter(filters)
    while True:
        found = cases.queue(actor, wanted, cursor=cursor, size=200)
        faces = cases.clock_faces([task.case for task in found.items])
        for task in found.items:
            case = task.case
            yield (
                case.number, case.title, case.type_name, shown_name(case.party), task.name,
                badge(case, faces.get(case.id, [])).words, task.due_on, task.created_at, task.assignee or "",
            )  # fmt: skip
        cursor = found.next
        if not cursor:
            return


def _case_rows(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    cursor, wanted = "", case_filter(filters)
    while True:
        found = cases.staff_cases(actor, **wanted, cursor=cursor, size=200)
        faces = cases.clock_faces(found.items)
        for case in found.items:
            yield (
                case.number, case.title, case.type_name, shown_name(case.party), case.agency.name, case.stage,
                badge(case, faces.get(case.id, [])).words, case.due_on, case.created_at, case.closed_at,
            )  # fmt: skip
        cursor = found.next
        if not cursor:
            return


def _denial_rows(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    cursor, wanted = "", denial_filter(filters)
    while True:
        found = queries.denials(actor, wanted, cursor=cursor, size=200)
        for denial in found.items:
            yield denial.at, denial.actor, denial.permission, denial.subject, denial.channel, denial.address
        cursor = found.next
        if not cursor:
            return


def landing(request: HttpRequest) -> str:
    """Where an official lands after signing in."""
    account: Any = request.user  # just signed in: the actor of the request is still nobody
    name = queries.start(of_account(account)) if account.is_authenticated else ""
    return reverse(name) if name else ""


def _delegate(actor: Actor, task_id: UUID, post: QueryDict) -> object:
    """Hand one task to the colleague whose account name was written."""
    to = Account.objects.filter(username=post.get("to", "").strip(), is_active=True).first()
    if to is None:
        message = _("没有这个账号，请填写同事完整的账号名。")
        raise Invalid(message, problems=[Problem("to", "choice", message)])
    return cases_actions.delegate(actor, task_id, to.pk)


def _plug_batches() -> None:
    batches.plug(
        "claim",
        Batch(
            later("认领"), later("已认领"), "hand-grab", "cases.claim",
            lambda actor, task_id, post: cases_actions.claim(actor, task_id), undone_by="release",
        ),
    )  # fmt: skip
    batches.plug(
        "release",
        Batch(
            later("退回认领"), later("已退回"), "hand-off", "cases.release",
            lambda actor, task_id, post: cases_actions.release(actor, task_id), undone_by="claim",
        ),
    )  # fmt: skip
    batches.plug(
        "delegate",
        Batch(
            later("转办"), later("已转办"), "arrow-forward-up", "cases.delegate", _delegate, asks=("to", later("转给谁(账号)"))
        ),
    )  # fmt: skip


def plug() -> None:
    """Called once, when the room starts."""
    group, node = later("办件"), later("系统")
    staff_places.plug("queue", Place(later("我的待办"), "desk", "inbox", 10, group, _held(WORK)))
    staff_places.plug("cases", Place(later("全部办件"), "desk-cases", "list-search", 20, group, _held(READ)))
    staff_places.plug("board", Place(later("监察看板"), "desk-board", "gauge", 30, group, _held(BOARD)))
    staff_places.plug("leavers", Place(later("离岗移交"), "desk-leavers", "user-share", 40, group, _held(HAND_OVER)))
    staff_places.plug("people", Place(later("人员和权限"), "desk-people", "users", 200, node, _held(READ_PEOPLE)))
    staff_places.plug(
        "jobs",
        Place(
            later("后台任务"), "desk-jobs", "heartbeat", 210, node, _held_here(READ_JOBS),
            count=lambda request: dead_count(),
        ),
    )  # fmt: skip
    staff_places.plug(
        "webhooks", Place(later("事件推送"), "desk-webhooks", "webhook", 215, node, _held_here(READ_JOBS))
    )
    staff_places.plug(
        "denials", Place(later("拒绝记录"), "desk-denials", "shield-x", 220, node, _held_here(READ_DENIALS))
    )
    listings.plug(
        "queue",
        Listing(
            later("待办清单"), "desk",
            (later("办件编号"), later("标题"), later("事项"), later("申请人"), later("环节"), later("时限"), later("到期日"), later("到达时间"), later("认领人")),
            _queue_rows,
        ),
    )  # fmt: skip
    listings.plug(
        "cases",
        Listing(
            later("办件清单"), "desk-cases",
            (later("办件编号"), later("标题"), later("事项"), later("申请人"), later("办理单位"), later("进展"),
             later("时限"), later("到期日"), later("收件时间"), later("办结时间")),
            _case_rows,
        ),
    )  # fmt: skip
    listings.plug(
        "denials",
        Listing(
            later("拒绝记录"), "desk-denials",
            (later("时间"), later("谁"), later("要做什么"), later("对什么"), later("渠道"), later("地址")),
            _denial_rows,
        ),
    )  # fmt: skip
    listings.plug(
        "ratings",
        Listing(
            later("评价清单"), "desk-ratings-rows",
            (later("满意程度"), later("原因"), later("原话"), later("事项"), later("单位"), later("渠道"), later("办件编号"), later("评价人"),
             later("评价时间"), later("核实整改")),
            followups.rows,
        ),
    )  # fmt: skip
    _plug_batches()
    panels.plug(FOLLOWUP, followups.PANEL)
