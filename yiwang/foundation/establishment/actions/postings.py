"""Acts on who holds a post."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.accounts.queries import Account
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import actions as orgs
from yiwang.foundation.orgs.actions import Change
from yiwang.foundation.orgs.queries import Agency, Posting
from yiwang.kernel.refusals import Invalid, Problem


@act("establishment.put_posting", gettext_lazy("登记任职"))
def put_posting(
    actor: Actor, account_id: int, agency: str, post: str, since: dt.date, until: dt.date | None = None
) -> Change:
    """Say that an account holds a post for a term."""
    require(actor, NODE, subject=f"account:{account_id}")
    change = orgs.put_posting(account_id, agency, post, since, until)
    record("account", account_id, {"agency": agency, "post": post, "since": since, "until": until, "change": change})
    return change


@act("establishment.appoint", gettext_lazy("任命"))
def appoint(actor: Actor, username: str, agency: str, post: str, since: dt.date) -> Posting:
    """Put the holder of an account into a post from the day ``since``. What they may do comes from roles, which are given apart.

    Raises :class:`Invalid` for an unknown account; else as :func:`yiwang.foundation.orgs.actions.appoint`.
    """
    row = Agency.objects.filter(code=agency).first()
    require(actor, Scope(agency=row.path) if row else NODE, subject=f"agency:{agency}")
    account = Account.objects.filter(username=username.strip()).first()
    if account is None:
        message = _("没有账号“%(name)s”，请核对账号名。") % {"name": username[:60]}
        raise Invalid(message, problems=[Problem("username", "missing", message)])
    posting = orgs.appoint(account.pk, agency, post, since)
    record("account", account.pk, {"agency": agency, "posting": posting.pk, "since": since})
    emit("posting.began", posting.pk, {"account": account.pk, "agency": agency, "since": since})
    return posting


@act("establishment.relieve", gettext_lazy("免职"))
def relieve(actor: Actor, posting_id: int, until: dt.date) -> Posting:
    """End a posting; ``until`` is the first day on which the post is no longer held."""
    row = Posting.objects.select_related("post__agency").filter(pk=posting_id).first()
    require(actor, Scope(agency=row.post.agency.path) if row else NODE, subject=f"posting:{posting_id}")
    posting = orgs.relieve(posting_id, until)
    agency = posting.post.agency_id
    record("account", posting.account_id, {"agency": agency, "posting": posting.pk, "until": until})
    emit("posting.ended", posting.pk, {"account": posting.account_id, "agency": agency, "until": until})
    return posting
