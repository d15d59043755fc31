"""The acts on people: who may sign in, who has rights and duties, who acts for whom, and who saw what is masked.

The things lie in accounts, a floor below the frame of acts; the ledger lies above and is reached through a slot (ADR 0001).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.accounts import actions as accounts
from yiwang.foundation.accounts.queries import Account, Level, Party, Standing
from yiwang.kernel.refusals import Invalid, Missing, Problem

from .actors import Actor
from .acts import NODE, Scope, act, require
from .models import Unmasking
from .slots import trace

LONGEST_PURPOSE = 200
UNMASKED_LEVEL = 3  # identity numbers and phones are of level 3 (GB/T 43697)
FIELDS = ("code", "phone")


def _record(kind: str, subject: object, data: dict[str, object]) -> None:
    trace["ledger"](kind, subject, data)


@act("accounts.register", gettext_lazy("开通账号"))
def register_account(
    actor: Actor,
    username: str,
    name: str,
    *,
    password: str = "",
    level: int = 0,
    demo: bool = False,
    temporary: bool = False,
    active: bool = True,
) -> Account:
    """Open an account for somebody whose identity was checked to ``level``. ``temporary``: the password must be changed at once.

    Without ``active`` nobody signs in with it.
    """
    require(actor, subject="account")
    account = accounts.create_account(
        username, name, password=password, level=level, demo=demo, temporary=temporary, active=active
    )
    _record("account", account.pk, {"level": level, "demo": demo})
    return account


@act("accounts.register-party", gettext_lazy("登记当事人"))
def register_party(actor: Actor, *, kind: str, name: str, code: str, phone: str = "") -> Party:
    """Enter a natural person or an organisation, known by its code."""
    require(actor, subject="party")
    party = accounts.create_party(kind, name, code, phone=phone)
    _record("party", party.id, {"kind": kind})
    return party


@act("accounts.grant-standing", gettext_lazy("确认代表资格"))
def grant_standing(
    actor: Actor,
    account_id: int,
    party_id: UUID,
    *,
    ground: str,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Standing:
    """Let an account act for a party, on a ground, for a term. The same again renews the term."""
    require(actor, subject=f"party:{party_id}")
    since = since or timezone.localdate()
    standing = accounts.create_standing(account_id, party_id, ground, since=since, until=until)
    _record("party", party_id, {"standing": standing.id, "account": account_id, "ground": ground, "until": until})
    return standing


@act("accounts.unmask", gettext_lazy("查看完整的身份号码或电话"), party=True, level=Level.FACE)
def unmask(actor: Actor, party_id: UUID, field: str, purpose: str, *, within: Scope = NODE) -> str:
    """The plain text of a masked ``field`` ("code" or "phone") of a party, for a stated purpose.

    ``within`` says where the thing lies for which it is needed (the scope of a case), so that an official of one agency sees
    it in that agency's cases only. The purpose is kept sealed and the ledger holds its number: people write names into it.
    """
    require(actor, replace(within, party=party_id, level=UNMASKED_LEVEL), subject=f"party:{party_id}")
    purpose = purpose.strip()
    if not purpose:
        message = _("请写明为什么要看，比如“核对现场人员身份”。")
        raise Invalid(message, problems=[Problem("purpose", "required", message)])
    if len(purpose) > LONGEST_PURPOSE:
        message = _("查看原因最多写 %(most)s 个字。") % {"most": LONGEST_PURPOSE}
        raise Invalid(message, problems=[Problem("purpose", "max-length", message)])
    if field not in FIELDS:
        raise Invalid(_("没有这个可以查看的内容。"), problems=[Problem("field", "choice", _("请选择号码或者电话"))])
    party = Party.objects.filter(pk=party_id).first()
    if party is None:
        raise Missing(_("没有找到这个当事人。"))
    kept = Unmasking.objects.create(account_id=actor.account_id, party=party, field=field, purpose=purpose)
    _record("party", party_id, {"field": field, "unmasking": kept.pk})
    return str(getattr(party, field).plain())
