"""How a result can reach the applicant 结果送达: as a file, at a window, by post."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.refusals import Problem
from yiwang.services.items.queries import PublishedItem

ELECTRONIC, PICKUP, POST = "electronic", "pickup", "post"
NAMES: dict[str, Any] = {
    ELECTRONIC: gettext_lazy("网上领取电子结果"),
    PICKUP: gettext_lazy("到窗口领取"),
    POST: gettext_lazy("邮寄到家"),
}
_LONGEST = {"name": 40, "phone": 20, "address": 200}
_PHONE = re.compile(r"[0-9+() -]{7,20}")


def ways(item: PublishedItem) -> list[str]:
    """The ways that an item offers: always as a file, at a window if it names one, by post if it says so."""
    found = [ELECTRONIC]
    if item.windows:
        found.append(PICKUP)
    if item.body.get("supports", {}).get("delivery"):
        found.append(POST)
    return found


def checked(item: PublishedItem, chosen: Mapping[str, Any]) -> tuple[dict[str, str], list[Problem]]:
    """What was chosen, reduced to what it needs, and every problem with it. Nothing chosen is a file."""
    way = str(chosen.get("way") or ELECTRONIC)
    if way not in ways(item):
        return {}, [Problem("delivery.way", "choice", _("请选择怎么领取结果。"))]
    if way != POST:
        return {"way": way}, []
    told = {name: str(chosen.get(name) or "").strip() for name in _LONGEST}
    asks = {
        "name": _("请填写收件人。"),
        "phone": _("请填写收件人的电话。"),
        "address": _("请填写收件地址，写到门牌号。"),
    }
    problems = [
        Problem(f"delivery.{name}", "required", asks[name])
        for name, text in told.items()
        if not text or len(text) > _LONGEST[name]
    ]
    if told["phone"] and not _PHONE.fullmatch(told["phone"]):
        problems.append(Problem("delivery.phone", "format", _("电话号码只能有数字，7 至 20 位。")))
    return {"way": way, **told}, problems
