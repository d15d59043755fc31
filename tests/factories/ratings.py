"""Closed cases and ratings of them."""

from __future__ import annotations

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case
from yiwang.foundation.ratings.actions import rate
from yiwang.foundation.ratings.contacts import CASE
from yiwang.foundation.ratings.models import Rating

from .cases import open_permit, open_task
from .people import citizen, official

SUPERVISOR = [
    "cases.read", "cases.complete", "cases.claim", "cases.release", "ratings.figures", "ratings.identify",
]  # fmt: skip


def closed_case(actor: Actor, by: Actor, *, title: str = "食品经营许可核发", code: str = "food_permit") -> Case:
    """A case of ``actor`` that ``by``, a window clerk, has decided."""
    case = open_permit(actor, title=title, code=code)
    actions.complete(by, open_task(case, "accept").id, "refuse", "不属于本机关职权范围")
    case.refresh_from_db()
    return case


def rated(
    by: Actor, grade: int, *, title: str = "食品经营许可核发", code: str = "food_permit", channel: str = "pc"
) -> Rating:
    """What some citizen said of a case that ``by`` decided."""
    person = citizen()
    return rate(person, CASE, closed_case(person, by, title=title, code=code).number, grade, channel=channel)


def service_supervisor() -> Actor:
    """Who looks into bad ratings in the market authority."""
    return official("service-supervisor", SUPERVISOR, name="孙服务")
