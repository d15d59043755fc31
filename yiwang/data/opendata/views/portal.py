"""The public pages: themes and search, the list, a dataset, its files, the changes, the page for those who program."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.config.environment import environment
from yiwang.data.opendata import charts, dcat, queries, reading, treatments, uses
from yiwang.data.opendata.models import Change, Dataset, Edition
from yiwang.data.opendata.words import FORMATS, GEOJSON, LICENCES, PERIODS, THEMES, TYPES
from yiwang.foundation.access.queries import acting
from yiwang.foundation.orgs.queries import Region
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.refusals import Missing

PREVIEW = 10


def words_of(edition: Edition, rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """The words of the codes that a page shows, by field: of code sets of the standards library, and of divisions."""
    found: dict[str, dict[str, str]] = {}
    places: dict[str, set[str]] = {}
    for each in edition.fields:
        name = each["name"]
        shown = {str(row[name]) for row in rows} | {
            value for value, _n in edition.profile["columns"].get(name, {}).get("top", [])
        }
        if each["type"] == "region":
            places[name] = shown
        elif each.get("codes"):
            try:
                known = standards.codes(each["codes"])
            except Missing:
                continue
            found[name] = {code: known.label(code) for code in shown}
    if places:
        names = dict(Region.objects.filter(code__in=set().union(*places.values())).values_list("code", "name"))
        found |= {name: {code: names[code] for code in codes if code in names} for name, codes in places.items()}
    return found


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Themes, search, the newest, figures."""
    actor = acting(request)
    found = queries.facets(actor)
    context = {
        "found": found,
        "themes": [(theme, found.themes.get(theme.code, 0)) for theme in THEMES.values()],
        "newest": queries.datasets(actor, size=6).items,
        "providers": queries.provider_counts(actor),
    }
    return render(request, "opendata/home.html", context)


@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    """The list with its filters, all of them in the address."""
    actor = acting(request)
    wanted = queries.wanted_of(request.GET)
    page = queries.datasets(actor, wanted, cursor=request.GET.get("cursor", ""))
    found = queries.facets(actor, wanted)
    kinds = dict(Dataset.OpenKind.choices)
    groups: list[dict[str, Any]] = [
        {"name": "theme", "label": _("主题"), "chosen": wanted.theme,
         "options": [(code, theme.name, found.themes[code]) for code, theme in THEMES.items() if code in found.themes]},
        {"name": "provider", "label": _("部门"), "chosen": wanted.provider,
         "options": [(code, name, count) for code, (name, count) in found.providers.items()]},
        {"name": "open", "label": _("开放方式"), "chosen": wanted.open_kind,
         "options": [(code, _(str(kinds[code])), count) for code, count in found.open_kinds.items()]},
        {"name": "period", "label": _("更新周期"), "chosen": wanted.period,
         "options": [(code, words[0], found.periods[code]) for code, words in PERIODS.items() if code in found.periods]},
        {"name": "format", "label": _("格式"), "chosen": wanted.format,
         "options": [*((each.code, each.name, found.total) for each in FORMATS.values()), *([(GEOJSON.code, GEOJSON.name, found.placed)] if found.placed else [])]},
    ]  # fmt: skip
    for group in groups:
        group["value"] = next(
            (name for code, name, _count in group["options"] if code == group["chosen"]), group["chosen"]
        )
    context = {
        "page": page,
        "wanted": wanted,
        "total": found.total,
        "groups": groups,
        "narrowed": any(g["chosen"] for g in groups),
    }
    return render(request, "opendata/datasets.html", context)


@require_GET
def dataset(request: HttpRequest, code: str) -> HttpResponse:
    """One dataset: what it says, a look into it, its files, editions, terms and use."""
    actor = acting(request)
    found = queries.dataset(actor, code)
    number = request.GET.get("edition", "")
    edition = queries.edition_of(found, int(number) if number.isdecimal() and len(number) < 9 else 0)
    uses.count(found.id, uses.VIEW)
    fields = [
        {**each, "type_name": TYPES.get(each["type"], each["type"]), "treated": treatments.NAMES[each["treatment"]]}
        for each in edition.fields
    ]
    open_now = found.open_kind == Dataset.OpenKind.UNCONDITIONAL
    rows = (
        reading.rows(edition, queries.path_of(found, edition), reading.Question(size=PREVIEW)).items if open_now else []
    )
    words = words_of(edition, rows)
    preview = [[_shown(words.get(each["name"], {}), row[each["name"]]) for each in edition.fields] for row in rows]
    figures = queries.figures(actor, found)
    address = f"{environment.origin}{reverse('open-dataset', args=[found.code])}"
    context = {
        "dataset": found, "edition": edition, "fields": fields, "preview": preview, "open_now": open_now,
        "theme": THEMES[found.theme], "licence": LICENCES[found.licence], "period": PERIODS[found.update_period][0],
        "charts": charts.charts(edition, words) if open_now else [], "map": charts.map_of(edition) if open_now else None,
        "formats": queries.formats_of(edition), "editions": list(found.editions.order_by("-number")[:20]), "figures": figures,
        "showcases": queries.showcases(actor, dataset=found, size=3).items, "address": address,
        "citation": _("%(agency)s：《%(name)s》第 %(edition)d 版，%(day)s，%(address)s") % {
            "agency": found.provider.name, "name": found.name, "edition": edition.number,
            "day": edition.released_at.date().isoformat(), "address": address,
        },
        "structured": json.dumps(dcat.schema_org(found, edition), ensure_ascii=False).replace("<", "\\u003c"),
    }  # fmt: skip
    return render(request, "opendata/dataset.html", context)


def _shown(words: dict[str, str], value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return f"{words[str(value)]}（{value}）" if str(value) in words else value


def token_of(request: HttpRequest) -> str:
    """The token that a program sends: Authorization (with or without Bearer) or CKAN's own header."""
    given = request.headers.get("Authorization", "") or request.headers.get("X-CKAN-API-Key", "")
    return given.removeprefix("Bearer ").strip()[:200]


def answer(file: Any) -> HttpResponseBase:
    """A file of an edition as an answer, streamed."""
    response: HttpResponseBase
    if file.path is not None:
        response = FileResponse(file.path.open("rb"), content_type=file.format.media)
    else:
        response = StreamingHttpResponse(
            file.content,
            content_type=f"{file.format.media}; charset=utf-8"
            if file.format.code in ("csv", "json")
            else file.format.media,
        )
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    response.headers["Cache-Control"] = "no-store"
    return response


@require_GET
def download(request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
    """An edition as a file; with conditions, what is left after them."""
    question = reading.question_of(request.GET, request.GET.getlist("filter"))
    number = request.GET.get("edition", "")
    file = queries.download(
        acting(request), code, kind, question, edition=int(number) if number.isdecimal() and len(number) < 9 else 0,
        token=token_of(request), bom=request.GET.get("bom", "1") != "0", labels=request.GET.get("labels", "") == "1",
    )  # fmt: skip
    return answer(file)


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """What was opened, renewed and withdrawn."""
    given = request.GET.get("since", "")
    since = None
    try:
        since = parse_datetime(given) if given else None
    except ValueError:
        since = None
    if since is not None and since.tzinfo is None:
        since = None
    page = queries.changes(acting(request), since=since, cursor=request.GET.get("cursor", ""), size=50)
    kinds = dict(Change.Kind.choices)
    rows = [{"row": row, "words": kinds[row.kind], "gone": row.kind.endswith("withdrawn")} for row in page.items]
    return render(request, "opendata/changes.html", {"page": page, "rows": rows})


@require_GET
def programs(request: HttpRequest) -> HttpResponse:
    """How programs use open data, with addresses that work."""
    actor = acting(request)
    example = next(iter(queries.datasets(actor, queries.Wanted(open_kind="unconditional"), size=1).items), None)
    context = {"origin": environment.origin, "example": example, "operators": list(reading.OPERATORS)}
    return render(request, "opendata/programs.html", context)
