"""The list of items as a table that open data can open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yiwang.data.opendata.slots import NodeTable, tables

from .queries import browse
from .standard import type_name


def _rows() -> Iterator[Mapping[str, Any]]:
    cursor = ""
    while True:
        page = browse(cursor=cursor, size=200)
        for item in page.items:
            yield {
                "code": item.code, "item_name": item.name, "agency": item.agency.name, "kind": str(type_name(item.type)), "online": bool(item.online),
            }  # fmt: skip
        cursor = page.next
        if not cursor:
            return


def plug() -> None:
    """Called once, when the room starts."""
    columns = {"code": "text", "item_name": "text", "agency": "text", "kind": "text", "online": "boolean"}
    tables.plug("service-items", NodeTable(columns, _rows))  # type: ignore[arg-type]
