"""Pages for those who keep forms: the list, a version as the citizen sees it, writing, comparing, publishing."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import acting, allowed, require
from yiwang.kernel.canonical import readable_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem
from yiwang.web.versions import Shelf, as_seen, asked_pair, asked_version, seen_revision, uploaded_text, version_of

from . import actions, queries
from .body import LARGEST_BODY
from .compiled import CompiledForm
from .slots import prefill_sources

SHELF = Shelf(gettext_lazy("表单"), "forms", "form")


@never_cache
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every form in its newest version, and the drafts."""
    actor = acting(request)
    rows, drafts = queries.listing(actor)
    codes = {row.code for row in rows}
    context = {
        "rows": rows,
        "drafted": {draft.code for draft in drafts},
        "new_drafts": [draft for draft in drafts if draft.code not in codes],
        "may_write": allowed(actor, queries.WRITE),
    }
    return render(request, "forms/forms.html", context)


@never_cache
@require_GET
def form(request: HttpRequest, code: str) -> HttpResponse:
    """One version of a form: its parts and fields in words, and the other versions."""
    actor, version = acting(request), asked_version(request) or 0
    versions = queries.versions(actor, code)
    row, compiled = queries.published_form(actor, code, version)
    context = {
        "row": row, "form": compiled, "versions": versions, "newest": versions[0].version,
        "draft": queries.draft(actor, code) if queries.may_see_drafts(actor) else None,
        "edit_href": SHELF.href("edit", code), "compare_href": SHELF.href("compare", code),
        "may_write": allowed(actor, queries.WRITE), "trail": SHELF.trail(),
    }  # fmt: skip
    return render(request, "forms/form.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """A version, or the draft, as the citizen sees it: conditions follow the answers, and "check" tells what would be wrong.

    Nothing is kept. Situations are chosen at the top; registers are not asked, so prefilled fields are empty.
    """
    actor, version = acting(request), asked_version(request)
    body = queries.body_of(actor, code, version)
    problems = queries.mistakes(code, body) if version is None else []
    if problems:
        raise Invalid(_("草稿里还有错，改正后才能预览。"), problems=problems)
    compiled = CompiledForm(code, version or 0, body)
    context: dict[str, Any] = {"situation": {}, "refresh": True, "actor": actor}
    asked = _situations(compiled)
    for name in asked:
        context["situation"][name] = request.POST.get(f"situation.{name}", "")
    data: dict[str, Any] = {}
    found: list[Problem] = []
    if request.method == "POST":
        for part in compiled.parts:
            data = compiled.read_post(part.code, request.POST, data)
        if request.POST.get("do") == "check":
            found = compiled.check(data, context)
    shown = {
        "form": compiled, "body": body, "parts": compiled.visible_parts(data, context), "data": data, "known": context, "problems": found,
        "checked": request.POST.get("do") == "check", "version": version, "code": code, "trail": SHELF.trail(code, body["title"]),
        "situations": [{"name": f"situation.{name}", "label": name, "options": [(value, value) for value in values],
                        "value": context["situation"][name]} for name, values in asked.items()],
    }  # fmt: skip
    return render(request, "forms/preview.html", shown, status=422 if found else 200)


def _situations(compiled: CompiledForm) -> dict[str, list[str]]:
    """The questions of the situation on which something depends, with the answers that the form names."""
    found: dict[str, list[str]] = {}
    conditions = [one for part in compiled.parts for one in part.when]
    conditions += [one for field in compiled.fields.values() for one in field.when]
    for one in conditions:
        root, _dot, name = one.name.partition(".")
        if root == "situation":
            known = found.setdefault(name, [])
            known += [str(value) for value in one.values if str(value) not in known]
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The body of a form as JSON: written here, or elsewhere and uploaded."""
    actor = acting(request)
    require(actor, permission=queries.WRITE, subject=f"form:{code}")
    draft = queries.draft(actor, code)
    if request.method == "GET":
        try:
            body = queries.body_of(actor, code, None if draft else 0)
        except Missing:
            body = {}
        problems = queries.mistakes(code, body) if draft and "checked" in request.GET else []
        return _editor(request, code, _text(body), draft.revision if draft else 0, problems)
    seen = seen_revision(request)
    uploading = request.POST.get("do") == "upload"
    text = uploaded_text(request, LARGEST_BODY) if uploading else request.POST.get("text", "")
    try:
        body = _parsed(text)
        actions.save_draft(actor, code, body, seen=seen)
    except (Conflict, Invalid) as refusal:
        problems = list(refusal.problems) or [Problem("", refusal.code, str(refusal))]
        return _editor(request, code, text, seen, problems, refusal.status)
    wrong = len(queries.mistakes(code, body))
    if wrong:
        messages.warning(request, _("草稿已保存。还有 %(n)d 处要改正，才能发布。") % {"n": wrong})
    else:
        messages.success(request, _("草稿已保存，检查都通过了。"))
    return HttpResponseRedirect(reverse("form-edit", args=[code]) + ("?checked=1" if wrong else ""))


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except RecursionError:
        line = 1
    except json.JSONDecodeError as error:
        line = error.lineno
    else:
        return body if isinstance(body, dict) else {}
    message = _("不是有效的 JSON，第 %(line)d 行写得不对。") % {"line": line}
    raise Invalid(message, problems=[Problem("text", "json", message)])


def _editor(
    request: HttpRequest, code: str, text: str, seen: int, problems: list[Problem], status: int = 200
) -> HttpResponse:
    context = {
        "code": code, "text": text, "seen": seen, "problems": problems, "draft": seen > 0, "sources": list(prefill_sources),
        "rows": min(60, max(20, text.count("\n") + 2)), "trail": SHELF.trail(code, code),
    }  # fmt: skip
    return render(request, "forms/edit.html", context, status=status)


@never_cache
@require_GET
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two versions side by side; for a draft, the last look before it is published."""
    actor = acting(request)
    versions = [row.version for row in queries.versions(actor, code)]
    draft = queries.draft(actor, code) if queries.may_see_drafts(actor) else None
    pair = asked_pair(request, versions, draft is not None)
    body = queries.body_of(actor, code, version_of(pair.newer))
    problems = queries.mistakes(code, body) if pair.of_draft else []
    changes = []
    if pair.older and not problems:
        changes = queries.changes(actor, code, version_of(pair.older), version_of(pair.newer))
    context = {
        "code": code, "title": body["title"], "pair": pair, "changes": changes, "problems": problems,
        "draft": draft if pair.of_draft else None, "first": not versions or bool(problems),
        "may_publish": allowed(actor, queries.PUBLISH), "may_write": allowed(actor, queries.WRITE),
        **SHELF.draft_links(code), "try_href": "" if problems else SHELF.href("preview", code),
        "trail": SHELF.trail(code, body["title"]) if versions else SHELF.trail(),
    }  # fmt: skip
    return render(request, "drafts/compare.html", context)


@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish the draft as it was seen. Applications that were begun keep their version."""
    actor = acting(request)
    draft = as_seen(request, queries.draft(actor, code))
    row = actions.publish(actor, code, draft.body)
    messages.success(request, _("已发布第 %(n)d 版，新的申请用它，填了一半的申请不变。") % {"n": row.version})
    return HttpResponseRedirect(reverse("form", args=[code]))


@require_POST
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Drop the draft."""
    actor = acting(request)
    actions.drop_draft(actor, code)
    messages.success(request, _("草稿已删掉。"))
    known = queries.versions(actor, code) if allowed(actor, queries.LIST) else []
    return HttpResponseRedirect(reverse("form", args=[code]) if known else reverse("forms"))


@never_cache
@require_GET
def file(request: HttpRequest, code: str) -> HttpResponse:
    """A version, or the draft, as a JSON file, to be edited elsewhere and uploaded again."""
    version = asked_version(request)
    body = queries.body_of(acting(request), code, version)
    label = "draft" if version is None else f"v{version}" if version else "newest"
    response = HttpResponse(readable_bytes(body), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{code}-{label}.json"'
    return response
