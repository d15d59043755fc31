"""Acts on agencies and their posts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Grant, Scope, act, require
from yiwang.foundation.establishment.open_work import refuse_open_work
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import actions as orgs
from yiwang.foundation.orgs.actions import Change
from yiwang.foundation.orgs.queries import Agency, AgencyTerm


def _ask(actor: Actor, code: str) -> Agency | None:
    """Whoever has the permission over the agency, or over one above it, may."""
    row = Agency.objects.filter(code=code).first()
    require(actor, Scope(agency=row.path) if row else NODE, subject=f"agency:{code}")
    return row


@act("establishment.put_agency", gettext_lazy("录入机构"))
def put_agency(
    actor: Actor, code: str, name: str, *, region: str, parent: str = "", short_name: str = "", uscc: str = "",
    phone: str = "", address: str = "", posts: Sequence[str] = (), since: dt.date | None = None,
) -> Change:  # fmt: skip
    """Enter or change an agency and enter its posts; see :func:`yiwang.foundation.orgs.actions.put_agency`."""
    require(actor, NODE, subject=f"agency:{code}")
    change = orgs.put_agency(
        code,
        name,
        region=region,
        parent=parent,
        short_name=short_name,
        uscc=uscc,
        phone=phone,
        address=address,
        since=since,
    )
    new_posts = [post for post in posts if orgs.put_post(code, post) == "new"]
    if new_posts and change == "same":
        change = "changed"
    record("agency", code, {"parent": parent, "region": region, "change": change, "posts": len(new_posts)})
    return change


@act("establishment.add_post", gettext_lazy("设置岗位"))
def add_post(actor: Actor, agency: str, name: str) -> Change:
    """Set up a post of an agency; one that is there already is left as it is."""
    _ask(actor, agency)
    change = orgs.put_post(agency, name)
    record("agency", agency, {"change": change, "posts": 1})
    return change


@act("establishment.rename_agency", gettext_lazy("机构更名"))
def rename_agency(actor: Actor, code: str, name: str, *, on: dt.date, basis: str, short_name: str = "") -> AgencyTerm:
    """Give an agency another name from the day ``on``; see :func:`yiwang.foundation.orgs.actions.rename_agency`."""
    _ask(actor, code)
    term = orgs.rename_agency(code, name, on, basis, short_name=short_name)
    record("agency", code, {"change": "renamed", "on": on})
    emit("agency.changed", code, {"change": "renamed", "on": on})
    return term


@act("establishment.move_agency", gettext_lazy("机构划转"))
def move_agency(actor: Actor, code: str, parent: str, *, on: dt.date, basis: str) -> AgencyTerm:
    """Put an agency under another parent from the day ``on``. Whoever does must hold the permission over both.

    Raises :class:`Conflict` while cases run under it; else as :func:`yiwang.foundation.orgs.actions.move_agency`.
    """
    row = _ask(actor, code)
    above = _ask(actor, parent)
    if row is not None and above is not None:
        refuse_open_work(row)
    term = orgs.move_agency(code, parent, on, basis)
    record("agency", code, {"change": "moved", "parent": parent, "on": on})
    emit("agency.changed", code, {"change": "moved", "parent": parent, "on": on})
    return term


@act("establishment.merge_agency", gettext_lazy("机构合并"))
def merge_agency(actor: Actor, code: str, into: str, *, on: dt.date, basis: str) -> Agency:
    """Merge an agency into another one from the day ``on``. Its postings end, its roles are taken away.

    Raises :class:`Conflict` while cases run under it; else as :func:`yiwang.foundation.orgs.actions.merge_agency`.
    """
    row = _ask(actor, code)
    if row is not None:
        refuse_open_work(row)
    closed = orgs.merge_agency(code, into, on, basis)
    record("agency", code, {"change": "merged", "into": into, "on": on, "grants": _take_roles(code)})
    emit("agency.changed", code, {"change": "merged", "into": into, "on": on})
    return closed


@act("establishment.close_agency", gettext_lazy("撤销机构"))
def close_agency(actor: Actor, code: str, *, on: dt.date, basis: str) -> Agency:
    """Close an agency: the day ``on`` is the first on which it is no more. Refusals as for merging."""
    row = _ask(actor, code)
    if row is not None:
        refuse_open_work(row)
    closed = orgs.close_agency(code, on, basis)
    record("agency", code, {"change": "closed", "on": on, "grants": _take_roles(code)})
    emit("agency.changed", code, {"change": "closed", "on": on})
    return closed


def _take_roles(code: str) -> int:
    """Nobody acts for an agency that is no more; roles in its successor are given anew, by a decision."""
    count, _by_model = Grant.objects.filter(agency=code).delete()
    return count
