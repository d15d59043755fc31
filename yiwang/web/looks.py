"""The examples on the style page: invented, and only there."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.pages import Page
from yiwang.kernel.refusals import Problem

FACES = ("citizen", "staff", "board")


def examples() -> dict[str, Any]:
    """One example of everything that a component takes."""
    now = timezone.now()
    return {
        "problems": [
            Problem("firm.uscc", "checkdigit", _("统一社会信用代码的最后一位不对，请对照营业执照再填一次")),
            Problem("premises", "required", _("请选择经营场所是自有还是租用")),
        ],
        "premises": [
            {"value": "own", "label": _("自有"), "help": _("房产证上是本人或本企业的名字")},
            {"value": "rented", "label": _("租用"), "help": _("需要提供租赁合同")},
        ],
        "steps": [
            {"name": _("经营者"), "state": "done", "href": "#"},
            {"name": _("经营场所"), "state": "wrong", "href": "#"},
            {"name": _("经营项目"), "state": "now"},
            {"name": _("材料"), "state": "todo"},
        ],
        "events": [
            {"at": now - dt.timedelta(days=5), "what": _("您提交了申请"), "who": _("林晓梅")},
            {
                "at": now - dt.timedelta(days=4),
                "what": _("窗口请您补正一份材料"),
                "who": _("市市场监督管理局 · 综合窗口"),
                "note": _("租赁合同缺最后一页。"),
                "tone": "amber",
            },
            {
                "at": now - dt.timedelta(days=2),
                "what": _("已受理"),
                "who": _("市市场监督管理局 · 综合窗口"),
                "tone": "green",
            },
            {
                "at": now,
                "what": _("现场核查"),
                "who": _("食品科"),
                "note": _("核查期间不计入办理时限。"),
                "tone": "now",
            },
            {"day": _("最晚 12 月 3 日"), "what": _("作出决定"), "tone": "todo"},
        ],
        "trail": [(_("我的空间"), "#"), (_("我的办件"), "#")],
        "tabs": [
            {"name": _("待我办理"), "href": "#", "current": True, "count": 12},
            {"name": _("我经手的"), "href": "#", "count": 208},
            {"name": _("全部"), "href": "#"},
        ],
        "rows": [
            ("990100202611210001", _("食品经营许可核发"), _("云州市晓梅餐饮有限公司"), "red", _("超期 1 天")),
            ("990100202611200017", _("食品经营许可核发"), _("云州市老街面馆"), "amber", _("剩 1 天")),
            ("990100202611190203", _("失业登记"), _("周建国"), "green", _("剩 6 天")),
            ("990100202611180088", _("公共场所卫生许可"), _("云州市云起酒店有限公司"), "grey", _("已暂停")),
        ],
        "page": Page([], "next"),
        "today": now,
    }
