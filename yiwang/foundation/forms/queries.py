"""Reading forms, and what is known before anybody types."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, allowed, permission, require
from yiwang.foundation.drafts import queries as drafted
from yiwang.foundation.drafts.queries import Change, Draft
from yiwang.kernel.refusals import Missing, Problem

from . import body as bodies
from . import standard, telling
from .compiled import CompiledForm, Field, Option, Part
from .models import FormVersion
from .showing import ReviewPart, ReviewRow
from .slots import Prefilled, prefill_sources

__all__ = [
    "CompiledForm",
    "Field",
    "Option",
    "Part",
    "Prefilled",
    "ReviewPart",
    "ReviewRow",
    "elements",
    "forget_forms",
    "form",
    "prefill",
    "prefilled_from",
    "published_form",
]

# What a form asks is part of the guide that anybody may read before they apply.
READ = permission("forms.read", gettext_lazy("查看表单"), public=True)
LIST = permission("forms.list", gettext_lazy("查看表单清单和版本"))
WRITE = "forms.draft"
PUBLISH = "forms.publish"
DRAFT = "form"  # what drafts of forms are called among the drafts
LARGEST_LIST = 500
log = structlog.get_logger("yiwang.forms")

_lock = threading.Lock()
_forms: dict[tuple[str, int], CompiledForm] = {}
_fresh: set[UUID] = set()  # published by a transaction of this process that has not committed (and may never)
_LARGEST_CACHE = 2_000


def not_yet_committed(row: FormVersion) -> None:
    """Keep a version out of the memory of this process until its transaction has committed: if it is rolled back, another body
    may get the same number."""
    _fresh.add(row.id)
    transaction.on_commit(lambda: _fresh.discard(row.id))


def forget_forms() -> None:
    """Drop the compiled forms."""
    with _lock:
        _forms.clear()


def form(code: str, version: int = 0) -> CompiledForm:
    """A form, compiled: a given version costs no query once this process has it, the newest (0) costs one. Raises LookupError."""
    if version:
        compiled = _forms.get((code, version))
        if compiled is not None:
            return compiled
    else:
        newest = FormVersion.objects.filter(code=code).order_by("-version").values_list("version", flat=True).first()
        if newest is None:
            raise LookupError(f"there is no form {code!r}")
        return form(code, newest)
    row = FormVersion.objects.filter(code=code, version=version).first()
    if row is None:
        raise LookupError(f"there is no form {code!r} version {version}")
    compiled = CompiledForm(row.code, row.version, row.body)
    if row.id not in _fresh:
        with _lock:
            if len(_forms) >= _LARGEST_CACHE:
                _forms.clear()
            _forms[(code, version)] = compiled
    return compiled


def published_form(actor: Actor, code: str, version: int = 0) -> tuple[FormVersion, CompiledForm]:
    """A version of a form (the newest when 0) with its body, for anybody. Raises :class:`Missing`."""
    require(actor, permission=READ)
    rows = FormVersion.objects.filter(code=code).order_by("-version")
    row = (rows.filter(version=version) if version else rows).first()
    if row is None:
        raise Missing(_("没有这份表单，可能代码写错了。"))
    return row, form(row.code, row.version)


def may_see_drafts(actor: Actor) -> bool:
    """Whether the actor may write or publish forms."""
    return allowed(actor, WRITE) or allowed(actor, PUBLISH)


def listing(actor: Actor) -> tuple[list[FormVersion], list[Draft]]:
    """Every form in its newest version, by title, without bodies, and all drafts. Constant number of queries."""
    require(actor, permission=LIST, subject="list")
    newest = dict(
        FormVersion.objects.values_list("code").annotate(newest=Max("version")).order_by("code")[:LARGEST_LIST]
    )
    rows = FormVersion.objects.filter(version__in=set(newest.values())).defer("body").order_by("title", "code")
    drafts = drafted.drafts(DRAFT) if may_see_drafts(actor) else []
    return [row for row in rows if newest.get(row.code) == row.version], drafts


def versions(actor: Actor, code: str) -> list[FormVersion]:
    """All versions of a form, newest first, without bodies."""
    require(actor, permission=LIST, subject=f"form:{code}")
    return list(FormVersion.objects.filter(code=code).defer("body").order_by("-version")[:LARGEST_LIST])


def draft(actor: Actor, code: str) -> Draft | None:
    """The draft of a form, for those who may write or publish it."""
    require(actor, permission=PUBLISH if allowed(actor, PUBLISH) else WRITE, subject=f"form:{code}")
    return drafted.draft(DRAFT, code)


def body_of(actor: Actor, code: str, version: int | None) -> dict[str, Any]:
    """The body of a version (the newest when 0), or of the draft when None. Raises :class:`Missing`."""
    if version is not None:
        require(actor, permission=LIST, subject=f"form:{code}")
        return dict(published_form(actor, code, version)[0].body)
    found = draft(actor, code)
    if found is None:
        raise Missing(_("草稿已经不在了，可能刚刚发布或者被删掉。"))
    return dict(found.body)


def mistakes(code: str, body: Any) -> list[Problem]:
    """What keeps a body from being published. A body without mistakes is compiled, and each of its parts is laid out, on trial."""
    from .rendering import Asking, blocks

    body = standard.filled(body)
    problems = bodies.problems(code, body)
    if not problems:
        compiled = CompiledForm(code, 0, body)
        compiled.json_schema()
        for part in compiled.parts:
            blocks(Asking(compiled, part, {}, (), {}, {}))
    return problems


def changes(actor: Actor, code: str, older: int | None, newer: int | None) -> list[Change]:
    """What differs between two versions of a form; None is the draft, which must be whole. Raises :class:`Missing`."""
    before, after = (body_of(actor, code, version) for version in (older, newer))
    return drafted.changes(telling.lines(before), telling.lines(after))


def prefill(form: CompiledForm, actor: Actor, about: str = "") -> dict[str, Prefilled]:
    """What the plugged sources know for this form about whoever acts, by field name. Each source is asked once.

    ``about`` names what the form is for ("item:…").

    A source that fails must not keep anybody from applying, and a value that the form itself would refuse is left out, so that
    the person can type the right one; both are logged.
    """
    known: dict[str, dict[str, Prefilled]] = {}
    found = {}
    for field in form.fields.values():
        source, _dot, path = field.prefill.partition(".")
        if not source:
            continue
        if source not in known:
            known[source] = _values(source, actor, about)
        value = known[source].get(path)
        if value is None or value.value in (None, "", []):
            continue
        if not form.takes(field.name, value.value):
            log.warning("a prefilled value does not fit its field", form=form.code, field=field.name, source=source)
            continue
        found[field.name] = value
    return found


def _values(source: str, actor: Actor, about: str) -> dict[str, Prefilled]:
    plug = prefill_sources.get(source)
    if plug is None:
        log.warning("a prefill source is not plugged", source=source)
        return {}
    try:
        return plug.values(actor, about) if about else plug.values(actor)
    except Exception:  # whatever a register's plug raises: the form can be filled in by hand
        log.exception("a prefill source failed", source=source)
        return {}


def elements(code: str) -> set[str]:
    """The data elements of the standards library that the newest version of a form asks for. One query."""
    return standard.elements(code)


def prefilled_from(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Prefilled]:
    """Prefilled values out of plain JSON, as an application keeps them: {"name": {"value", "source", "as_of", "href"}}."""
    return {
        name: Prefilled(
            entry.get("value"),
            str(entry.get("source", "")),
            dt.date.fromisoformat(entry["as_of"]) if entry.get("as_of") else None,
            str(entry.get("href", "")),
        )
        for name, entry in kept.items()
    }
