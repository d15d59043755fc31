"""What the workbench shows of an application for data, and the form on which its provider settles the terms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.protection.queries import NAMES as MASKS
from yiwang.data.protection.queries import chosen, possible
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.desk.slots import OutcomeForm, Panel
from yiwang.kernel.refusals import Invalid, Problem

from . import actions
from .kind import request_of
from .modes import NAMES


def _fields(names: list[str], code: str, masks: dict[str, str]) -> list[dict[str, Any]]:
    found = catalogue.resource(code)
    return [
        {
            "field": field, "mask": masks.get(field.name) or chosen(field), "words": MASKS[masks.get(field.name) or chosen(field)],
            "name": f"mask.{field.name}", "options": [(mask, MASKS[mask]) for mask in possible(field)],
        }
        for field in found.fields
        if field.name in set(names)
    ]  # fmt: skip


def _context(actor: Actor, case: Case) -> dict[str, Any]:
    request = request_of(case)
    terms = request.terms
    return {
        "wish": request, "modes_wanted": [NAMES[mode] for mode in request.modes], "agreed": terms,
        "fields": _fields(terms.get("fields") or request.fields, request.resource, terms.get("masks", {})),
        "modes_agreed": [NAMES[mode] for mode in terms.get("modes", [])],
    }  # fmt: skip


def _terms_context(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    request = request_of(case)
    return {
        "wish": request, "fields": _fields(request.fields, request.resource, {}),
        "modes": [(mode, NAMES[mode]) for mode in request.modes],
    }  # fmt: skip


def terms_of(post: QueryDict) -> actions.Terms:
    """The terms that were typed. Raises :class:`Invalid` for what is no number or no day."""
    problems = []

    def number(name: str) -> int:
        text = post.get(name, "").strip() or "0"
        if not text.isdecimal() or len(text) > 9:
            problems.append(Problem(name, "format", _("请填写整数")))
            return 0
        return int(text)

    per_day, cache = number("per_day"), number("cache")
    try:
        until = dt.date.fromisoformat(post.get("until", ""))
    except ValueError:
        until = None
        problems.append(Problem("until", "format", _("请填写日期")))
    if problems:
        raise Invalid(_("审核没有提交，请改好标出的地方。"), problems=problems)
    masks = {name.removeprefix("mask."): str(value) for name, value in post.items() if name.startswith("mask.")}
    return actions.Terms(post.getlist("fields"), masks, post.getlist("modes"), per_day, until, cache)


def _agree(actor: Actor, task: Task, post: QueryDict) -> object:
    return actions.decide(actor, task.id, terms_of(post), str(post.get("opinion", "")))


PANEL = Panel(
    "sharing/panel.html", _context, outcome_forms={"provide.agree": OutcomeForm("sharing/terms.html", _agree, _terms_context)},
    styles=("sharing/sharing.css",),
)  # fmt: skip
