"""The catalogue for citizens: ways in, lists, and the guide of one item."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from . import queries
from .queries import Browse, Heading
from .themes import life_events, themes


def _wanted(request: HttpRequest) -> Browse:
    """What the address asks for; what it says wrong is passed over."""
    given = request.GET
    audience, letter = given.get("for", ""), given.get("letter", "")
    return Browse(
        theme=given.get("theme", "") if given.get("theme") in themes() else "",
        life=given.get("life", "") if given.get("life") in life_events() else "",
        agency=given.get("agency", "")[:40],
        audience=audience if audience in ("person", "organisation") else "",
        letter=letter if len(letter) == 1 and (letter == "#" or "A" <= letter <= "Z") else "",
        online=given.get("online") == "1",
    )


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """All ways into the catalogue; the list, as soon as one was taken."""
    wanted = _wanted(request)
    if not wanted and "all" not in request.GET:
        found = queries.catalogue()
        by_audience = [
            (_("个人办事"), "person", [each for each in found.themes if each.audience == "person"]),
            (_("企业和单位办事"), "organisation", [each for each in found.themes if each.audience == "organisation"]),
        ]
        return render(request, "items/catalogue.html", {"found": found, "by_audience": by_audience})
    page = queries.browse(wanted, cursor=request.GET.get("cursor", ""))
    count, more = queries.how_many(wanted)
    agency = next((item.agency.name for item in page.items), "") if wanted.agency else ""
    context = {
        "wanted": wanted,
        "page": page,
        "count": count,
        "more": more,
        "title": _title(wanted, agency),
        "filters": _filters(wanted, agency),
        "letters": [Heading(letter, letter, 1) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ#"],
    }
    return render(request, "items/list.html", context)


def _title(wanted: Browse, agency: str) -> str:
    """What the list is of, by its foremost filter."""
    if wanted.life:
        return life_events()[wanted.life].name
    if wanted.theme:
        return themes()[wanted.theme].name
    if wanted.agency and agency:
        return agency
    return {"person": _("个人办事"), "organisation": _("企业和单位办事")}.get(wanted.audience, _("全部事项"))


def _filters(wanted: Browse, agency: str) -> list[tuple[str, str]]:
    """The filters in force: (name in the address, words), to be taken off one by one."""
    found: list[tuple[str, str]] = []
    if wanted.life:
        found.append(("life", life_events()[wanted.life].name))
    if wanted.theme:
        found.append(("theme", themes()[wanted.theme].name))
    if wanted.agency:
        found.append(("agency", agency or wanted.agency))
    if wanted.letter:
        found.append(("letter", _("字母 %(letter)s") % {"letter": wanted.letter}))
    return found


PRINT = "_print"  # no situation has such a code


@require_GET
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """The guide of one item. Answers to its situations are in the address: ?premises=rented; with ?_print=1 all folds are open."""
    found = queries.guide(code, {name: value for name, value in request.GET.items() if isinstance(value, str)})
    context = {
        "guide": found,
        "item": found.item,
        "related": queries.related(found.item),
        "answered_now": bool(found.answers),
        "paper": PRINT in request.GET,
        "print_query": urlencode({**found.answers, PRINT: "1"}),
        "today": timezone.localdate(),
    }
    if not found.item.detailed:
        return render(request, "items/bare_guide.html", context)
    return render(request, "items/guide.html", context)
