"""Pages of a list by keyset: constant cost at any depth, stable while rows are added."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from .refusals import Invalid, Problem

T = TypeVar("T")
M = TypeVar("M", bound=Model)

LARGEST = 200
NEAR = 1_000  # rows of a list that are read for what is sought before its index is asked


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: its rows and the opaque cursor of the next one (empty at the end)."""

    items: list[T]
    next: str = ""


def _encode(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(v) for v in values]).encode()).decode().rstrip("=")


def _decode(cursor: str, count: int) -> list[str]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(values, list) and len(values) == count and all(isinstance(v, str) for v in values):
            return values
    except (ValueError, binascii.Error, UnicodeDecodeError, RecursionError):
        pass
    raise Invalid(_("翻页位置无效，请从第一页重新开始。"), problems=[Problem("cursor", "format", _("翻页位置无效"))])


@dataclass(frozen=True, slots=True)
class Sought:
    """A condition of which nobody knows beforehand whether it holds for most rows or for few, said in two ways.

    What holds for many fills a page from the next rows of the list, read one by one (``read``); what holds for few is found by an index
    of its own (``indexed``), whose findings are put in order. A store that must choose between the two guesses, and guesses wrong for a
    phrase whose words always come together.
    """

    read: Q
    indexed: Q


def page(
    rows: QuerySet[M], *, order: Sequence[str], cursor: str = "", size: int = 50, sought: Sought | None = None
) -> Page[M]:
    """One page of ``rows`` in ``order``, of those that are ``sought``; one query, or two with ``sought``.

    ``order`` names fields, "-" for descending; none may hold nulls and the last must be unique. All fields must point
    the same way. ``size`` is cut to 1 … 200. Raises :class:`Invalid` for a cursor that this function did not make.
    """
    size = max(1, min(size, LARGEST))
    names = [name.lstrip("-") for name in order]
    step = "lt" if order[0].startswith("-") else "gt"
    if cursor:
        values = _decode(cursor, len(names))
        after = Q()
        for index, name in enumerate(names):
            same = {names[i]: values[i] for i in range(index)}
            after |= Q(**same, **{f"{name}__{step}": values[index]})
        try:
            rows = rows.filter(after)
        except (ValueError, TypeError) as error:
            raise Invalid(_("翻页位置无效，请从第一页重新开始。")) from error
        except Exception as error:  # Django raises ValidationError for a malformed date or UUID
            if type(error).__name__ != "ValidationError":
                raise
            raise Invalid(_("翻页位置无效，请从第一页重新开始。")) from error
    rows = rows.order_by(*order)
    if sought is None:
        found = list(rows[: size + 1])
    else:
        found = list(rows.filter(sought.read, pk__in=rows.values("pk")[:NEAR])[: size + 1])
        if len(found) <= size:
            found = list(rows.filter(sought.indexed)[: size + 1])
    if len(found) <= size:
        return Page(found)
    last = found[size - 1]

    def value(name: str) -> Any:
        part: Any = last
        for attribute in name.split("__"):
            part = getattr(part, attribute)
        return part

    return Page(found[:size], _encode([value(name) for name in names]))
