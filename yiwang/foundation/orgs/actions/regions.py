"""Divisions from province to grid."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.orgs.codes import forget_divisions
from yiwang.foundation.orgs.models import Region, RegionTerm
from yiwang.foundation.orgs.shapes import shape_error
from yiwang.foundation.orgs.writing import Change, check_change, refuse, write
from yiwang.kernel.refusals import Conflict, Missing

# How many digits of a code mean something at each level: GB/T 2260 to the county, GB/T 10114 below, three more for a grid.
_DIGITS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12, "grid": 15}
_ABOVE = dict(zip(list(_DIGITS)[1:], list(_DIGITS), strict=False))


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
        refuse("level", "choice", _("区划级别应为以下之一：%(levels)s。") % {"levels": "、".join(_DIGITS)})
    digits = _DIGITS[level]
    length = max(digits, 6)
    if not (code.isascii() and code.isdigit() and len(code) == length and code[digits:] == "0" * (length - digits)):
        refuse(
            "code", "format",
            _("%(level)s的区划代码应为 %(n)s 位数字，有效部分是前 %(d)s 位，其余补 0。")
            % {"level": Region.Level(level).label, "n": length, "d": digits},
        )  # fmt: skip
    above = Region.objects.filter(code=parent).first() if parent else None
    if level == "province":
        if parent:
            refuse("parent", "forbidden", _("省级区划没有上级，请去掉上级代码。"))
    elif above is None or above.level != _ABOVE[level]:
        refuse(
            "parent", "missing",
            _("%(level)s的上级应为已录入的%(above)s，没有找到“%(parent)s”。请先录入上级。")
            % {"level": Region.Level(level).label, "above": Region.Level(_ABOVE[level]).label, "parent": parent},
        )  # fmt: skip
    elif not code.startswith(above.code[: _DIGITS[above.level]]):
        refuse("code", "parent", _("区划代码应以上级代码的有效部分开头，请核对代码或上级。"))
    if shape is not None and (error := shape_error(shape)):
        refuse("shape", "format", error)
    row = Region.objects.select_for_update().filter(code=code).first()
    if row is not None and row.level != level:
        raise Conflict(
            _("代码 %(code)s 已经是%(level)s，不能改为另一级。") % {"code": code, "level": row.get_level_display()}
        )
    path = f"{above.path if above else '/'}{code}/"
    change = write(
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
    _keep_term(code, name, parent, since if change == "new" else None)
    if level == "province" and change == "new":
        forget_divisions()
        transaction.on_commit(forget_divisions)
    return change


def _keep_term(code: str, name: str, parent: str, since: dt.date | None) -> None:
    """A division that is called otherwise, or lies elsewhere, than its last term says gets a further one."""
    last = RegionTerm.objects.filter(region_id=code).order_by("-id").first()
    if last is None or (last.name, last.parent) != (name, parent):
        begins = since if last is None else timezone.localdate()
        RegionTerm.objects.create(region_id=code, name=name, parent=parent, since=begins)


def rename_region(code: str, name: str, on: dt.date, basis: str) -> RegionTerm:
    """Give a division another name from ``on``. ``basis`` is the document that says so.

    Raises :class:`Missing` for an unknown division, :class:`Invalid` for a day in the future or before the last change.
    """
    row = Region.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise Missing(_("没有代码为“%(code)s”的区划。") % {"code": code})
    last = RegionTerm.objects.filter(region=row).order_by("-id").first()
    if last is None:  # what it was called until now must stay known
        last = RegionTerm.objects.create(region=row, name=row.name, parent=row.parent_id or "", since=row.since)
    check_change(last, on, basis)
    name = name.strip()
    if not 2 <= len(name) <= 60 or name == row.name:
        refuse("name", "change", _("请填写新的名称，2 至 60 个字，与现在的名称不同。"))
    write(row, {"name": name}, new=False)
    return RegionTerm.objects.create(region=row, name=name, parent=row.parent_id or "", since=on, basis=basis.strip())
