"""Pages for those who draw procedures: the list, the picture, the editor, a sample case, comparing, publishing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import Role, acting, allowed, require
from yiwang.kernel.refusals import Conflict, Invalid, Problem
from yiwang.web.versions import Shelf, as_seen, asked_pair, asked_version, seen_revision, uploaded_text, version_of

from . import actions, clocks, designs, procedures
from .actions import publish_procedure
from .migrating import MIGRATE
from .sample import new_bpmn

SHELF = Shelf(gettext_lazy("流程"), "procedures", "procedure")


@never_cache
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every procedure with its versions and running cases."""
    actor = acting(request)
    rows, drafts = designs.listing(actor)
    context = {"rows": rows, "new_drafts": drafts, "may_write": allowed(actor, designs.WRITE)}
    return render(request, "cases/procedures.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new procedure: its code and its name; the rest is drawn."""
    actor = acting(request)
    require(actor, permission=designs.WRITE)
    code, name = request.POST.get("code", "").strip(), request.POST.get("name", "").strip()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            actions.draft_procedure(actor, code, name, new_bpmn(code, name))
        except Conflict:
            problems = (Problem("code", "unique", _("已经有人在起草代码是“%(code)s”的流程。") % {"code": code}),)
        except Invalid as refusal:
            problems = refusal.problems
        else:
            return HttpResponseRedirect(reverse("procedure-edit", args=[code]))
    context = {"code": code, "name": name, "problems": problems, "trail": SHELF.trail()}
    return render(request, "cases/new_procedure.html", context, status=422 if problems else 200)


@never_cache
@require_GET
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """One version of a procedure: its picture, its steps in words, and the other versions."""
    actor, version = acting(request), asked_version(request) or 0
    versions = designs.versions(actor, code)
    name, bpmn = designs.design(actor, code, version)
    definition = procedures.read(code, name, bpmn)
    newest = versions[0][0].version
    context = {
        "code": code, "name": name, "version": version or newest, "newest": newest, "versions": versions,
        "steps": designs.steps(definition, _roles()), "ends": list(definition.ends.values()),
        "draft": designs.draft(actor, code) if designs.may_see_drafts(actor) else None,
        "edit_href": SHELF.href("edit", code), "compare_href": SHELF.href("compare", code),
        "may_write": allowed(actor, designs.WRITE), "trail": SHELF.trail(),
        "may_migrate": allowed(actor, MIGRATE) and any(running for row, running in versions if row.version != newest),
    }  # fmt: skip
    return render(request, "cases/procedure.html", context)


def _roles() -> dict[str, str]:
    return dict(Role.objects.order_by("name").values_list("code", "name"))


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The drawing board. Without script, or with other tools, the BPMN itself is edited, or downloaded and uploaded again."""
    actor = acting(request)
    require(actor, permission=designs.WRITE, subject=f"procedure:{code}")
    draft = designs.draft(actor, code)
    if request.method == "GET":
        name, bpmn = designs.design(actor, code, None if draft else 0)
        problems = designs.mistakes(code, name, bpmn) if draft and "checked" in request.GET else []
        return _board(request, code, name, bpmn, draft.revision if draft else 0, problems)
    seen, name = seen_revision(request), request.POST.get("name", "").strip()
    bpmn = (
        uploaded_text(request, procedures.LARGEST)
        if request.POST.get("do") == "upload"
        else request.POST.get("bpmn", "")
    )
    try:
        actions.draft_procedure(actor, code, name, bpmn, seen=seen)
    except (Conflict, Invalid) as refusal:
        problems = list(refusal.problems) or [Problem("", refusal.code, str(refusal))]
        return _board(request, code, name, bpmn, seen, problems, refusal.status)
    wrong = len(designs.mistakes(code, name, bpmn))
    if wrong:
        messages.warning(request, _("草稿已保存。还有 %(n)d 处要改正，才能发布。") % {"n": wrong})
    else:
        messages.success(request, _("草稿已保存，检查都通过了。"))
    return HttpResponseRedirect(reverse("procedure-edit", args=[code]) + ("?checked=1" if wrong else ""))


def _board(
    request: HttpRequest, code: str, name: str, bpmn: str, seen: int, problems: list[Problem], status: int = 200
) -> HttpResponse:
    context = {
        "code": code, "name": name, "bpmn": bpmn, "seen": seen, "problems": problems,
        "condition_help": _("写成 outcomes.环节编号 == '结果代码'。空着就是总走这条。"),
        "wrong": " ".join({problem.field for problem in problems if problem.field}),
        "roles": _roles(), "operations": designs.operation_names(), "clocks": clocks.KINDS, "reasons": clocks.REASONS,
        "draft": seen > 0, "rows": min(40, max(12, bpmn.count("\n") + 2)), "trail": SHELF.trail(code, name),
    }  # fmt: skip
    return render(request, "cases/board.html", context, status=status)


@never_cache
@require_GET
def trial(request: HttpRequest, code: str) -> HttpResponse:
    """A sample case led step by step; the choices so far stand in the address, and nothing is written."""
    actor, version = acting(request), asked_version(request)
    name, bpmn = designs.design(actor, code, version)
    asked = request.GET.getlist("do")
    choices = [(step, outcome) for step, _colon, outcome in (text.partition(":") for text in asked)]
    context: dict[str, Any] = {
        "code": code,
        "name": name,
        "version": request.GET.get("version", ""),
        "trail": SHELF.trail(code, name),
    }
    try:
        tried = designs.trial(code, name, bpmn, choices, _roles())
    except Invalid as refusal:
        return render(request, "cases/try.html", context | {"problems": refusal.problems}, status=422)
    before = request.GET.copy()
    before.setlist("do", asked[:-1])
    context |= {
        "tried": tried, "here": request.GET.urlencode(), "back": before.urlencode() if asked else "",
        "current": " ".join([one.step.code for one in tried.waiting] or [tried.end_step]),
    }  # fmt: skip
    return render(request, "cases/try.html", context)


@never_cache
@require_GET
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two versions side by side; for a draft, the last look before it is published."""
    actor = acting(request)
    versions = [row.version for row, _running in designs.versions(actor, code)]
    draft = designs.draft(actor, code) if designs.may_see_drafts(actor) else None
    pair = asked_pair(request, versions, draft is not None)
    newer = designs.design(actor, code, version_of(pair.newer))
    problems = designs.mistakes(code, *newer) if pair.of_draft else []
    changes = []
    if pair.older and not problems:
        changes = designs.changes(code, designs.design(actor, code, version_of(pair.older)), newer)
    context = {
        "code": code, "title": newer[0], "pair": pair, "changes": changes, "problems": problems,
        "draft": draft if pair.of_draft else None, "first": not versions or bool(problems),
        "may_publish": allowed(actor, designs.PUBLISH), "may_write": allowed(actor, designs.WRITE),
        **SHELF.draft_links(code), "try_href": SHELF.href("try", code),
        "trail": SHELF.trail(code, newer[0]) if versions else SHELF.trail(),
    }  # fmt: skip
    return render(request, "drafts/compare.html", context)


@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish the draft as it was seen. Running cases keep their version."""
    actor = acting(request)
    draft = as_seen(request, designs.draft(actor, code))
    row = publish_procedure(actor, code, draft.body["name"], draft.body["bpmn"])
    messages.success(request, _("已发布第 %(n)d 版，新的办件按它走，办理中的办件不变。") % {"n": row.version})
    return HttpResponseRedirect(reverse("procedure", args=[code]))


@require_POST
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Drop the draft."""
    actor = acting(request)
    actions.drop_procedure_draft(actor, code)
    messages.success(request, _("草稿已删掉。"))
    known = designs.versions(actor, code)
    return HttpResponseRedirect(reverse("procedure", args=[code]) if known else reverse("procedures"))


@never_cache
@require_GET
def file(request: HttpRequest, code: str) -> HttpResponse:
    """A version, or the draft, as a BPMN file: for the picture, and for other tools."""
    version = asked_version(request)
    _name, bpmn = designs.design(acting(request), code, version)
    label = "draft" if version is None else f"v{version}" if version else "newest"
    response = HttpResponse(bpmn, content_type="application/xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}-{label}.bpmn"'
    return response
