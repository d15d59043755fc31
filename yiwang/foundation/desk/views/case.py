"""One case: its page, the side panel, deciding, claiming, seeing what is masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.actions import unmask as unmask_act
from yiwang.foundation.access.queries import Actor, Scope, acting, keep_post, kept_post, require_somewhere
from yiwang.foundation.cases import actions
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import READ, badge, timed
from yiwang.foundation.crypto.queries import mask
from yiwang.foundation.desk import decisions, moves
from yiwang.foundation.desk.people import shown_name
from yiwang.foundation.desk.permissions import WORK
from yiwang.foundation.desk.queries import may
from yiwang.foundation.desk.slots import own_names, panels
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Refusal, SignInNeeded

from .batch import remember
from .common import answer, back_of, wants_panel

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import JournalEntry
    from yiwang.foundation.cases.queries import CaseView

LISTS = ("desk", "desk-cases")  # the addresses of lists that have a side panel


def _events(view: CaseView, *, full: bool) -> list[dict[str, Any]]:
    """The journal as a timeline, newest first. Whoever acted for the party is named in ``full`` only to those who decide."""
    theirs = {view.case.opened_by_id, *(task.done_by_id for task in view.done if task.doer == "party")} - {None}

    def who(entry: JournalEntry) -> str:
        outsider = entry.account_id in theirs or entry.act == "cases.withdraw"
        name = mask("name", entry.actor_name) if outsider and not full else entry.actor_name
        return name if entry.public else _("%(name)s（只有内部看得到）") % {"name": name}

    return [
        {"at": entry.at, "what": entry.text, "who": who(entry), "note": entry.note} for entry in reversed(view.journal)
    ]


def _people(actor: Actor, view: CaseView) -> list[dict[str, Any]]:
    """The parties whose numbers may be asked for here: the applicant, and whom the kind of case names."""
    case, panel = view.case, panels.get(view.case.kind)
    deciding = view.task_for(actor) is not None
    found = []
    if case.party is not None:
        found.append({"party": case.party, "role": _("申请人"), "name": shown_name(case.party, full=deciding)})
    if panel is not None and panel.people is not None:
        found += [
            {"party": party, "role": role, "name": shown_name(party, full=deciding)}
            for party, role in panel.people(actor, case)
        ]
    return found


def _panel(actor: Actor, view: CaseView) -> dict[str, Any]:
    """What the kind of case shows, or why it does not show it to this person."""
    plug = panels.get(view.case.kind)
    if plug is None:
        return {}
    try:
        return {**own_names(plug.context(actor, view.case)), "panel_template": plug.template}
    except Refusal as refusal:
        return {"panel_refusal": refusal}


def _decision(actor: Actor, view: CaseView, post: QueryDict, chosen: str) -> dict[str, Any]:
    """The task that the actor may do, with its outcomes; and the form of the one that was chosen, if it has its own."""
    task = view.task_for(actor)
    if task is None:
        return {"task": None}
    plug = panels.get(view.case.kind)
    found = decisions.offers(task, plug)
    form = next((offer for offer in found if offer.code == chosen and offer.form), None)
    context = {
        "task": task, "outcomes": found, "chosen": form, "post": post, "opinion": post.get("opinion", ""),
        "opinion_help": decisions.opinion_help(found),
    }  # fmt: skip
    if form is not None and form.form is not None:
        own = own_names(form.form.context(actor, view.case, task.task))
        context = {**own, **context, "form_template": form.form.template}
    return context


def case_context(
    actor: Actor,
    view: CaseView,
    *,
    place: str = "",
    beside: bool = False,
    back: str = "",
    post: QueryDict | None = None,
    chosen: str = "",
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """Everything that the case page and the side panel show.

    ``place`` is the list from which the case was opened ("" when it was not), ``back`` that list's query string, ``beside`` whether
    the case stands beside it. ``chosen`` is an outcome, or a move of the office (:mod:`desk.moves`), that has a form of its own.
    ``post`` and ``refusal`` bring back a form that was not accepted.
    """
    case = view.case
    place = place if place in LISTS else ""
    list_url = reverse(place or ("desk" if may(actor, WORK) else "desk-cases"))
    case_url = f"{reverse('desk-case', args=[case.number])}?{urlencode({'list': place, 'back': back})}"
    here = f"{list_url}?{back}{'&' if back else ''}case={case.number}" if beside else case_url
    clocks = timed(view.clocks)
    decision = _decision(actor, view, post if post is not None else QueryDict(), chosen)
    problems = refusal.problems if refusal is not None else ()
    move = moves.opened(actor, view, chosen, post if post is not None else QueryDict(), problems)
    return {
        **_panel(actor, view),
        **decision,
        "view": view,
        "case": case,
        "clocks": clocks,
        "badge": badge(case, view.clocks),
        "people": _people(actor, view),
        "applicant": shown_name(case.party, full=decision["task"] is not None),
        "waiting": [item for item in view.tasks if not item.mine],
        "opinions": sorted(view.done, key=lambda task: task.done_at or task.created_at),
        "events": _events(view, full=decision["task"] is not None),
        "list": place,
        "list_url": list_url,
        "here": here,
        "case_url": case_url,
        "back": back,
        "compact": beside,
        "refusal": None if problems else refusal,
        "problems": problems,
        "kept": post.get("opinion", "").strip() if refusal is not None and not decision["task"] and post else "",
        "moves": moves.offered(actor, view) if move is None else [],
        "move": move,
        "masked": (("code", _("证件号码")), ("phone", _("电话"))),
    }


@never_cache
@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The whole page of a case."""
    actor = acting(request)
    require_somewhere(actor, READ)
    view = cases.view(actor, number)
    context = case_context(
        actor, view, place=request.GET.get("list", ""), back=back_of(request.GET.get("back", "")),
        chosen=request.GET.get("outcome", ""),
    )  # fmt: skip
    return answer(request, "desk/case.html", "desk/parts/side.html", context)


def _after(request: HttpRequest, number: str) -> str:
    """Where a finished act leads: back to the list from which the person came, else to the case."""
    place = request.POST.get("list", "")
    if place in LISTS:
        back = back_of(request.POST.get("back", ""))
        return reverse(place) + (f"?{back}" if back else "")
    return reverse("desk-case", args=[number])


def _here(request: HttpRequest, number: str) -> str:
    """The case again, where it was: beside its list, or as a page."""
    place, back = request.POST.get("list", ""), back_of(request.POST.get("back", ""))
    if place in LISTS and request.POST.get("beside"):
        query = QueryDict(back, mutable=True)
        query["case"] = number
        return f"{reverse(place)}?{query.urlencode()}"
    return f"{reverse('desk-case', args=[number])}?{urlencode({'list': place, 'back': back})}"


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """On to ``address``: for a request by script, the whole window goes there."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _again(request: HttpRequest, actor: Actor, number: str, refusal: Refusal) -> HttpResponse:
    """The case as it is now, with what was wrong and everything that was typed."""
    view = cases.view(actor, number)
    beside = wants_panel(request) and bool(request.POST.get("beside"))
    context = case_context(
        actor, view, place=request.POST.get("list", ""), beside=beside, back=back_of(request.POST.get("back", "")), post=request.POST,
        chosen=request.POST.get("outcome", ""), refusal=refusal,
    )  # fmt: skip
    fragment = "desk/parts/panel.html" if context["compact"] else "desk/parts/side.html"
    return answer(request, "desk/case.html", fragment, context, status=refusal.status)


def _typed_before(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Back from signing in: the case, with what had been typed before the session ended."""
    typed = kept_post(request)
    if typed is None:
        return HttpResponseRedirect(reverse("desk-case", args=[number]))
    messages.info(request, _("您已重新登录，刚才写的内容还在，请核对后再点一次。"))
    view = cases.view(actor, number)
    chosen = typed.get("outcome", "")
    context = case_context(
        actor, view, place=typed.get("list", ""), back=back_of(typed.get("back", "")), post=typed, chosen=chosen
    )
    return answer(request, "desk/case.html", "desk/parts/side.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Finish a task. What cannot be done is answered in place; nothing that was typed is lost, not even when the session has ended."""
    if (to_sign_in := keep_post(request)) is not None:
        return _go(request, to_sign_in["Location"])
    actor = acting(request)
    task = cases.task(actor, task_id)
    if request.method == "GET":
        return _typed_before(request, actor, task.case.number)
    outcome = request.POST.get("outcome", "")
    label = next((one.label for one in cases.outcomes(task, task.case) if one.code == outcome), "")
    try:
        decisions.decide(actor, task, outcome, request.POST)
    except SignInNeeded:
        raise
    except Refusal as refusal:
        return _again(request, actor, task.case.number, refusal)
    messages.success(
        request,
        _("已办：%(label)s（%(title)s，%(number)s）")
        % {"label": label, "title": task.case.title, "number": task.case.number},
    )
    return _go(request, _after(request, task.case.number))


@never_cache
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, number: str) -> HttpResponse:
    """Make one of the office's moves with a case: give the task away, ask, go back, stand still, end."""
    if (to_sign_in := keep_post(request)) is not None:
        return _go(request, to_sign_in["Location"])
    actor = acting(request)
    require_somewhere(actor, READ)
    if request.method == "GET":
        return _typed_before(request, actor, number)
    view = cases.view(actor, number)
    try:
        made = moves.make(actor, view, request.POST.get("outcome", ""), request.POST)
        if made is None:
            raise Conflict(_("现在不能这样办了，情况已经变化。请看最新进展。"), code="no-such-move")
    except SignInNeeded:
        raise
    except Refusal as refusal:
        return _again(request, actor, number, refusal)
    messages.success(
        request,
        _("%(done)s（%(title)s，%(number)s）") % {"done": made.done, "title": view.case.title, "number": number},
    )
    return _go(request, _after(request, number) if made.leaves else _here(request, number))


@require_POST
def claim(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Take a task, or (``give``) give it back; then show the case again where it was."""
    actor = acting(request)
    task = cases.task(actor, task_id)
    number = task.case.number
    try:
        if request.POST.get("give"):
            actions.release(actor, task_id)
            remember(request, "release", [task_id])
        else:
            actions.claim(actor, task_id)
            remember(request, "claim", [task_id])
    except Conflict as refusal:
        return _again(request, actor, number, refusal)
    return _go(request, _here(request, number))


@never_cache
@require_POST
def unmask(request: HttpRequest, number: str) -> HttpResponse:
    """Show one masked number of a party, for a stated purpose. The page with the number is never kept by a browser."""
    actor = acting(request)
    require_somewhere(actor, READ)
    view = cases.view(actor, number)
    wanted, field = request.POST.get("party", ""), request.POST.get("field", "")
    person = next((one for one in _people(actor, view) if str(one["party"].id) == wanted), None)
    if person is None:
        raise Missing(_("这件事里没有这个人，请刷新页面再看。"))
    case, shown, problem = view.case, {}, ""
    within = Scope(agency=case.agency_path, region=case.region_path)
    try:
        shown[field] = unmask_act(actor, person["party"].id, field, request.POST.get("purpose", ""), within=within)
    except Invalid as refusal:
        problem = refusal.problems[0].message if refusal.problems else str(refusal)
    context = case_context(actor, view)
    context |= {"unmasked_party": wanted, "unmasked": shown, "unmask_field": field, "unmask_problem": problem}
    status = 422 if problem else 200
    if request.headers.get("HX-Request"):
        return render(request, "desk/parts/people.html", context, status=status)
    return render(request, "desk/case.html", context, status=status)
