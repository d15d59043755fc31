"""Lists as files for a spreadsheet: UTF-8 with a mark so that it opens in Chinese, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from itertools import islice

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.sheets import harmless

from .slots import listings

MOST = 5000  # rows in one file
_LONGEST_NUMBER = 15  # digits that a spreadsheet keeps


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file ready to be handed out. ``cut`` says that the list has more rows than one file takes."""

    name: str
    content: bytes
    rows: int
    cut: bool


def cell(value: object) -> str:
    """A value as a cell that is shown as it is: formulas are defused, long numbers kept from being rounded."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    text = str(value)
    if isinstance(value, (int, dt.date)):
        return text
    if text.isascii() and text.isdigit() and len(text) > _LONGEST_NUMBER:
        return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
    return harmless(text)


def sheet(actor: Actor, listing: str, filters: str, purpose: str) -> Sheet:
    """The rows of a list as CSV; the last lines say who took them, when, why and with which filters."""
    plug = listings[listing]
    found = list(islice(plug.rows(actor, QueryDict(filters)), MOST + 1))
    cut = len(found) > MOST
    found = found[:MOST]
    now = timezone.localtime()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(str(name)) for name in plug.header])
    writer.writerows([cell(value) for value in row] for row in found)
    writer.writerow([])
    writer.writerow([_("导出人"), cell(actor.name)])
    writer.writerow([_("导出时间"), f"{now:%Y-%m-%d %H:%M}"])
    writer.writerow([_("用途"), cell(purpose)])
    writer.writerow([_("筛选条件"), cell(_words(filters))])
    writer.writerow([_("行数"), str(len(found)), _("超过一次能导出的行数，后面的没有导出") if cut else ""])
    name = f"{plug.title}-{now:%Y%m%d-%H%M}.csv"
    return Sheet(name, b"\xef\xbb\xbf" + out.getvalue().encode(), len(found), cut)


def _words(filters: str) -> str:
    chosen = [f"{name}={value}" for name, values in QueryDict(filters).lists() for value in values if value]
    return "；".join(chosen) or _("没有筛选")
