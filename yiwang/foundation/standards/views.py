"""The library on pages: for everybody to look things up, for those who keep it to write, compare, publish and withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import acting, allowed, require
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem, TooLarge
from yiwang.web.versions import asked_pair, seen_revision

from . import actions, queries, sheets
from .models import Entry

Kind = Entry.Kind
SPARE_ROWS = 5
MOST_ROWS = 5_000


def _kind(kind: str) -> str:
    if kind not in Kind.values:
        raise Missing(_("标准库里没有这一类内容。"))
    return kind


def _layout(request: HttpRequest) -> str:
    """Officials see the library inside their workbench, everybody else as a page of the site."""
    return "web/base_staff.html" if acting(request).official else "web/base_citizen.html"


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The entries of one kind, by words, type and standard."""
    actor, wanted = acting(request), queries.wanted_of(request.GET)
    counts = queries.counts(actor)
    tabs = [
        {"name": label, "href": f"?kind={kind}", "current": wanted.kind == kind, "count": counts.get(kind, 0)}
        for kind, label in Kind.choices
    ]
    context = {
        "layout": _layout(request), "page": queries.listing(actor, wanted, cursor=request.GET.get("cursor", "")), "wanted": wanted,
        "tabs": tabs, "types": list((queries.STATUSES if wanted.kind == Kind.NORM else queries.TYPES).items()),
        "type_names": {**queries.TYPES, **queries.STATUSES}, "drafts": queries.drafts(actor, wanted.kind),
        "filtered": wanted != queries.Wanted(kind=wanted.kind), "may_write": allowed(actor, queries.WRITE),
        "may_publish": allowed(actor, queries.PUBLISH),
    }  # fmt: skip
    return render(request, "standards/list.html", context)


@require_GET
def entry(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """One entry: what it says, its versions, where it is used."""
    actor = acting(request)
    found = queries.entry(actor, _kind(kind), code)
    may_write, may_publish = allowed(actor, queries.WRITE), allowed(actor, queries.PUBLISH)
    body, number = found.body, request.GET.get("version", "")
    versions = queries.versions(actor, found)
    chosen = next((one for one in versions if str(one.version) == number), None)
    body = chosen.body if chosen else body
    context = {
        "layout": _layout(request), "entry": found, "body": body, "version": chosen.version if chosen else found.version,
        "versions": versions, "type_name": {**queries.TYPES, **queries.STATUSES}.get(found.type, found.type),
        "uses": queries.uses(code) if actor.official and kind != Kind.NORM else [], "may_write": may_write, "may_publish": may_publish,
        "draft": queries.draft(actor, kind, code) if may_write or may_publish else None, "newest": found.version,
        "edit_href": reverse("standard-edit", args=[kind, code]), "compare_href": reverse("standard-compare", args=[kind, code]),
        "typed": request.POST,
    }  # fmt: skip
    return render(request, "standards/entry.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new entry."""
    require(acting(request), permission=queries.WRITE, subject=f"{kind}:new")
    return _edit(request, _kind(kind), "", {}, 0)


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """The next version of an entry, from the draft or the version in force."""
    actor = acting(request)
    require(actor, permission=queries.WRITE, subject=f"{kind}:{code}"[:120])
    draft = queries.draft(actor, _kind(kind), code)
    body = draft.body if draft else queries.entry(actor, kind, code).body
    return _edit(request, kind, code, body, draft.revision if draft else 0)


def _edit(request: HttpRequest, kind: str, code: str, body: Mapping[str, Any], seen: int) -> HttpResponse:
    problems: tuple[Problem, ...] = ()
    spare = SPARE_ROWS
    if request.method == "POST":
        body, seen = _typed(kind, request.POST, code), seen_revision(request)
        if request.POST.get("do") == "rows":
            spare += 20
        else:
            try:
                kept = actions.draft(acting(request), kind, dict(body), seen=seen)
            except Invalid as refusal:
                problems = refusal.problems
            else:
                wrong = queries.mistakes(kind, body)
                words = (
                    _("草稿已保存。还有 %(n)d 处要改正，才能发布。") % {"n": len(wrong)}
                    if wrong
                    else _("草稿已保存，检查都通过了。")
                )
                messages.success(request, words)
                return redirect("standard-compare", kind=kind, code=kept.code)
    values = [*body.get("values", []), *({} for _n in range(spare))][:MOST_ROWS]
    context = {
        "kind": kind, "kind_name": Kind(kind).label, "code": code, "body": body, "seen": seen, "problems": problems,
        "synonyms": "、".join(body.get("synonyms", [])), "values": list(enumerate(values)), "types": list(queries.TYPES.items()),
        "statuses": list(queries.STATUSES.items()), "masks": [(mask, mask) for mask in queries.MASKS],
        "levels": [(str(level), str(level)) for level in (1, 2, 3, 4)], "sets": queries.code_set_choices() if kind == Kind.ELEMENT else [],
        "level": str(body.get("level", "")),
    }  # fmt: skip
    return render(request, "standards/edit.html", context, status=422 if problems else 200)


def _typed(kind: str, post: QueryDict, code: str) -> dict[str, Any]:
    """The body that was typed."""
    names = {
        Kind.ELEMENT: ("name", "definition", "type", "codes", "mask", "unit", "standard", "note"),
        Kind.CODE_SET: ("name", "standard", "note", "source"),
        Kind.NORM: ("name", "number", "status", "governs", "in_force_on", "ended_on", "note"),
    }[Kind(kind)]
    body: dict[str, Any] = {"code": code or str(post.get("code", "")).strip()}
    body |= {name: text for name in names if (text := str(post.get(name, "")).strip().replace("\r\n", "\n"))}
    if kind == Kind.ELEMENT:
        for name in ("length", "decimals", "level"):
            text = str(post.get(name, "")).strip()
            if text:
                body[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
        words = str(post.get("synonyms", "")).replace("，", "、").split("、")
        if synonyms := [word.strip() for word in words if word.strip()]:
            body["synonyms"] = synonyms
    elif kind == Kind.CODE_SET and not body.get("source"):
        body["values"] = [
            {
                part: text
                for part in ("code", "name", "parent", "note", "until")
                if (text := str(post.get(f"values.{row}.{part}", "")).strip())
            }
            for row in range(MOST_ROWS)
            if str(post.get(f"values.{row}.code", "")).strip() or str(post.get(f"values.{row}.name", "")).strip()
        ]
    return body


@never_cache
@require_GET
def compare(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Two versions side by side; for a draft, the last look before it is published."""
    actor = acting(request)
    may_write, may_publish = allowed(actor, queries.WRITE), allowed(actor, queries.PUBLISH)
    draft = queries.draft(actor, _kind(kind), code) if may_write or may_publish else None
    known = Entry.objects.filter(kind=kind, code=code).first()
    versions = queries.versions(actor, known) if known else []
    pair = asked_pair(request, [one.version for one in versions], draft is not None)

    def body_of(side: str) -> dict[str, Any]:
        if side == "draft" and draft is not None:
            return dict(draft.body)
        found = next((one.body for one in versions if str(one.version) == side), None)
        if found is None:
            raise Missing(_("没有这个版本。"))
        return dict(found)

    body = body_of(pair.newer)
    problems = queries.mistakes(kind, body) if pair.of_draft else []
    trail = [(_("标准库"), f"{reverse('standards')}?kind={kind}")]
    if known:
        trail.append((known.name, reverse("standard", args=[kind, code])))
    context = {
        "code": code, "title": body.get("name", code), "pair": pair, "changes": queries.changes(body_of(pair.older), body) if pair.older else [],
        "problems": problems, "draft": draft if pair.of_draft else None, "first": not versions, "may_publish": may_publish,
        "may_write": may_write, "publish_href": reverse("standard-publish", args=[kind, code]),
        "drop_href": reverse("standard-drop", args=[kind, code]), "edit_href": reverse("standard-edit", args=[kind, code]), "trail": trail,
    }  # fmt: skip
    return render(request, "drafts/compare.html", context)


@require_POST
def publish(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Publish the draft as it was seen."""
    actor = acting(request)
    draft = queries.draft(actor, _kind(kind), code)
    if draft is None or draft.revision != seen_revision(request):
        raise Conflict(_("草稿在您看过之后又被改了，没有发布。请重新比较后再发布。"), code="draft-moved")
    row = actions.publish(actor, kind, draft.body)
    messages.success(request, _("已发布第 %(n)d 版，各处从现在起用它。") % {"n": row.version})
    return redirect("standard", kind=kind, code=code)


@require_POST
def drop(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Drop the draft."""
    actions.drop_draft(acting(request), _kind(kind), code)
    messages.success(request, _("草稿已删掉。"))
    return HttpResponseRedirect(f"{reverse('standards')}?kind={kind}")


@require_POST
def withdraw(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Take an entry out of force."""
    actions.withdraw(
        acting(request),
        _kind(kind),
        code,
        request.POST.get("reason", ""),
        successor=request.POST.get("successor", "").strip(),
    )
    messages.success(request, _("已停用。这个代码以后不会再给别的内容用。"))
    return redirect("standard", kind=kind, code=code)


@never_cache
@require_GET
def deviations(request: HttpRequest) -> HttpResponse:
    """What in forms, registers and resources departs from the element that it names."""
    context = {"found": queries.deviations(acting(request)), "trail": [(_("标准库"), reverse("standards"))]}
    return render(request, "standards/deviations.html", context)


def _file(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV."""
    wanted = queries.wanted_of(request.GET)
    return _file(f"standards-{wanted.kind}", sheets.write(wanted.kind, queries.find(acting(request), wanted)))


@require_GET
def export_one(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """One entry as CSV: a code set with its codes."""
    return _file(code, sheets.write(kind, [queries.entry(acting(request), _kind(kind), code)]))


@never_cache
@require_http_methods(["GET", "POST"])
def take_over(request: HttpRequest) -> HttpResponse:
    """Take many entries over from a CSV; wrong rows are listed and left out."""
    actor = acting(request)
    require(actor, permission="standards.take_over", subject="file")
    kind = _kind(request.POST.get("kind") or request.GET.get("kind") or Kind.ELEMENT.value)
    problems: tuple[Problem, ...] = ()
    taken = None
    if request.method == "POST":
        given = request.FILES.get("file")
        try:
            if given is None:
                message = _("请先选择一个 CSV 文件。")
                raise Invalid(message, problems=[Problem("file", "required", message)])
            taken = actions.take_over(actor, kind, sheets.read(kind, given.read(sheets.LARGEST + 1)))
        except (Invalid, TooLarge) as refusal:
            problems = refusal.problems or (Problem("file", refusal.code, str(refusal)),)
    context = {
        "kind": kind, "kinds": Kind.choices, "problems": problems, "taken": taken, "columns": "、".join(sheets.COLUMNS[kind]),
        "trail": [(_("标准库"), f"{reverse('standards')}?kind={kind}")],
    }  # fmt: skip
    return render(request, "standards/import.html", context, status=422 if problems else 200)
