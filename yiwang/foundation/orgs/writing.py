"""What the modules of this front door share. Private to this room."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, NoReturn

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem

Change = Literal["new", "changed", "same"]


def refuse(field: str, rule: str, message: str) -> NoReturn:
    raise Invalid(message, problems=[Problem(field, rule, message)])


def write(row: Any, values: dict[str, Any], *, new: bool) -> Change:
    """Set ``values`` on ``row`` and save it if anything differs."""
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    if new:
        row.save(force_insert=True)
        return "new"
    if different:
        row.save(update_fields=different)
        return "changed"
    return "same"


def check_change(last: Any, on: dt.date, basis: str) -> None:
    """Refuse a change that lies in the future, before the last one, or that names no document."""
    if on > timezone.localdate():
        refuse("on", "future", _("生效日期不能晚于今天，请在生效当天办理。"))
    if last is not None and last.since is not None and on < last.since:
        refuse(
            "on", "order",
            _("生效日期不能早于上一次变更（%(day)s）。") % {"day": last.since.isoformat()},
        )  # fmt: skip
    if not 4 <= len(basis.strip()) <= 200:
        refuse("basis", "required", _("请写明依据的文件名称和文号，4 至 200 个字。"))
