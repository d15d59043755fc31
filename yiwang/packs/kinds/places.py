"""Divisions and agencies."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.establishment import actions as establishment
from yiwang.foundation.orgs.queries import Agency
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

LEVELS = ("province", "city", "county", "town", "village", "grid")


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _region(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    establishment.put_region(
        actor, body["code"], body["name"], body["level"], parent=body.get("parent", ""), shape=body.get("shape"),
        since=_day(body.get("since")), until=_day(body.get("until")),
    )  # fmt: skip


def _agency(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    details: dict[str, Any] = {
        name: body[name] for name in ("parent", "short_name", "uscc", "phone", "address") if name in body
    }
    details |= {"region": body["region"], "posts": body.get("posts", []), "since": _day(body.get("since"))}
    code: str = body["code"]
    former: list[dict[str, str]] = body.get("formerly", [])
    if former and not Agency.objects.filter(code=code).exists():  # its history is told once, when it is entered
        first, *later = [*former, {"name": body["name"], "short_name": body.get("short_name", "")}]
        begun = details | {"short_name": first.get("short_name", "")}
        establishment.put_agency(actor, code, first["name"], **begun)
        for old, new in zip(former, later, strict=True):
            establishment.rename_agency(
                actor, code, new["name"], on=dt.date.fromisoformat(old["until"]), basis=old["basis"],
                short_name=new.get("short_name", ""),
            )  # fmt: skip
    establishment.put_agency(actor, code, body["name"], **details)
    if (merged := body.get("merged")) and Agency.objects.filter(code=code, until=None).exists():
        on = dt.date.fromisoformat(merged["on"])
        establishment.merge_agency(actor, code, merged["into"], on=on, basis=merged["basis"])


REGIONS = Kind(
    "regions", "division", lambda body: str(body["code"]), by_schema("region"), _region,
    order=lambda body: LEVELS.index(body["level"]), fixed=True,
)  # fmt: skip
# An agency stands below its parent in the file; the parent's own file is read first when it sorts first.
AGENCIES = Kind("agencies", "agency", lambda body: str(body["code"]), by_schema("agency"), _agency, fixed=True)
