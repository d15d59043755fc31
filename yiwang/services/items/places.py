"""Where the catalogue stands in search, in the menus and among the lists that staff export."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as later

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.desk.slots import Listing, listings
from yiwang.foundation.search.slots import Kind, WayOn, kinds, ways_on
from yiwang.web.slots import Place, citizen_places, staff_places

from .listing import KIND
from .queries import READ, staff_filter, staff_list
from .standard import type_name


def _held(request: HttpRequest) -> bool:
    actor = request.actor  # type: ignore[attr-defined]  # set by access
    return any(held.allows(READ) for held in actor.held)


def _rows(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    cursor, wanted = "", staff_filter(filters)
    while True:
        page = staff_list(actor, wanted, cursor=cursor, size=200)
        for item in page.items:
            yield (
                item.code, item.name, item.group, item.agency.name, type_name(item.type), item.get_state_display(),
                item.current.number if item.current else "", item.current.published_at if item.current else "",
                " ".join(doubt["message"] for doubt in item.doubts),
            )  # fmt: skip
        cursor = page.next
        if not cursor:
            return


def plug() -> None:
    """Called once, when the room starts."""
    kinds.plug(KIND, Kind(later("办事指南"), "file-text", lambda code: reverse("item", args=[code]), "items/hit.html"))
    ways_on.plug("items", WayOn(later("按主题、部门、拼音一个个看"), "list-details", "items"))
    citizen_places.plug("items", Place(later("办事"), "items", "list-details", 10))
    staff_places.plug("items", Place(later("事项管理"), "desk-items", "list-check", 110, later("事项"), _held))
    header = (
        later("事项编码"), later("事项名称"), later("主项"), later("部门"), later("事项类型"), later("状态"), later("现行版"), later("发布时间"), later("疑点"),
    )  # fmt: skip
    listings.plug("items", Listing(later("事项清单"), "desk-items", header, _rows))
