"""What a rating consists of: grades, reasons and channels.

Grades: GB/T 39046-2020 table A.8; the higher the number, the worse. Channels: the same standard, 政务服务绩效评价, item 2. The reasons
are this node's own; a set is never changed once it has been used: a new one gets a new :data:`VERSION`, and each rating keeps its own.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

VERSION = 1
BAD = 4  # this grade and worse: a case is opened

GRADES: dict[int, Any] = {
    1: _("非常满意"),
    2: _("满意"),
    3: _("基本满意"),
    4: _("不满意"),
    5: _("非常不满意"),
}
FACES = {1: "mood-happy", 2: "mood-smile", 3: "mood-neutral", 4: "mood-sad", 5: "mood-angry"}  # icons

_GOOD = {
    "once": _("一次就办成"),
    "fast": _("办得快"),
    "clear": _("指南看得懂"),
    "few-papers": _("要交的材料少"),
    "easy-online": _("网上好操作"),
    "kind": _("工作人员耐心"),
}
_FAIR = {
    "faster": _("可以再快一点"),
    "clearer": _("指南可以再清楚一点"),
    "fewer-papers": _("材料可以再少一点"),
    "easier-online": _("网上操作可以再简单一点"),
}
_BAD = {
    "late": _("超过了说好的时间"),
    "papers-again": _("反复要我补材料"),
    "not-told": _("该一次说清的没说清"),
    "contradictory": _("前后说法不一样"),
    "many-trips": _("让我跑了好几趟"),
    "hard-online": _("网上操作困难"),
    "unkind": _("工作人员态度不好"),
    "extra-fee": _("收费不清楚"),
}
GROUPS: tuple[tuple[str, Any, tuple[int, ...], dict[str, Any]], ...] = (
    ("good", _("哪里做得好？"), (1, 2), _GOOD),
    ("fair", _("哪里还能更好？"), (3,), _FAIR),
    ("bad", _("哪里让您不满意？"), (4, 5), _BAD),
)
TAGS: dict[str, Any] = {**_GOOD, **_FAIR, **_BAD}

CHANNELS: dict[str, Any] = {
    "pc": _("电脑端"),
    "mobile": _("移动端"),
    "code": _("二维码"),
    "tablet": _("大厅平板"),
    "terminal": _("大厅其他终端"),
    "phone": _("电话"),
    "sms": _("短信"),
    "api": _("其他程序"),
}


def tags_of(grade: int) -> dict[str, Any]:
    """The reasons that go with a grade, by code."""
    return next((tags for _code, _name, grades, tags in GROUPS if grade in grades), {})
