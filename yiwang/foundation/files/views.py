"""Handing out files, and the page 我的材料."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import acting
from yiwang.kernel.refusals import Invalid, Problem, TooLarge

from . import actions, queries
from .inspection.kinds import INLINE, SUFFIXES
from .models import Material, StoredFile
from .slots import material_kinds

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; sandbox"


def as_response(file: StoredFile, content: Iterator[bytes], *, attached: bool = False) -> StreamingHttpResponse:
    """A response that hands out ``content``: shown in the page for pictures and PDF, else offered for saving.

    What was uploaded never runs as a page of this node: the type is not guessed, and the policy allows nothing and sandboxes
    what is left (browsers open their PDF reader all the same).
    """
    inline = file.media_type in INLINE and not attached
    response = StreamingHttpResponse(content, content_type=file.media_type)
    response["Content-Security-Policy"] = _POLICY
    response["Content-Disposition"] = content_disposition_header(not inline, file.name) or "attachment"
    response["Content-Length"] = str(file.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "SAMEORIGIN"  # a desk shows a material beside the form
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
def download(request: HttpRequest, file_id: UUID) -> StreamingHttpResponse:
    """One file, to those who may read it. ``?save=1`` offers it for saving whatever it is."""
    file, content = queries.open_file(acting(request), file_id)
    return as_response(file, content, attached="save" in request.GET)


@require_GET
def materials(request: HttpRequest) -> HttpResponse:
    """The library of the party acted for."""
    kind = request.GET.get("kind", "")
    everything = queries.library(acting(request))
    shown = [material for material in everything if not kind or material.kind == kind]
    held = {material.kind for material in everything}
    tabs = [{"name": _("全部"), "href": "?", "current": not kind, "count": len(everything)}]
    tabs += [
        {
            "name": name,
            "href": f"?kind={code}",
            "current": code == kind,
            "count": sum(1 for material in everything if material.kind == code),
        }
        for code, name in material_kinds.items()
        if code in held or code == kind
    ]
    today = timezone.localdate()
    rows = [
        {
            "material": material,
            "kind": queries.kind_name(material.kind),
            "expired": material.valid_until is not None and material.valid_until < today,
        }
        for material in shown
    ]
    return render(request, "files/materials.html", {"rows": rows, "tabs": tabs if len(held) > 1 else [], "kind": kind})


def _form(request: HttpRequest, template: str, problems: tuple[Problem, ...], **context: Any) -> HttpResponse:
    context |= {
        "problems": problems,
        "kinds": material_kinds.items(),
        "accept": ",".join(sorted(SUFFIXES)),
        "limit_mb": environment.upload_limit_mb,
        "trail": [(_("我的材料"), reverse("my-materials"))],
    }
    status = 200
    if problems:
        status = 413 if any(problem.rule == "too-large" for problem in problems) else 422
    return render(request, template, context, status=status)


def _date(text: str) -> dt.date | None:
    """A date out of a date field. Raises :class:`Invalid`, naming the field."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        message = _("有效期的日期不对，请按“2027-03-31”的样子填写。")
        raise Invalid(message, problems=[Problem("valid_until", "date", message)]) from None


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Upload one material."""
    actor = acting(request)
    queries.library(actor)  # whoever has no library is told so before choosing a file
    values = {name: request.POST.get(name, "") for name in ("title", "kind", "valid_until")}
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            material = actions.add_material(
                actor,
                name=(upload.name if upload else "") or "",
                content=cast(Any, upload),
                kind=values["kind"],
                title=values["title"],
                valid_until=_date(values["valid_until"]),
            )
        except (Invalid, TooLarge) as refusal:
            problems = refusal.problems or (Problem("", refusal.code, str(refusal)),)
        else:
            messages.success(request, _("“%(title)s”已存入您的材料库。") % {"title": material.title})
            return redirect("my-materials")
    return _form(request, "files/add.html", problems, values=values)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, material_id: UUID) -> HttpResponse:
    """Rename a material, or remove it."""
    actor = acting(request)
    material = queries.material(actor, material_id)
    values = {
        "title": request.POST.get("title", material.title),
        "kind": request.POST.get("kind", material.kind),
        "valid_until": request.POST.get(
            "valid_until", material.valid_until.isoformat() if material.valid_until else ""
        ),
    }
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            actions.change_material(
                actor, material_id, title=values["title"], kind=values["kind"], valid_until=_date(values["valid_until"])
            )
        except Invalid as refusal:
            problems = refusal.problems
        else:
            messages.success(request, _("已保存。"))
            return redirect("my-materials")
    return _form(request, "files/change.html", problems, values=values, material=material)


@require_POST
def remove(request: HttpRequest, material_id: UUID) -> HttpResponse:
    """Take a material out of the library."""
    actor = acting(request)
    material: Material = queries.material(actor, material_id)
    actions.remove_from_library(actor, material_id)
    messages.success(request, _("“%(title)s”已移出材料库。已经交给办件的不受影响。") % {"title": material.title})
    return redirect("my-materials")
