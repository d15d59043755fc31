"""Agencies: entered, renamed, moved, merged, closed; each change leaves a term, so that any day can be asked about."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.orgs.codes import uscc_error
from yiwang.foundation.orgs.models import Agency, AgencyTerm, Posting, Region
from yiwang.foundation.orgs.writing import Change, check_change, refuse, write
from yiwang.kernel.refusals import Conflict, Missing


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
    """Enter or change an agency. Moving it under another parent moves everything below it; another name is a further term.

    ``since`` is the day on which a new one was set up. One that was closed stays closed. Raises :class:`Invalid` for an unknown
    region or parent, a wrong social credit code, or a parent that lies below.
    """
    if not code or "/" in code or len(code) > 40:
        refuse("code", "format", _("机构代码应为 1 至 40 个字符，不含“/”。"))
    if uscc and (error := uscc_error(uscc)):
        refuse("uscc", "checkdigit", error)
    if not Region.objects.filter(code=region).exists():
        refuse("region", "missing", _("没有代码为“%(code)s”的区划，请先录入区划。") % {"code": region})
    above = Agency.objects.filter(code=parent).first() if parent else None
    if parent and above is None:
        refuse("parent", "missing", _("没有代码为“%(code)s”的上级机构，请先录入上级。") % {"code": parent})
    row = Agency.objects.select_for_update().filter(code=code).first()
    if row is not None and above is not None and above.path.startswith(row.path):
        refuse("parent", "cycle", _("上级机构不能是它自己或它的下级。"))
    former = row.path if row else ""
    values: dict[str, Any] = {
        "name": name, "short_name": short_name, "uscc": uscc, "parent_id": parent or None, "region_id": region,
        "path": _path(above, code), "phone": phone, "address": address,
    }  # fmt: skip
    values |= {key: day for key, day in (("since", since), ("until", until)) if day is not None}
    new = row is None
    row = row or Agency(code=code)
    change = write(row, values, new=new)
    if former:
        _carry_below(row, former)
    _keep_term(row, since if change == "new" else None)
    return change


def _path(above: Agency | None, code: str) -> str:
    return f"{above.path if above else '/'}{code}/"


def _carry_below(row: Agency, former: str) -> None:
    if former == row.path:
        return
    below = list(Agency.objects.select_for_update().filter(path__startswith=former).exclude(code=row.code))
    for agency in below:
        agency.path = row.path + agency.path[len(former) :]
    Agency.objects.bulk_update(below, ["path"])


def _last_term(row: Agency) -> AgencyTerm | None:
    return AgencyTerm.objects.filter(agency=row).order_by("-id").first()


def _keep_term(row: Agency, since: dt.date | None) -> None:
    """An agency that is called otherwise, or stands elsewhere, than its last term says gets a further one."""
    last = _last_term(row)
    now = (row.name, row.short_name, row.parent_id or "", row.region_id)
    if last is None or (last.name, last.short_name, last.parent, last.region) != now:
        _term(row, since if last is None else timezone.localdate(), "")


def _term(row: Agency, since: dt.date | None, basis: str) -> AgencyTerm:
    return AgencyTerm.objects.create(
        agency=row, name=row.name, short_name=row.short_name, parent=row.parent_id or "", region=row.region_id,
        since=since, basis=basis.strip(),
    )  # fmt: skip


def _changing(code: str, on: dt.date, basis: str) -> Agency:
    row = Agency.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise Missing(_("没有代码为“%(code)s”的机构。") % {"code": code})
    if row.until is not None:
        raise Conflict(_("“%(name)s”已经撤销，不能再变更。") % {"name": row.name}, code="agency-closed")
    last = _last_term(row) or _term(row, row.since, "")  # what it was until now must stay known
    check_change(last, on, basis)
    return row


def rename_agency(code: str, name: str, on: dt.date, basis: str, *, short_name: str = "") -> AgencyTerm:
    """Give an agency another name from ``on``; ``basis`` is the document that says so.

    Raises :class:`Missing`, :class:`Conflict` for a closed agency, :class:`Invalid` for a day in the future or before the last change.
    """
    row = _changing(code, on, basis)
    name, short_name = name.strip(), short_name.strip()
    if not 2 <= len(name) <= 100 or (name, short_name or row.short_name) == (row.name, row.short_name):
        refuse("name", "change", _("请填写新的名称，2 至 100 个字，与现在的名称不同。"))
    if len(short_name) > 40:
        refuse("short_name", "max-length", _("简称最长 40 个字。"))
    write(row, {"name": name, "short_name": short_name or row.short_name}, new=False)
    return _term(row, on, basis)


def move_agency(code: str, parent: str, on: dt.date, basis: str) -> AgencyTerm:
    """Put an agency, with all below it, under another parent from ``on``. Refusals as for renaming, and for a circle."""
    row = _changing(code, on, basis)
    above = Agency.objects.filter(code=parent, until=None).first()
    if above is None:
        refuse("parent", "missing", _("没有代码为“%(code)s”的上级机构，请先录入上级。") % {"code": parent})
    if above.path.startswith(row.path):
        refuse("parent", "cycle", _("上级机构不能是它自己或它的下级。"))
    if above.code == row.parent_id:
        refuse("parent", "change", _("它现在就隶属于“%(name)s”。") % {"name": above.name})
    former = row.path
    write(row, {"parent_id": above.code, "path": _path(above, code)}, new=False)
    _carry_below(row, former)
    return _term(row, on, basis)


def close_agency(code: str, on: dt.date, basis: str, *, into: str = "") -> Agency:
    """Close an agency: ``on`` is the first day on which it is no more; ``into`` is the agency that takes its work over.

    Postings that go on end with it. Raises :class:`Missing`, :class:`Conflict` for one that is closed or has agencies below it,
    :class:`Invalid` for a wrong day or successor.
    """
    row = _changing(code, on, basis)
    if row.since is not None and on <= row.since:
        refuse("on", "order", _("撤销日期应晚于设立日期（%(day)s）。") % {"day": row.since.isoformat()})
    if Agency.objects.filter(path__startswith=row.path, until=None).exclude(code=code).exists():
        raise Conflict(
            _("“%(name)s”下面还有机构，请先撤销、合并或者划转下级机构。") % {"name": row.name},
            code="agency-has-children",
        )
    heir = Agency.objects.filter(code=into, until=None).exclude(code=code).first() if into else None
    if into and heir is None:
        refuse("into", "missing", _("没有代码为“%(code)s”的承接机构，请核对。") % {"code": into})
    write(row, {"until": on, "successor": heir, "closing_basis": basis.strip()}, new=False)
    going_on = Posting.objects.filter(post__agency=row, until=None)
    going_on.filter(since__gte=on).update(until=F("since"))  # never took office
    going_on.filter(since__lt=on).update(until=on)
    return row


def merge_agency(code: str, into: str, on: dt.date, basis: str) -> Agency:
    """Merge an agency into another one, which takes its work over. Refusals as for closing."""
    if not into:
        refuse("into", "required", _("请选择承接职责的机构。"))
    return close_agency(code, on, basis, into=into)
