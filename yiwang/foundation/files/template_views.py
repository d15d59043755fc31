"""Document templates for staff: list, edit, preview, compare, publish."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import NODE, acting, allowed
from yiwang.kernel.refusals import Conflict, Invalid, Problem

from . import actions, queries


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every document template."""
    return render(request, "files/templates.html", {"rows": queries.templates(acting(request))})


@require_http_methods(["GET", "POST"])
def template(request: HttpRequest, code: str) -> HttpResponse:
    """One template: its source to edit; the button decides between a preview and publishing."""
    actor = acting(request)
    found = queries.template(actor, code)
    source, note = request.POST.get("source", found.source), request.POST.get("note", "")
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            if request.POST.get("do") == "preview":
                return _pdf(queries.preview_template(actor, code, source))
            made = actions.publish_template(actor, code, source, note)
        except (Invalid, Conflict) as refusal:
            problems = refusal.problems or (Problem("source", refusal.code, str(refusal)),)
        else:
            messages.success(request, _("已发布第 %(n)d 版，以后的文书都用它。") % {"n": made.version})
            return redirect("desk-template", code=code)
    context = {
        "found": found, "source": source, "note": note, "problems": problems,
        "may_publish": allowed(actor, "files.publish-template", NODE),
        "trail": [(_("文书模板"), reverse("desk-templates"))],
    }  # fmt: skip
    return render(request, "files/template.html", context, status=422 if problems else 200)


@require_GET
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A version with sample data, as a PDF."""
    return _pdf(queries.preview_template(acting(request), code, version=number))


@require_GET
def compare(request: HttpRequest, code: str, one: int, other: int) -> HttpResponse:
    """What differs between two versions."""
    actor = acting(request)
    found = queries.template(actor, code)
    context = {
        "found": found, "one": one, "other": other, "lines": queries.compare_templates(actor, code, one, other),
        "trail": [
            (_("文书模板"), reverse("desk-templates")), (found.name, reverse("desk-template", args=[code])),
        ],
    }  # fmt: skip
    return render(request, "files/template_compare.html", context)


def _pdf(content: bytes) -> HttpResponse:
    headers = {"Content-Disposition": 'inline; filename="preview.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
