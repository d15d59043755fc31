"""Divisions and agencies."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yiwang.foundation.access.queries import Actor
from yiwang.packs import actions
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

LEVELS = ("province", "city", "county", "town", "village", "grid")


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _region(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    actions.put_region(
        actor, body["code"], body["name"], body["level"], parent=body.get("parent", ""), shape=body.get("shape"),
        since=_day(body.get("since")), until=_day(body.get("until")),
    )  # fmt: skip


def _agency(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    details = {name: body[name] for name in ("parent", "short_name", "uscc", "phone", "address") if name in body}
    actions.put_agency(actor, body["code"], body["name"], region=body["region"], posts=body.get("posts", []), **details)


REGIONS = Kind(
    "regions", "division", lambda body: str(body["code"]), by_schema("region"), _region,
    order=lambda body: LEVELS.index(body["level"]),
)  # fmt: skip
# An agency stands below its parent in the file; the parent's own file is read first when it sorts first.
AGENCIES = Kind("agencies", "agency", lambda body: str(body["code"]), by_schema("agency"), _agency)
