"""The columns of the lists: which there are, which are shown at first, and which the address asks for (``col``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .common import Row


def _task(row: Row) -> Any:
    assert row.task is not None, "a row of the queue has a task"
    return row.task


def _day(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if value else "—"


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%m-%d %H:%M}" if value else "—"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``css`` are its classes; the clock is drawn by the template and has no ``text``. ``first``: shown unless told otherwise."""

    code: str
    label: Any
    text: Callable[[Row], object] = lambda row: ""
    css: str = ""
    first: bool = True


_TITLE = Column("title", gettext_lazy("标题"), lambda row: row.case.title, "cell-title")
_TYPE = Column("type", gettext_lazy("事项"), lambda row: row.case.type_name, first=False)
_WHO = Column("applicant", gettext_lazy("申请人"), lambda row: row.applicant or "—")
_CLOCK = Column("clock", gettext_lazy("时限"))
_DUE = Column("due", gettext_lazy("到期日"), lambda row: _day(row.case.due_on), "nowrap", first=False)
_CHANNEL = Column("channel", gettext_lazy("渠道"), lambda row: row.case.channel, "nowrap", first=False)

QUEUE = (
    _TITLE, _TYPE, _WHO,
    Column("step", gettext_lazy("环节"), lambda row: _task(row).name, "nowrap"),
    _CLOCK, _DUE,
    Column("arrived", gettext_lazy("到达"), lambda row: _moment(_task(row).created_at), "nowrap less"),
    Column("assignee", gettext_lazy("谁认领了"), lambda row: _task(row).assignee or _("还没人")),
    _CHANNEL,
)  # fmt: skip
CASES = (
    _TITLE, _TYPE, _WHO,
    Column("agency", gettext_lazy("办理单位"), lambda row: row.case.agency),
    Column("stage", gettext_lazy("进展"), lambda row: row.case.stage),
    _CLOCK, _DUE,
    Column("opened", gettext_lazy("收件"), lambda row: _day(timezone.localtime(row.case.created_at)), "nowrap less"),
    Column("closed", gettext_lazy("办结"), lambda row: _moment(row.case.closed_at), "nowrap", first=False),
    _CHANNEL,
)  # fmt: skip


def chosen(columns: Sequence[Column], address: QueryDict) -> list[Column]:
    """The columns that the address asks for, in their own order; those shown at first when it asks for none that exist."""
    wanted = set(address.getlist("col"))
    return [column for column in columns if column.code in wanted] or [column for column in columns if column.first]


def cells(shown: Sequence[Column], rows: Sequence[Row]) -> list[tuple[Row, list[tuple[Column, object]]]]:
    """Each row with the text of each of its cells."""
    return [(row, [(column, column.text(row)) for column in shown]) for row in rows]
