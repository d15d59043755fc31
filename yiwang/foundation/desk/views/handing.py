"""Handing over (移交) what somebody holds who leaves: whom, to whom, what it would come to, and the list that is signed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import acting
from yiwang.foundation.cases import actions
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.desk.people import shown_name
from yiwang.kernel.refusals import Invalid, Problem

from .common import rows


@never_cache
@require_GET
def leavers(request: HttpRequest) -> HttpResponse:
    """Who holds open tasks in the reader's reach, and the hand-overs that the reader did."""
    actor, text = acting(request), request.GET.get("q", "").strip()[:60]
    context = {"holders": cases.holders(actor, text), "q": text, "done": cases.hand_overs(actor)}
    return render(request, "desk/leavers.html", context)


def _receivers(post: QueryDict, holding: Any) -> dict[str, int]:
    """Whom the form names for each post. Raises :class:`Invalid` for a post without a choice."""
    chosen, problems = {}, []
    for one in holding.posts:
        text = post.get(f"to.{one.key}", "")
        if text.isdecimal() and len(text) < 12:
            chosen[one.key] = int(text)
        else:
            problems.append(Problem(f"to.{one.key}", "required", _("请选择交给谁")))
    if problems:
        raise Invalid(_("移交没有办，请改好标出的地方。"), problems=problems)
    return chosen


def _choices(post: Any) -> list[tuple[str, str]]:
    """The colleagues of a post with what they hold already, and its team."""
    people = [
        (str(one.id), _("%(name)s（手上 %(n)s 件）") % {"name": one.name, "n": one.load}) for one in post.colleagues
    ]
    return [*people, (str(cases.TEAM), _("不指定，退回本岗位等同事认领"))]


@never_cache
@require_http_methods(["GET", "POST"])
def leaver(request: HttpRequest, account_id: int) -> HttpResponse:
    """What one person holds; choosing who gets it; the dry run; doing it."""
    actor, posted = acting(request), request.POST
    holding = cases.holding(actor, account_id)
    problems: tuple[Problem, ...] = ()
    passed, receivers = None, {}
    if request.method == "POST":
        try:
            receivers = _receivers(posted, holding)
            if posted.get("do") == "hand-over":
                done = actions.hand_over(actor, account_id, receivers, posted.get("reason", ""))
                messages.success(request, _told(done))
                return HttpResponseRedirect(reverse("desk-hand-over", args=[done.id]))
            if posted.get("do") == "try":
                passed = cases.try_hand_over(actor, account_id, receivers)
        except Invalid as refusal:
            problems = refusal.problems
            if all(problem.field == "reason" for problem in problems):  # the choice stands; only the words are missing
                passed = cases.try_hand_over(actor, account_id, receivers)
    shown = rows([task.case for task in holding.tasks], holding.tasks)
    by_task = {row.task.id: row for row in shown if row.task is not None}
    context = {
        "holding": holding, "problems": problems, "post": posted, "reason": posted.get("reason", ""),
        "posts": [
            {
                "post": post, "name": f"to.{post.key}", "choices": _choices(post), "value": posted.get(f"to.{post.key}", ""),
                "rows": [by_task[task.id] for task in post.tasks],
            }
            for post in holding.posts
        ],
        "passed": passed, "moved": sum(one.to is not None for one in passed or ()),
        "released": sum(one.to is None for one in passed or ()), "now": timezone.now(),
        "obstacles": [one for one in passed or () if one.why],
    }  # fmt: skip
    return render(request, "desk/leaver.html", context, status=422 if problems else 200)


def _told(done: actions.HandedOver) -> str:
    words = ngettext("移交了 %(n)s 件。", "移交了 %(n)s 件。", done.moved) % {"n": done.moved}
    if done.released:
        words += _("%(n)s 件退回本岗位，等同事认领。") % {"n": done.released}
    return words


@never_cache
@require_GET
def handed_over(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """A hand-over that was done: a list that can be printed and signed by those who gave, took and watched."""
    found, tasks = cases.handed_over(acting(request), hand_over_id)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in tasks:
        line = {"task": one.task, "case": one.task.case, "applicant": shown_name(one.task.case.party)}
        groups.setdefault(one.to, []).append(line)
    context = {"found": found, "groups": sorted(groups.items(), key=lambda item: item[0] == ""), "total": len(tasks)}
    return render(request, "desk/handed_over.html", context)
