"""Acts on divisions, agencies and posts. The room orgs lies below the frame of acts, so they are acts here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import actions as orgs
from yiwang.foundation.orgs.actions import Change


@act("packs.put_region", gettext_lazy("录入行政区划"))
def put_region(
    actor: Actor, code: str, name: str, level: str, *, parent: str = "", shape: dict[str, Any] | None = None,
    since: dt.date | None = None, until: dt.date | None = None,
) -> Change:  # fmt: skip
    """Enter or change a division; see :func:`yiwang.foundation.orgs.actions.put_region`."""
    require(actor, NODE, subject=f"region:{code}")
    change = orgs.put_region(code, name, level, parent=parent, shape=shape, since=since, until=until)
    record("region", code, {"level": level, "parent": parent, "change": change})
    return change


@act("packs.put_agency", gettext_lazy("录入机构"))
def put_agency(
    actor: Actor, code: str, name: str, *, region: str, parent: str = "", short_name: str = "", uscc: str = "",
    phone: str = "", address: str = "", posts: Sequence[str] = (),
) -> Change:  # fmt: skip
    """Enter or change an agency and enter its posts; see :func:`yiwang.foundation.orgs.actions.put_agency`."""
    require(actor, NODE, subject=f"agency:{code}")
    change = orgs.put_agency(
        code, name, region=region, parent=parent, short_name=short_name, uscc=uscc, phone=phone, address=address
    )
    new_posts = [post for post in posts if orgs.put_post(code, post) == "new"]
    if new_posts and change == "same":
        change = "changed"
    record("agency", code, {"parent": parent, "region": region, "change": change, "posts": len(new_posts)})
    return change


@act("packs.put_posting", gettext_lazy("登记任职"))
def put_posting(
    actor: Actor, account_id: int, agency: str, post: str, since: dt.date, until: dt.date | None = None
) -> Change:
    """Say that an account holds a post for a term."""
    require(actor, NODE, subject=f"account:{account_id}")
    change = orgs.put_posting(account_id, agency, post, since, until)
    record("account", account_id, {"agency": agency, "post": post, "since": since, "until": until, "change": change})
    return change
