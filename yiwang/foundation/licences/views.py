"""Pages of licences: the public check, the holder's, the agency's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, acting, allowed
from yiwang.foundation.files.queries import qr_svg
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem, TooOften
from yiwang.web.views import refused

from . import actions, queries
from .editions import scope_of
from .models import Licence

_MOVES = {"change": gettext_lazy("变更"), "correct": gettext_lazy("更正"), "reissue": gettext_lazy("补发、换发")}
TONES = {"valid": "green", "pending": "blue", "expired": "red", "annulled": "red", "superseded": "grey"}


def _face(licence: Licence) -> dict[str, Any]:
    """A licence as its own pages show it."""
    return {
        "licence": licence,
        "tone": TONES[licence.state_now],
        "fields": queries.shown_fields(licence),
    }


@require_GET
def public(request: HttpRequest, code: str) -> HttpResponse:
    """What anybody learns from a code or a number."""
    return _answer(request, lambda: queries.public_check(code, acting(request)))


@require_GET
def shown(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody learns who scans what the holder is showing."""
    return _answer(request, lambda: queries.shown_check(token, acting(request)))


def _answer(request: HttpRequest, ask: Any) -> HttpResponse:
    trail = [(_("查验文书"), reverse("verify"))]
    try:
        found = ask()
    except Missing as missing:
        return render(request, "licences/unknown.html", {"message": str(missing), "trail": trail}, status=404)
    except TooOften as refusal:
        told = refused(request, refusal)
        told["Retry-After"] = str(refusal.extra["seconds"])
        return told
    response = render(request, "licences/public.html", {"found": found, "tone": TONES[found.state], "trail": trail})
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _trail() -> list[tuple[str, str]]:
    return [(_("我的空间"), "/my/"), (_("电子证照"), "/my/licences")]


@require_GET
def mine(request: HttpRequest, number: str) -> HttpResponse:
    """One licence for its holder."""
    licence = queries.licence(acting(request), number)
    return render(request, "licences/mine.html", {**_face(licence), "trail": _trail()})


@require_GET
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The sealed paper, shown in the browser; ``?save=1`` offers it for saving, ``?edition=`` gives an older one."""
    asked = request.GET.get("edition", "")
    edition = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
    licence = queries.licence(acting(request), number, edition)
    response = HttpResponse(queries.pdf(acting(request), number, edition), content_type="application/pdf")
    name = f"{licence.type.name}-{licence.number}.pdf"
    response["Content-Disposition"] = content_disposition_header("save" in request.GET, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Hold the licence up: a code that lives for a minute."""
    held = actions.show(acting(request), number)
    address = environment.origin.rstrip("/") + held.path
    context = {
        **_face(held.licence),
        "until": held.until,
        "address": address,
        "qr": mark_safe(qr_svg(address)),  # noqa: S308  # drawn by this node
        "trail": [*_trail(), (held.licence.type.name, reverse("my-licence", args=[number]))],
    }
    response = render(request, "licences/show.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """The licences of the agency."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("type_code", "state", "text")}
    found = queries.licences(
        acting(request), type_code=wanted["type_code"], state=wanted["state"], text=wanted["text"],
        cursor=request.GET.get("cursor", ""),
    )  # fmt: skip
    states = [
        ("valid", _("有效")), ("soon", _("30 天内到期")), ("expired", _("已过期")), ("annulled", _("已注销、撤销、吊销")),
        ("superseded", _("已换发")),
    ]  # fmt: skip
    rows = [{"licence": licence, "tone": TONES[licence.state_now]} for licence in found.items]
    context = {"page": found, "rows": rows, "wanted": wanted, "states": states, "types": queries.types_in_use()}
    return render(request, "licences/register.html", context)


@require_GET
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """One licence for the agency: what it says, its editions, and what can be done."""
    actor = acting(request)
    licence = queries.licence(actor, number)
    over = licence.state in (Licence.State.ANNULLED, Licence.State.SUPERSEDED)
    context = {
        **_face(licence),
        "may_annul": not over and allowed(actor, "licences.annul", scope_of(licence)),
        "moves": _moves(actor, licence),
        "grounds": [{"value": value, "label": _(label)} for value, label in Licence.Ground.choices],
        "editions": queries.editions(actor, number),
        "trail": [(_("电子证照"), reverse("desk-licences"))],
    }
    return render(request, "licences/detail.html", context)


def _moves(actor: Actor, licence: Licence) -> list[tuple[str, Any]]:
    """The ways to a next edition that are open to the actor, with what the buttons say."""
    if licence.state_now not in ("valid", "pending"):
        return []
    scope = scope_of(licence)
    return [(move, words) for move, words in _MOVES.items() if allowed(actor, f"licences.{move}", scope)]


@require_http_methods(["GET", "POST"])
def edition(request: HttpRequest, number: str, move: str) -> HttpResponse:
    """The form for the next edition: change, correct or reissue."""
    actor = acting(request)
    licence = queries.licence(actor, number)
    if move not in _MOVES:
        raise Missing(_("没有这种办理。"))
    asked = queries.editable_fields(actor, licence, move)
    reason = request.POST.get("reason", "")
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        given = {
            field["name"]: request.POST.get(field["name"], "").strip()
            for field in asked
            if field["name"] in request.POST and not (field["hidden"] and not request.POST[field["name"]].strip())
        }
        try:
            if move == "reissue":
                made = actions.reissue(actor, number, reason)
            else:
                made = (actions.change if move == "change" else actions.correct)(actor, number, given, reason)
        except (Invalid, Conflict) as refusal:
            problems = tuple(
                replace(problem, field=problem.field.removeprefix("fields.")) for problem in refusal.problems
            ) or (Problem("", refusal.code, str(refusal)),)
            asked = [{**field, "value": given.get(field["name"], field["value"])} for field in asked]
        else:
            messages.success(request, _("已制发第 %(n)d 版，原来的一版从现在起作废。") % {"n": made.edition})
            return redirect("desk-licence", number=number)
    context = {
        "licence": licence, "move": move, "words": _MOVES[move], "asked": asked, "reason": reason,
        "problems": problems,
        "trail": [(_("电子证照"), reverse("desk-licences")), (number, reverse("desk-licence", args=[number]))],
    }  # fmt: skip
    return render(request, "licences/edition.html", context, status=422 if problems else 200)


@require_POST
def annul(request: HttpRequest, number: str) -> HttpResponse:
    """End a licence."""
    try:
        licence = actions.annul(acting(request), number, request.POST.get("reason", ""), request.POST.get("ground", ""))
    except (Invalid, Conflict) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(number)s %(state)s。") % {"number": number, "state": licence.state_words})
    return redirect("desk-licence", number=number)
