"""Posts, and who holds them from when to when."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from yiwang.foundation.orgs.models import Agency, Post, Posting
from yiwang.foundation.orgs.writing import Change, refuse, write
from yiwang.kernel.refusals import Conflict, Missing


def put_post(agency: str, name: str) -> Change:
    """Enter a post of an agency."""
    if not Agency.objects.filter(code=agency).exists():
        refuse("agency", "missing", _("没有代码为“%(code)s”的机构。") % {"code": agency})
    _post, made = Post.objects.get_or_create(agency_id=agency, name=name)
    return "new" if made else "same"


def put_posting(account_id: int, agency: str, post: str, since: dt.date, until: dt.date | None = None) -> Change:
    """Say that an account holds a post from ``since`` until the day before ``until``. One posting for each beginning."""
    if until is not None and until <= since:
        refuse("until", "order", _("任职的结束日期应晚于开始日期。"))
    put_post(agency, post)
    held = Post.objects.get(agency_id=agency, name=post)
    row = Posting.objects.select_for_update().filter(post=held, account_id=account_id, since=since).first()
    return write(row or Posting(post=held, account_id=account_id, since=since), {"until": until}, new=row is None)


def appoint(account_id: int, agency: str, post: str, since: dt.date) -> Posting:
    """Put an account into a post from ``since``, which may lie ahead.

    Raises :class:`Missing` for an unknown agency or post, :class:`Conflict` for a closed agency or somebody who holds the post already.
    """
    held = Post.objects.select_related("agency").filter(agency_id=agency, name=post.strip()).first()
    if held is None:
        raise Missing(_("“%(agency)s”没有“%(post)s”这个岗位，请先录入岗位。") % {"agency": agency, "post": post})
    if held.agency.until is not None:
        raise Conflict(_("“%(name)s”已经撤销，不能再任命。") % {"name": held.agency.name}, code="agency-closed")
    if held.agency.since is not None and since < held.agency.since:
        refuse("since", "order", _("任职日期不能早于机构的设立日期。"))
    same = Posting.objects.select_for_update().filter(post=held, account_id=account_id)
    if same.filter(Q(until=None) | Q(until__gt=since)).exists():
        raise Conflict(_("这个人已经在这个岗位上，不用再任命。"), code="posted-already")
    return Posting.objects.create(post=held, account_id=account_id, since=since)


def relieve(posting_id: int, until: dt.date) -> Posting:
    """End a posting: ``until`` is the first day on which the post is no longer held.

    Raises :class:`Missing`, :class:`Conflict` when it has ended, :class:`Invalid` for a day not after its beginning.
    """
    row = Posting.objects.select_for_update().filter(pk=posting_id).first()
    if row is None:
        raise Missing(_("没有这条任职记录。"))
    if row.until is not None:
        raise Conflict(_("这条任职记录已经有结束日期。"), code="posting-ended")
    if until <= row.since:
        refuse("until", "order", _("任职的结束日期应晚于开始日期。"))
    row.until = until
    row.save(update_fields=["until"])
    return row
