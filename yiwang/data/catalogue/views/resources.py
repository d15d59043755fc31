"""The catalogue for officials: the list, one entry with its versions, editing, comparing, and the steps of its life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.data.catalogue import actions, queries
from yiwang.data.catalogue.bodies import FIELD_FLAGS, FIELD_NUMBERS, FIELD_TEXTS, OPENS, SHARES, TEXTS
from yiwang.data.catalogue.models import Entry
from yiwang.data.catalogue.versions import compare as compare_bodies
from yiwang.data.catalogue.versions import words
from yiwang.data.catalogue.wording import choices, classes
from yiwang.foundation.access.queries import Actor, Scope, acting, allowed, require_somewhere
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.refusals import Invalid, Missing, Problem
from yiwang.web.versions import asked_pair

from .common import day, number

SPARE_ROWS = 3  # empty rows of the table of fields
MOST_ROWS = 500


@never_cache
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The catalogue, by state, provider, share and open kind, freshness and text."""
    actor = acting(request)
    wanted = queries.wanted_of(request.GET)
    page = queries.entries(actor, wanted, cursor=request.GET.get("cursor", ""))
    counts = queries.states(actor)
    tabs = [{"name": _("全部"), "href": "?", "current": not wanted.state, "count": sum(counts.values())}]
    tabs += [
        {"name": label, "href": f"?state={state}", "current": wanted.state == state, "count": counts[state]}
        for state, label in Entry.State.choices
        if counts.get(state)
    ]
    context = {
        "page": page, "wanted": wanted, "tabs": tabs, "filtered": wanted != queries.Wanted(),
        "shares": _pairs(SHARES), "opens": _pairs(OPENS), "freshness": Entry.Freshness.choices,
        "sorts": [("name", _("按名称")), ("new", _("最近登记的在前"))],
        "providers": [(agency.code, agency.short_name or agency.name) for agency in queries.providers(actor)],
        "may_enter": _holds(actor, "catalogue.enter"), "may_survey": _holds(actor, "catalogue.survey"),
        "may_export": _holds(actor, "desk.export"),
    }  # fmt: skip
    return render(request, "catalogue/list.html", context)


def _holds(actor: Actor, permission: str) -> bool:
    return any(held.allows(permission) for held in actor.held)


def _pairs(words: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(words.items())


@never_cache
@require_GET
def resource(request: HttpRequest, code: str) -> HttpResponse:
    """One entry: what it says, where its elements come from, its versions, and what can be done now."""
    return _page(request, code)


def _page(request: HttpRequest, code: str, *, problems: tuple[Problem, ...] = (), status: int = 200) -> HttpResponse:
    actor = acting(request)
    found = queries.entry(actor, code)
    entry = found.entry
    shown = found.numbered(number(request.GET["version"])) if number(request.GET.get("version", "")) else found.shown
    asking = queries.agencies(actor, "catalogue.object_to") if _holds(actor, "catalogue.object_to") else []
    context = {
        "found": found, "entry": entry, "may": found.may, "shown": shown, "body": shown.body, "problems": problems,
        "rows": [(label, words(name, shown.body[name]), name) for name, (label, _n, _r) in TEXTS.items() if shown.body.get(name)],
        "fields": [_shown_field(field, shown.body) for field in shown.body.get("fields", [])],
        "origins": queries.origins(actor, entry) if entry.listed else [],
        "classes": " › ".join(classes(entry.code)),
        "objections": queries.objections(actor, code=code, size=10).items,
        "faults": queries.check(entry.working.body) if entry.working and entry.working.state == "draft" else [],
        "mine": bool(entry.working and entry.working.made_by == actor.reference()),
        "may_claim": allowed(actor, "catalogue.claim", _scope(entry)), "may_report": allowed(actor, "catalogue.report", _scope(entry)),
        "asking": [(agency.code, agency.name) for agency in asking if agency.code != entry.provider_id],
        "field_choices": [(field["name"], field["label"]) for field in shown.body.get("fields", []) if field.get("name")],
        "typed": request.POST,
    }  # fmt: skip
    return render(request, "catalogue/resource.html", context, status=status)


def _scope(entry: Entry) -> Scope:
    return Scope(agency=entry.provider.path, region=entry.provider.region.path)


def _shown_field(field: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    share, opened = field.get("share") or body.get("share", ""), field.get("open") or body.get("open", "")
    return {
        **field, "type_name": standards.TYPES.get(field.get("type", ""), field.get("type", "")), "share_name": SHARES.get(share, share),
        "open_name": OPENS.get(opened, opened),
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new entry."""
    actor = acting(request)
    require_somewhere(actor, "catalogue.enter")
    mine = queries.agencies(actor, "catalogue.enter")
    return _edit(request, None, {"provider": mine[0].code if len(mine) == 1 else "", "fields": []}, 0)


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The next version of an entry, from the newest one."""
    found = queries.entry(acting(request), code)
    newest = found.entry.working or found.entry.current or found.versions[0]
    return _edit(request, found.entry, newest.body, found.versions[0].number)


def _edit(request: HttpRequest, entry: Entry | None, body: Mapping[str, Any], seen: int) -> HttpResponse:
    actor = acting(request)
    problems: tuple[Problem, ...] = ()
    note, spare = "", SPARE_ROWS
    if request.method == "POST":
        body, note = _body_of(request.POST, body, entry), request.POST.get("note", "")
        seen = number(request.POST.get("seen", ""), seen)
        if request.POST.get("do") == "rows":
            spare += 10
        elif request.POST.get("do") == "check":
            problems = tuple(queries.check(body))
            if not problems:
                messages.success(request, _("检查过了，没有问题。别忘了保存。"))
        else:
            try:
                version = (
                    actions.change(actor, entry.code, dict(body), note=note, seen=seen)
                    if entry
                    else actions.enter(actor, dict(body), note=note)
                )
            except Invalid as refusal:
                problems = refusal.problems
            else:
                messages.success(request, _("已保存为第 %(n)s 版草稿。") % {"n": version.number})
                return HttpResponseRedirect(reverse("desk-resource", args=[version.entry.code]))
    fields = [*body.get("fields", []), *({} for _n in range(spare))][:MOST_ROWS]
    wrong = {problem.field for problem in problems}
    context = {
        "entry": entry, "body": body, "note": note, "seen": seen, "problems": problems,
        "agencies": [(agency.code, agency.name) for agency in queries.agencies(actor, "catalogue.change" if entry else "catalogue.enter")],
        "systems": [(system.code, system.name) for system in queries.systems(actor)],
        "formats": choices("format"), "modes": choices("share_mode"), "periods": choices("update_period"), "classes": choices("class_code"),
        "shares": _pairs(SHARES), "opens": _pairs(OPENS), "keywords": "、".join(body.get("keywords", [])),
        "rows": [_cells(number_, field, wrong) for number_, field in enumerate(fields)],
        "elements": standards.every("element"), "code_sets": standards.every("code_set"),
    }  # fmt: skip
    return render(
        request, "catalogue/edit.html", context, status=422 if problems and request.POST.get("do") != "check" else 200
    )


_TABLE = ("label", "name", "type", "length", "element", "codes", "level", "mask", "share", "open")


def _cells(row: int, field: Mapping[str, Any], wrong: set[str]) -> dict[str, Any]:
    """One row of the table of fields."""
    cells: dict[str, Any] = {
        name: {
            "name": f"fields.{row}.{name}",
            "value": field.get(name, "") or "",
            "wrong": f"fields.{row}.{name}" in wrong,
        }
        for name in _TABLE
    }
    types = [("", "—"), *((code, words) for code, words in standards.TYPES.items() if code != "binary")]
    cells["type"]["options"], cells["level"]["options"] = (
        types,
        [("", "—"), ("1", "1"), ("2", "2"), ("3", "3"), ("4", "4")],
    )
    cells["mask"]["options"] = [("", "—"), *((mask, mask) for mask in standards.MASKS)]
    cells["share"]["options"], cells["open"]["options"] = (
        [("", _("同资源")), *SHARES.items()],
        [("", _("同资源")), *OPENS.items()],
    )
    cells["level"]["value"] = str(cells["level"]["value"])
    return {
        **cells,
        "number": row + 1,
        "key": field.get("key", False),
        "required": field.get("required", False),
        "row": row,
    }


def _body_of(post: QueryDict, former: Mapping[str, Any], entry: Entry | None) -> dict[str, Any]:
    """The body that was typed. What the page has no field for stays as it was."""
    body = {name: value for name, value in former.items() if name not in {*TEXTS, "fields", "keywords"}}
    for name in TEXTS:
        text = str(post[name]).strip().replace("\r\n", "\n") if name in post else former.get(name, "")
        if text:
            body[name] = text
    if entry is not None:
        body["code"] = entry.code
    keywords = str(post.get("keywords", "")).replace("，", "、").replace(",", "、")
    if words := [word.strip() for word in keywords.split("、") if word.strip()]:
        body["keywords"] = words
    body["fields"] = [
        field for row in range(MOST_ROWS) if f"fields.{row}.label" in post and (field := _field_of(post, row))
    ]
    return body


def _field_of(post: QueryDict, row: int) -> dict[str, Any]:
    """One field that was typed; empty for a row in which nothing was."""
    if post.get(f"fields.{row}.gone"):
        return {}
    field: dict[str, Any] = {}
    for name in FIELD_TEXTS:
        if text := str(post.get(f"fields.{row}.{name}", "")).strip():
            field[name] = text
    for name in FIELD_NUMBERS:
        if found := number(str(post.get(f"fields.{row}.{name}", ""))):
            field[name] = found
    for name in FIELD_FLAGS:
        if post.get(f"fields.{row}.{name}"):
            field[name] = True
    return field


@never_cache
@require_GET
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two versions side by side; the newest and the one in force when the address does not say."""
    found = queries.entry(acting(request), code)
    pair = asked_pair(request, [version.number for version in found.versions], False)
    sides = [number(side) for side in (pair.older, pair.newer)]
    changes = compare_bodies(found.numbered(sides[0]).body, found.numbered(sides[1]).body) if pair.older else []
    trail = [(_("资源目录"), reverse("desk-resources")), (found.entry.name[:30], reverse("desk-resource", args=[code]))]
    context = {"title": found.entry.name, "pair": pair, "changes": changes, "first": False, "trail": trail}
    return render(request, "drafts/compare.html", context)


Step = Callable[[Actor, str, int, QueryDict], object]
_STEPS: dict[str, tuple[Step, Callable[[], str]]] = {
    "submit": (lambda actor, code, n, post: actions.submit(actor, code, n), lambda: _("已提交数据局审核。")),
    "pass": (
        lambda actor, code, n, post: actions.review(actor, code, n, passed=True, opinion=post.get("opinion", "")),
        lambda: _("审核通过，可以发布了。"),
    ),
    "return": (
        lambda actor, code, n, post: actions.review(actor, code, n, passed=False, opinion=post.get("opinion", "")),
        lambda: _("已退回登记人。"),
    ),
    "publish": (lambda actor, code, n, post: actions.publish(actor, code, n), lambda: _("已发布，各单位现在看到的就是这一版。")),
    "drop": (lambda actor, code, n, post: actions.drop(actor, code, n), lambda: _("已放弃这一版。")),
    "withdraw": (lambda actor, code, n, post: actions.withdraw(actor, code, post.get("reason", "")), lambda: _("信息资源已撤销。")),
    "claim": (
        lambda actor, code, n, post: actions.claim(actor, post.get("element", ""), code, post.get("why", "")),
        lambda: _("已提出，先请现来源单位说明，再由数据局裁定。"),
    ),
    "object": (
        lambda actor, code, n, post: actions.object_to(
            actor, post.get("agency", ""), code, post.get("what", ""), field=post.get("field", "")
        ),
        lambda: _("异议已送到来源单位，答复会显示在这一页。"),
    ),
    "report": (
        lambda actor, code, n, post: actions.report(
            actor, code, day(post.get("as_of", ""), "as_of"),
            rows=number(post.get("rows", ""), -1) if post.get("rows", "").strip() else None,
        ),
        lambda: _("已登记数据更新。"),
    ),
}  # fmt: skip


@never_cache
@require_POST
def step(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """One step in the life of an entry."""
    if step not in _STEPS:
        raise Missing(_("没有这一步。"))
    perform, done = _STEPS[step]
    try:
        perform(acting(request), code, number(request.POST.get("number", "")), request.POST)
    except Invalid as refusal:
        return _page(request, code, problems=refusal.problems, status=422)
    messages.success(request, done())
    return HttpResponseRedirect(reverse("desk-resource", args=[code]))
