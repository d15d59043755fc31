"""Changing organisations, regions, posts and the calendar of working days.

This room lies below the frame of acts, so these are plain functions: each must be called inside an act of a room above, which
asks for access and leaves the trace (:mod:`yiwang.packs.actions` does). Each says what it did, so that doing the same again
is seen to be nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Conflict, Invalid, Problem

from .codes import forget_divisions, uscc_error
from .models import Agency, Post, Posting, Region
from .notices import Loaded, SpecialDate, load_notice
from .shapes import shape_error

__all__ = ["Change", "Loaded", "SpecialDate", "load_notice", "put_agency", "put_post", "put_posting", "put_region"]

Change = Literal["new", "changed", "same"]

# How many digits of a code mean something at each level: GB/T 2260 to the county, GB/T 10114 below, three more for a grid.
_DIGITS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12, "grid": 15}
_ABOVE = dict(zip(list(_DIGITS)[1:], list(_DIGITS), strict=False))


def _refuse(field: str, rule: str, message: str) -> None:
    raise Invalid(message, problems=[Problem(field, rule, message)])


def _write(row: Any, values: dict[str, Any], *, new: bool) -> Change:
    """Set ``values`` on ``row`` and save it if anything differs."""
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    if new:
        row.save(force_insert=True)
        return "new"
    if different:
        row.save(update_fields=different)
        return "changed"
    return "same"


def put_region(
    code: str,
    name: str,
    level: str,
    *,
    parent: str = "",
    shape: dict[str, Any] | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Change:
    """Enter or change a division. The code says where it lies (GB/T 2260, GB/T 10114), so its parent must agree with it.

    ``shape`` is a GeoJSON Polygon or MultiPolygon. Raises :class:`Invalid` for a code that does not fit the level or the
    parent, :class:`Conflict` for a code that already stands for another level.
    """
    if level not in _DIGITS:
        _refuse("level", "choice", _("区划级别应为以下之一：%(levels)s。") % {"levels": "、".join(_DIGITS)})
    digits = _DIGITS[level]
    length = max(digits, 6)
    if not (code.isascii() and code.isdigit() and len(code) == length and code[digits:] == "0" * (length - digits)):
        _refuse(
            "code", "format",
            _("%(level)s的区划代码应为 %(n)s 位数字，有效部分是前 %(d)s 位，其余补 0。")
            % {"level": Region.Level(level).label, "n": length, "d": digits},
        )  # fmt: skip
    above = Region.objects.filter(code=parent).first() if parent else None
    if level == "province":
        if parent:
            _refuse("parent", "forbidden", _("省级区划没有上级，请去掉上级代码。"))
    elif above is None or above.level != _ABOVE[level]:
        _refuse(
            "parent", "missing",
            _("%(level)s的上级应为已录入的%(above)s，没有找到“%(parent)s”。请先录入上级。")
            % {"level": Region.Level(level).label, "above": Region.Level(_ABOVE[level]).label, "parent": parent},
        )  # fmt: skip
    elif not code.startswith(above.code[: _DIGITS[above.level]]):
        _refuse("code", "parent", _("区划代码应以上级代码的有效部分开头，请核对代码或上级。"))
    if shape is not None and (error := shape_error(shape)):
        _refuse("shape", "format", error)
    row = Region.objects.select_for_update().filter(code=code).first()
    if row is not None and row.level != level:
        raise Conflict(
            _("代码 %(code)s 已经是%(level)s，不能改为另一级。") % {"code": code, "level": row.get_level_display()}
        )
    path = f"{above.path if above else '/'}{code}/"
    change = _write(
        row or Region(code=code),
        {
            "name": name,
            "level": level,
            "parent_id": parent or None,
            "path": path,
            "shape": shape,
            "since": since,
            "until": until,
        },
        new=row is None,
    )
    if level == "province" and change == "new":
        forget_divisions()
        transaction.on_commit(forget_divisions)
    return change


def put_agency(
    code: str,
    name: str,
    *,
    region: str,
    parent: str = "",
    short_name: str = "",
    uscc: str = "",
    phone: str = "",
    address: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Change:
    """Enter or change an agency. Moving it under another parent moves everything below it.

    Raises :class:`Invalid` for an unknown region or parent, a wrong social credit code, or a parent that lies below.
    """
    if not code or "/" in code or len(code) > 40:
        _refuse("code", "format", _("机构代码应为 1 至 40 个字符，不含“/”。"))
    if uscc and (error := uscc_error(uscc)):
        _refuse("uscc", "checkdigit", error)
    if not Region.objects.filter(code=region).exists():
        _refuse("region", "missing", _("没有代码为“%(code)s”的区划，请先录入区划。") % {"code": region})
    above = Agency.objects.filter(code=parent).first() if parent else None
    if parent and above is None:
        _refuse("parent", "missing", _("没有代码为“%(code)s”的上级机构，请先录入上级。") % {"code": parent})
    row = Agency.objects.select_for_update().filter(code=code).first()
    if row is not None and above is not None and above.path.startswith(row.path):
        _refuse("parent", "cycle", _("上级机构不能是它自己或它的下级。"))
    former = row.path if row else ""
    path = f"{above.path if above else '/'}{code}/"
    change = _write(
        row or Agency(code=code),
        {
            "name": name, "short_name": short_name, "uscc": uscc, "parent_id": parent or None, "region_id": region,
            "path": path, "phone": phone, "address": address, "since": since, "until": until,
        },
        new=row is None,
    )  # fmt: skip
    if former and former != path:
        below = list(Agency.objects.select_for_update().filter(path__startswith=former).exclude(code=code))
        for agency in below:
            agency.path = path + agency.path[len(former) :]
        Agency.objects.bulk_update(below, ["path"])
    return change


def put_post(agency: str, name: str) -> Change:
    """Enter a post of an agency."""
    if not Agency.objects.filter(code=agency).exists():
        _refuse("agency", "missing", _("没有代码为“%(code)s”的机构。") % {"code": agency})
    _post, made = Post.objects.get_or_create(agency_id=agency, name=name)
    return "new" if made else "same"


def put_posting(account_id: int, agency: str, post: str, since: dt.date, until: dt.date | None = None) -> Change:
    """Say that an account holds a post from ``since`` until the day before ``until``. One posting for each beginning."""
    if until is not None and until <= since:
        _refuse("until", "order", _("任职的结束日期应晚于开始日期。"))
    put_post(agency, post)
    held = Post.objects.get(agency_id=agency, name=post)
    row = Posting.objects.select_for_update().filter(post=held, account_id=account_id, since=since).first()
    return _write(row or Posting(post=held, account_id=account_id, since=since), {"until": until}, new=row is None)
