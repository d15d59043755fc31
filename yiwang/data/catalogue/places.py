"""Where the catalogue stands in search, in the menus, among the cases, the exports and the users of the standards library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as later

from yiwang.foundation.access.queries import Actor, acting
from yiwang.foundation.cases import slots as case_slots
from yiwang.foundation.desk.slots import Listing, listings
from yiwang.foundation.search.slots import Kind, WayOn, kinds, ways_on
from yiwang.foundation.standards.slots import User, users
from yiwang.web.slots import Place, staff_places

from . import panels, queries
from .bodies import OPENS, SHARES
from .flows import FLOWS
from .listing import KIND
from .permissions import FIGURES, READ
from .uses import uses
from .wording import code_name


def _held(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: any(held.allows(permission) for held in acting(request).held)


def _resources(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    for entry in queries.every(actor, queries.wanted_of(filters)):
        yield (
            entry.code, entry.name, entry.provider.name, entry.provider.uscc, SHARES.get(entry.share, ""), OPENS.get(entry.open, ""),
            code_name("update_period", entry.update_period), entry.fields, entry.level, entry.get_state_display(), entry.rows,
            entry.as_of, entry.get_freshness_display(),
        )  # fmt: skip


def _demands(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    for each in queries.every_demand(actor, queries.demand_filter(filters)):
        yield (
            each.title, each.wanted, each.agency.name, each.provider.name, each.why, each.basis, each.due_on, each.get_state_display(),
            each.answer, each.answer_basis, each.entry.code if each.entry else "", each.grade, each.created_at, each.answered_at,
        )  # fmt: skip


def _responsibilities(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    found: Any = queries.responsibility_list(actor, agency=filters.get("agency", ""), state=filters.get("state", ""))
    for row in found:
        yield (
            row.agency.name if row.agency else "", row.name, row.element, row.entry.code if row.entry else "",
            row.entry.name if row.entry else "", row.duty.basis if row.duty else "", len(row.needs),
        )  # fmt: skip


def _refusals(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    for row in queries.negative_list(actor, agency=filters.get("agency", "")):
        yield row.entry.provider.name, row.entry.code, row.entry.name, row.field, row.reason


def _listings() -> None:
    listings.plug(
        "resources",
        Listing(
            later("政务信息资源目录"), "desk-resources",
            (later("信息资源代码"), later("信息资源名称"), later("提供方"), later("提供方代码"), later("共享类型"), later("开放类型"),
             later("更新周期"), later("信息项数"), later("级别"), later("状态"), later("数据量"), later("数据日期"), later("更新情况")),
            _resources,
        ),
    )  # fmt: skip
    listings.plug(
        "demands",
        Listing(
            later("数据需求清单"), "desk-demands",
            (later("需要什么数据"), later("信息项"), later("需求单位"), later("提供单位"), later("用途"), later("依据"), later("需要日期"),
             later("状态"), later("答复"), later("不予提供的依据"), later("信息资源代码"), later("满意度"), later("提出时间"), later("答复时间")),
            _demands,
        ),
    )  # fmt: skip
    listings.plug(
        "responsibilities",
        Listing(
            later("数据责任清单"), "desk-responsibilities",
            (later("责任单位"), later("数据元"), later("数据元代码"), later("信息资源代码"), later("信息资源名称"), later("依据"), later("需要的事项数")),
            _responsibilities,
        ),
    )  # fmt: skip
    listings.plug(
        "negative-list",
        Listing(
            later("不予共享负面清单"), "desk-negative-list",
            (later("提供单位"), later("信息资源代码"), later("信息资源名称"), later("信息项"), later("依据")), _refusals,
        ),
    )  # fmt: skip


def plug() -> None:
    """Called once, when the room starts."""
    for flow in FLOWS:
        case_slots.kinds.plug(flow.code, flow)
    panels.plug()
    users.plug("catalogue", User(later("信息资源"), uses))
    kinds.plug(KIND, Kind(later("公开数据"), "database", lambda code: reverse("open-resource", args=[code])))
    ways_on.plug("catalogue", WayOn(later("看看政府有哪些公开的数据"), "database", "open-catalogue"))
    group = later("数据")
    staff_places.plug("resources", Place(later("资源目录"), "desk-resources", "database", 300, group, _held(READ)))
    staff_places.plug("demands", Place(later("数据需求"), "desk-demands", "arrows-exchange", 305, group, _held(READ)))
    staff_places.plug(
        "duties", Place(later("责任和负面清单"), "desk-responsibilities", "list-check", 310, group, _held(READ))
    )
    staff_places.plug(
        "catalogue-figures", Place(later("目录统计"), "desk-catalogue-figures", "chart-bar", 315, group, _held(FIGURES))
    )
    _listings()
