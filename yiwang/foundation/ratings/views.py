"""The page on which a person rates a closed case, and the staff's pages of figures."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import acting, keep_post, kept_post
from yiwang.kernel.refusals import Conflict, Invalid, Problem

from . import actions, queries
from .contacts import CASE
from .indicators import FACES, GRADES, GROUPS, TAGS, tags_of
from .queries import Line, Wanted, grade_of, wanted_of

_PERIOD_NAMES = {
    "month": later("本月"),
    "last-month": later("上月"),
    "quarter": later("本季度"),
    "year": later("今年"),
    "all": later("全部"),
}


def channel_of(request: HttpRequest) -> str:
    """Whether a page is used on a phone or on a computer, as the browser says."""
    hint = request.headers.get("Sec-CH-UA-Mobile", "")
    mobile = hint == "?1" if hint else "Mobi" in request.headers.get("User-Agent", "")
    return "mobile" if mobile else "pc"


@never_cache
@require_http_methods(["GET", "POST"])
def rate_case(request: HttpRequest, number: str) -> HttpResponse:
    """Rate a closed case; afterwards the same address says thank you, and what becomes of a bad rating."""
    if (to_sign_in := keep_post(request)) is not None:
        return to_sign_in
    actor = acting(request)
    own = queries.own(actor, CASE, number)
    if own.described.ended_at is None:
        raise Conflict(_("这件事还在办，办结后就可以评价。"), code="not-ended")
    problems: tuple[Problem, ...] = ()
    typed: QueryDict = kept_post(request) or request.POST
    if request.method == "POST" and own.rating is None:
        grade = grade_of(typed.get("grade", ""))
        # Reasons of another grade may still be ticked below the fold that hid them: they are not what the person means.
        tags = [tag for tag in typed.getlist("tags") if tag in tags_of(grade)]
        try:
            actions.rate(actor, CASE, number, grade, tags, typed.get("text", ""), channel=channel_of(request))
        except Invalid as refusal:
            problems = refusal.problems
        else:
            return HttpResponseRedirect(reverse("rate-case", args=[own.key]))
    context: dict[str, Any] = {
        "own": own,
        "case_page": f"/my/cases/{own.key}",
        "problems": problems,
        "grades": [(grade, name, FACES[grade]) for grade, name in GRADES.items()],
        "groups": [{"code": code, "name": name, "tags": list(tags.items())} for code, name, _grades, tags in GROUPS],
        "chosen": grade_of(typed.get("grade", "")),
        "ticked": typed.getlist("tags"),
        "text": typed.get("text", ""),
        "longest": actions.LONGEST_TEXT,
    }
    if own.rating is not None:
        context |= {
            "grade_name": GRADES[own.rating.grade],
            "face": FACES[own.rating.grade],
            "tag_words": [TAGS.get(tag, tag) for tag in own.rating.tags],
        }
        return render(request, "ratings/thanks.html", context)
    return render(request, "ratings/rate.html", context, status=422 if problems else 200)


def _address(wanted: Wanted, **changes: object) -> str:
    values = {
        "period": wanted.period, "agency": wanted.agency, "item": wanted.item, "channel": wanted.channel,
        "grade": wanted.grade,
    } | changes  # fmt: skip
    return urlencode({name: value for name, value in values.items() if value})


def _table(lines: list[Line], wanted: Wanted, dimension: str, *, shielded: bool) -> list[dict[str, Any]]:
    """Lines with, for those who may open them, the addresses of the rows behind each figure."""
    rows = reverse("desk-ratings-rows")
    found = []
    for line in lines:
        here = {dimension: line.code}
        found.append({
            "line": line,
            "href": "" if shielded else f"?{_address(wanted, **here, grade='')}",
            "cells": [
                {
                    "n": line.grades.get(grade, 0),
                    "name": name,
                    "grade": grade,
                    "href": "" if shielded else f"{rows}?{_address(wanted, **here, grade=grade)}",
                }
                for grade, name in GRADES.items()
            ],
        })  # fmt: skip
    return found


@never_cache
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Figures of ratings: grades, coverage, by agency, item and channel; each figure opens its rows."""
    actor = acting(request)
    wanted = wanted_of(request.GET)
    found = queries.figures(actor, wanted)
    rows = reverse("desk-ratings-rows")
    keep = Wanted(wanted.period) if found.shielded else wanted
    context = {
        "found": found,
        "wanted": keep,
        "tabs": [
            {"name": name, "href": f"?{_address(keep, period=code, grade='')}", "current": code == wanted.period}
            for code, name in _PERIOD_NAMES.items()
        ],
        "grades": [
            {
                "name": name, "icon": FACES[grade], "n": found.total.grades.get(grade, 0), "bad": grade >= 4,
                "href": f"{rows}?{_address(keep, grade=grade)}",
            }
            for grade, name in GRADES.items()
        ],
        "names": [(grade, name, FACES[grade]) for grade, name in GRADES.items()],
        "tables": [
            (_("按单位"), _table(found.agencies, keep, "agency", shielded=found.shielded), True),
            (_("按事项"), _table(found.items, keep, "item", shielded=found.shielded), True),
            (_("按评价渠道"), _table(found.channels, keep, "channel", shielded=found.shielded), False),
        ],
        "all_rows": f"{rows}?{_address(keep, grade='')}",
        "filters": _filters(found, keep),
        "everything": f"?{urlencode({'period': wanted.period})}",
        "threshold": queries.THRESHOLD,
    }  # fmt: skip
    return render(request, "ratings/figures.html", context)


def _filters(found: queries.Figures, wanted: Wanted) -> list[str]:
    """The filters in words."""
    named = (
        (wanted.agency, found.agencies), (wanted.item, found.items), (wanted.channel, found.channels),
    )  # fmt: skip
    return [next((line.name for line in lines if line.code == code), code) for code, lines in named if code]


@never_cache
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The ratings behind a figure."""
    wanted = wanted_of(request.GET)
    found = queries.rows(acting(request), wanted, cursor=request.GET.get("cursor", ""))
    values = request.GET.copy()
    values.pop("cursor", None)
    context = {
        "found": found,
        "wanted": wanted,
        "tabs": [
            {
                "name": name or _("全部"),
                "href": f"?{_address(wanted, grade=grade or '')}",
                "current": wanted.grade == grade,
            }
            for grade, name in ((0, ""), *GRADES.items())
        ],
        "period": _PERIOD_NAMES[wanted.period],
        "way_back": f"{reverse('desk-ratings')}?{_address(wanted, grade='')}",
        "filters": values.urlencode(),
        "threshold": queries.THRESHOLD,
    }
    return render(request, "ratings/rows.html", context)
