"""Fields that refer to the standards library: ``codes`` gives their options, ``element`` says what they mean. Private to this room.

A published form is never changed afterwards, so the options are written into the body when it is published: a code set that
changes later shows in the next version of the form.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.foundation.standards import queries as standards
from yiwang.foundation.standards.slots import Use
from yiwang.kernel.refusals import Missing, Problem

from .models import FormVersion

MOST_OPTIONS = 500
_TYPES = {
    "identity": "identity_number",
    "phone": "phone",
    "uscc": "uscc",
    "date": "date",
    "money": "money",
    "region": "region",
}


def _fields(body: Any) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(place, field, its schema) for every field and column that is whole enough to be looked at."""
    try:
        parts, properties = body["layout"]["parts"], body["schema"]["properties"]
        for index, part in enumerate(parts):
            for number, field in enumerate(part["fields"]):
                schema = properties.get(field["name"], {})
                yield f"layout.parts.{index}.fields.{number}", field, schema
                rows = schema.get("items", {}).get("properties", {})
                for place, column in enumerate(field.get("columns", ())):
                    yield f"layout.parts.{index}.fields.{number}.columns.{place}", column, rows.get(column["name"], {})
    except (KeyError, TypeError, AttributeError):
        return


def _chosen_from(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if field.get("widget") != "choices":
        return schema
    items: dict[str, Any] = schema.setdefault("items", {"type": "string"})
    return items


def filled(body: dict[str, Any]) -> dict[str, Any]:
    """``body`` with the options of its code sets written in; the very body when no field names one, or one that is not there."""
    if not any(field.get("codes") for _place, field, _schema in _fields(body)):
        return body
    made = copy.deepcopy(body)
    for _place, field, schema in _fields(made):
        if not isinstance(field.get("codes"), str) or not isinstance(schema, dict):
            continue
        try:
            known = standards.codes(field["codes"]).current()
        except Missing:
            continue
        target = _chosen_from(field, schema)
        if known and len(known) <= MOST_OPTIONS and not target.keys() & {"enum", "oneOf"}:
            target["oneOf"] = [{"const": code, "title": name} for code, name in known.items()]
    return made


def problems(body: Any) -> Iterator[Problem]:
    """Code sets and elements that the library does not have, and options that a code set does not have."""
    for place, field, schema in _fields(body):
        if field.get("element"):
            try:
                standards.element(field["element"])
            except Missing as missing:
                yield Problem(f"{place}.element", "reference", str(missing))
        if not field.get("codes"):
            continue
        try:
            known = standards.codes(field["codes"])
        except Missing as missing:
            yield Problem(f"{place}.codes", "reference", str(missing))
            continue
        target = _chosen_from(field, schema)
        options = target.get("oneOf") or [{"const": value} for value in target.get("enum", ())]
        strange = [
            str(option.get("const"))
            for option in options
            if isinstance(option, dict) and option.get("const") not in known
        ]
        if strange and not known.regions:
            message = _("“%(label)s”的选项 %(codes)s 不在代码集“%(set)s”里。")
            yield Problem(
                f"{place}.codes",
                "choice",
                message % {"label": field.get("label", ""), "codes": "、".join(strange[:5]), "set": known.name},
            )


def uses(code: str) -> Iterator[Use]:
    """The fields of forms, in their newest versions, that name an element or a code set; ``code`` "" is all of them."""
    seen: set[str] = set()
    for row in FormVersion.objects.order_by("code", "-version").iterator(chunk_size=200):
        if row.code in seen:
            continue
        seen.add(row.code)
        for _place, field, schema in _fields(row.body):
            element, codes = field.get("element", ""), field.get("codes", "")
            if not (element or codes) or (code and code not in (element, codes)):
                continue
            kind = "code" if codes else _TYPES.get(field["widget"], "")
            yield Use(
                row.title, reverse("form", args=[row.code]), field["name"], field["label"], element, codes, kind,
                schema.get("maxLength", 0) if not codes else 0,
            )  # fmt: skip


def elements(code: str) -> set[str]:
    """The elements that the newest version of one form asks for."""
    row = FormVersion.objects.filter(code=code).order_by("-version").first()
    return {field["element"] for _place, field, _schema in _fields(row.body) if field.get("element")} if row else set()
