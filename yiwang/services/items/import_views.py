"""Taking a list over in the browser: hand the file in, watch it being read, look at what is doubtful."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import Invalid, Problem, TooLarge

from . import actions, imported
from .actions.importing import LARGEST_LIST
from .models import ItemImport

OUTCOMES = ("new", "changed", "draft", "same", "repeated", "refused")


def _actor(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by access


def outcome_names() -> dict[str, str]:
    """What came of a row, in words."""
    return {
        "new": _("新增"), "changed": _("有变化，已更新"), "draft": _("有变化，放进草稿等审核"), "same": _("没有变化"),
        "repeated": _("文件里重复"), "refused": _("没有导入"),
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The form, and the last lists."""
    actor = _actor(request)
    done = imported.imports(actor)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            return redirect("desk-item-import", import_id=_taken(actor, request).id)
        except (Invalid, TooLarge) as refusal:
            problems = refusal.problems or (Problem("file", refusal.code, str(refusal)),)
    context = {"imports": done, "problems": problems, "largest": LARGEST_LIST // 1024**2}
    return render(request, "items/staff/imports.html", context, status=422 if problems else 200)


def _taken(actor: Actor, request: HttpRequest) -> ItemImport:
    given = request.FILES.get("file")
    if given is None:
        message = _("请先选择一个 CSV 文件。")
        raise Invalid(message, problems=[Problem("file", "required", message)])
    content = given.read(LARGEST_LIST + 1)
    if getattr(given, "too_large", False):
        raise TooLarge(_("文件太大，请拆成几个再上传。"))
    try:
        return actions.upload_list(actor, given.name or "", content)
    except Invalid as refusal:
        raise Invalid(str(refusal), problems=[Problem("file", "format", str(refusal))]) from None


@never_cache
@require_GET
def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """How far a list is; when it was read, what came of it and the rows with doubts."""
    found = imported.import_of(_actor(request), import_id)
    given = request.GET.get("from", "")
    first = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    rows, total = imported.doubtful_rows(found, first)
    names = outcome_names()
    context = {
        "found": found,
        "counts": [(names[what], found.counts[what]) for what in OUTCOMES if found.counts.get(what)],
        "rows": [{**row, "what": names.get(row["outcome"], row["outcome"])} for row in rows],
        "total": total,
        "first": first + 1,
        "last": first + len(rows),
        "before": max(0, first - imported.ROWS) if first else None,
        "after": first + imported.ROWS if first + imported.ROWS < total else None,
    }
    return render(request, "items/staff/import.html", context)


@never_cache
@require_GET
def report(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The rows with doubts, for an office program."""
    found = imported.import_of(_actor(request), import_id)
    response = HttpResponse(imported.report(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="doubtful-{str(found.id)[-8:]}.csv"'
    return response
