"""Whether the form, procedure, decision table and licence type that a body names are there. Asked when an item is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue.slots import Need, needs
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.forms import queries as forms
from yiwang.foundation.licences import queries as licences
from yiwang.foundation.rules import queries as rules

from .models import Item
from .slots import parts


def _known(find: Callable[[str], object], missing: Any) -> Callable[[str], str]:
    def exists(code: str) -> str:
        try:
            find(code)
        except LookupError:
            return str(missing % {"code": code})
        return ""

    return exists


def _needs() -> Iterator[Need]:
    """The elements that the forms of published items ask for: what they need of other agencies' data."""
    by_form: dict[str, set[str]] = {}
    rows = (
        Item.objects.filter(listed=True, online=True)
        .select_related("current")
        .only("code", "name", "agency_id", "current__body")
    )
    for item in rows.iterator(chunk_size=200):
        form = item.current.body.get("form", "") if item.current else ""
        if form:
            for element in sorted(by_form.setdefault(form, forms.elements(form))):
                yield Need(element, item.name, item.agency_id, reverse("desk-item", args=[item.code]))


def plug() -> None:
    """Called once, when the room starts."""
    needs.plug("items", _needs)
    parts.plug("form", _known(forms.form, gettext_lazy("没有代码为“%(code)s”的表单，请先发布表单。")))
    parts.plug("procedure", _known(cases.procedure, gettext_lazy("没有代码为“%(code)s”的流程，请先发布流程。")))
    parts.plug("decision", _known(rules.version_row, gettext_lazy("没有代码为“%(code)s”的决策表，请先发布决策表。")))
    parts.plug("licence", licences.type_problem)
