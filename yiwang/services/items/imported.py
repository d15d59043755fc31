"""Lists that were taken over: how far they are, and the rows about which there is doubt."""

from __future__ import annotations

import csv
import io
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, permission, require
from yiwang.foundation.files.queries import read_bytes
from yiwang.kernel.refusals import Missing

from .models import ItemImport

READ = permission("items.read_imports", gettext_lazy("查看事项清单的导入"))
SHOWN = 20
ROWS = 100  # doubtful rows on a page


def imports(actor: Actor) -> list[ItemImport]:
    """The last lists that were read, newest first."""
    require(actor, NODE, READ, subject="imports")
    return list(ItemImport.objects.order_by("-created_at")[:SHOWN])


def import_of(actor: Actor, import_id: UUID) -> ItemImport:
    """One list. Raises Missing."""
    require(actor, NODE, READ, subject=f"import:{import_id}")
    found = ItemImport.objects.filter(id=import_id).first()
    if found is None:
        raise Missing(_("没有这次导入。"))
    return found


def report(found: ItemImport) -> bytes:
    """The doubtful rows as CSV (UTF-8 with BOM). Raises Missing while there are none to read."""
    if found.report_id is None:
        raise Missing(_("这次导入没有可以下载的报告。"))
    return read_bytes(found.report_id)


def doubtful_rows(found: ItemImport, first: int = 0) -> tuple[list[dict[str, str]], int]:
    """A page of the rows with doubts, from the ``first`` on, and how many there are in all."""
    if found.report_id is None:
        return [], 0
    rows = list(csv.DictReader(io.StringIO(report(found).decode("utf-8-sig"), newline="")))
    return rows[first : first + ROWS], len(rows)
