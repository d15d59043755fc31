"""Home, and the citizen's own space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import Actor, acting, known_for
from yiwang.foundation.cases import actions as case_actions
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import CaseView
from yiwang.foundation.licences import queries as licences
from yiwang.foundation.messages import queries as inbox
from yiwang.foundation.ratings import queries as ratings
from yiwang.kernel.refusals import Conflict, Invalid, SignInNeeded
from yiwang.services.applications import queries as applications
from yiwang.services.items import queries as items

from . import space

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import JournalEntry

SHOWN = 8
READ_CASES = "cases.read"
TAKEN_OVER = "past"  # cases of the system before: people ask for the same things as then
CONTESTED = ("refused", "not-accepted", "terminated")  # what a person may contest


def _signed_in(request: HttpRequest) -> Actor:
    actor: Actor = acting(request)
    if not actor.signed_in:
        raise SignInNeeded(_("请先登录。"))
    return actor


@dataclass(frozen=True, slots=True)
class Popular:
    """An item that many ask for."""

    code: str
    name: str


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """One large search, the most used things, life events, and what was left unfinished."""
    actor: Actor = acting(request)
    catalogue = items.catalogue()
    shown: dict[str, Any] = {"popular": _popular(), "catalogue": catalogue}
    if actor.signed_in and not actor.official and known_for(actor, READ_CASES):
        shown |= {"drafts": applications.drafts(actor, 3), "todo": cases.my_tasks(actor, 3)}
    return render(request, "portal/home.html", shown)


def _popular() -> list[Popular]:
    """The eight things most applied for in the last days; before anybody applied, what can be done online."""
    # Twice as many: some may have been withdrawn, or renamed and so counted under both names.
    asked = dict.fromkeys(code for code, _name in cases.most_opened(("application", TAKEN_OVER), 2 * SHOWN))
    names = items.listed(asked)
    found = [Popular(code, names[code]) for code in asked if code in names]
    if len(found) < SHOWN:
        online = items.browse(items.Browse(online=True), size=SHOWN).items
        found += [Popular(item.code, item.name) for item in online if item.code not in names]
    return found[:SHOWN]


@require_GET
def my(request: HttpRequest) -> HttpResponse:
    """My space: what I must do, what I left, my cases, licences, messages."""
    actor = _signed_in(request)
    shown = {
        "todo": cases.my_tasks(actor),
        "drafts": applications.drafts(actor),
        "cases": space.rows(cases.my_cases(actor, size=5).items),
        "licences": licences.held(actor)[:3],
        "unread": inbox.unread(actor),
    }
    return render(request, "portal/my.html", shown)


@require_GET
def my_cases(request: HttpRequest) -> HttpResponse:
    actor = _signed_in(request)
    only_open = request.GET.get("state") == "open"
    page = cases.my_cases(actor, open_only=only_open, cursor=request.GET.get("cursor", ""))
    return render(request, "portal/cases.html", {"page": page, "rows": space.rows(page.items), "only_open": only_open})


@require_GET
def find_case(request: HttpRequest) -> HttpResponse:
    """Open a case by its number, with spaces and dashes or without; a foreign one and a wrong number get the same answer."""
    _signed_in(request)
    typed = "".join(character for character in request.GET.get("number", "") if character.isalnum())
    return redirect("my-case", number=cases.clean_number(typed) or typed[:40] or "-")


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of what happened, as the timeline shows it."""

    at: Any
    what: str
    who: str
    note: str
    tone: str


def _events(view: CaseView) -> list[Happened]:
    """The journal, newest first, with what is under way on top. Officials stand under their agency's name, never under their own."""
    theirs = applications.applicants_accounts(view.case)
    found = [
        Happened(entry.at, entry.text, _who(view, entry, theirs), entry.note, "done")
        for entry in reversed(view.journal)
    ]
    if view.case.closed_at is None:
        ours = all(item.task.doer != "party" for item in view.tasks)
        found.insert(0, Happened(None, view.case.stage, view.case.agency.name if ours else "", "", "now"))
    return found


def _who(view: CaseView, entry: JournalEntry, theirs: set[int]) -> str:
    by_party = entry.account_id in theirs or entry.act == "cases.withdraw"
    return entry.actor_name if by_party or entry.account_id is None else view.case.agency.name


@require_GET
def my_case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: what I must do, who has it now, the limit and how it is counted, what happened, results."""
    actor = _signed_in(request)
    return _case_page(request, actor, cases.view(actor, number))


def _case_page(
    request: HttpRequest, actor: Actor, view: CaseView, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page of a case; ``problem`` says what is wrong with the answer that was sent."""
    clocks = cases.timed(view.clocks)
    shown = {
        "view": view,
        "case": view.case,
        "clocks": [clock for clock in clocks if clock.face.state != "stopped"],
        "stopped": [clock for clock in clocks if clock.face.state == "stopped"],
        "todo": view.task_for(actor),
        "events": _events(view),
        "correction": applications.open_correction(view.case),
        "licences": licences.of_case(actor, view.case.number),
        "rateable": _rateable(actor, view),
        "still": cases.standing_still(view.case) if view.case.paused else [],
        "may_withdraw": _withdrawable(actor, view),
        "may_urge": cases.urgeable(actor, view),
        "answer": request.POST.get("answer", ""),
        "answer_problem": problem,
        "papers": applications.papers_of(view.case) if applications.may_read(actor, view.case) else [],
        "after": applications.aftermath(actor, view.case),
        "contest": applications.remedies_in_short() if view.case.outcome in CONTESTED else "",
    }
    return render(request, "portal/case.html", shown, status=status)


@require_POST
def answer_case(request: HttpRequest, number: str) -> HttpResponse:
    """Answer what an official asked about the case."""
    actor = _signed_in(request)
    view = cases.view(actor, number)
    todo = view.task_for(actor)
    if todo is None or todo.task.kind != "reply" or str(todo.task.id) != request.POST.get("task", ""):
        messages.warning(request, _("这个问题已经答复过，不用再答。"))
        return redirect("my-case", number=view.case.number)
    try:
        case_actions.complete(actor, todo.task.id, "answer", request.POST.get("answer", ""))
    except Invalid as refusal:
        return _case_page(request, actor, view, problem=refusal.problems[0].message, status=refusal.status)
    messages.success(request, _("答复已经送到，办理时限继续计算。"))
    return redirect("my-case", number=view.case.number)


@require_POST
def urge_case(request: HttpRequest, number: str) -> HttpResponse:
    """Urge whoever has the case."""
    actor = _signed_in(request)
    view = cases.view(actor, number)
    try:
        case_actions.urge(actor, view.case.number, request.POST.get("note", "")[:500])
        messages.success(request, _("已经催办，经办人的待办里会标出来。"))
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    return redirect("my-case", number=view.case.number)


def _withdrawable(actor: Actor, view: CaseView) -> bool:
    """Whether the party may take the case back: it is theirs, and not decided. Once only the node has work left, it is decided."""
    mine = any(party == view.case.party_id for party, *_rest in actor.parties)
    return mine and view.case.closed_at is None and any(item.task.doer != "node" for item in view.tasks)


def _rateable(actor: Actor, view: CaseView) -> bool:
    """Whether the party may still rate this case: it is closed, theirs, and has no rating."""
    if view.case.closed_at is None or not any(party == view.case.party_id for party, *_rest in actor.parties):
        return False
    return ratings.own(actor, "case", view.case.number).ratable


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """What taking an application back means, and the button that does it."""
    actor = _signed_in(request)
    view = cases.view(actor, number)
    if not _withdrawable(actor, view):
        messages.warning(request, _("这件事已经作出决定，不能再撤回。"))
        return redirect("my-case", number=view.case.number)
    if request.method == "GET":
        return render(request, "portal/withdraw.html", {"case": view.case})
    case_actions.withdraw(actor, view.case.number, request.POST.get("reason", "").strip()[:500])
    messages.success(request, _("申请已经撤回。"))
    return redirect("my-case", number=view.case.number)


@require_GET
def my_licences(request: HttpRequest) -> HttpResponse:
    actor = _signed_in(request)
    return render(request, "portal/licences.html", {"licences": licences.held(actor)})


@require_GET
def my_receipts(request: HttpRequest) -> HttpResponse:
    """The receipts of everything that was handed in."""
    page = applications.receipts(_signed_in(request), cursor=request.GET.get("cursor", ""))
    return render(request, "portal/receipts.html", {"page": page})


@require_GET
def my_ratings(request: HttpRequest) -> HttpResponse:
    """The services that may be rated, and what was said of the others."""
    found = ratings.mine(_signed_in(request))
    shown = {"open": [row for row in found if row.rating is None], "given": [row for row in found if row.rating]}
    return render(request, "portal/ratings.html", shown)
