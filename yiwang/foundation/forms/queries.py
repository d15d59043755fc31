"""Reading forms, and what is known before anybody types."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, permission, require
from yiwang.kernel.refusals import Missing

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
    "forget_forms",
    "form",
    "prefill",
    "prefilled_from",
    "published_form",
]

# What a form asks is part of the guide that anybody may read before they apply.
READ = permission("forms.read", gettext_lazy("查看表单"), public=True)
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


def prefill(form: CompiledForm, actor: Actor) -> dict[str, Prefilled]:
    """What the plugged sources know for this form about whoever acts, by field name. Each source is asked once.

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
            known[source] = _values(source, actor)
        value = known[source].get(path)
        if value is None or value.value in (None, "", []):
            continue
        if not form.takes(field.name, value.value):
            log.warning("a prefilled value does not fit its field", form=form.code, field=field.name, source=source)
            continue
        found[field.name] = value
    return found


def _values(source: str, actor: Actor) -> dict[str, Prefilled]:
    plug = prefill_sources.get(source)
    if plug is None:
        log.warning("a prefill source is not plugged", source=source)
        return {}
    try:
        return plug.values(actor)
    except Exception:  # whatever a register's plug raises: the form can be filled in by hand
        log.exception("a prefill source failed", source=source)
        return {}


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
