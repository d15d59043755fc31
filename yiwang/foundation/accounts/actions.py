"""Changing accounts, parties and standings.

This room lies below the frame of acts, so these are plain functions for use inside an act of a room above. The acts
themselves are in :mod:`yiwang.foundation.access.actions` (ADR 0001).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from functools import cache
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.orgs.queries import identity_number_error, uscc_error
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .locks import unlock
from .models import Account, Level, Party, Standing

__all__ = [
    "DEMO_PASSWORD", "create_account", "create_party", "create_standing", "drop_second_factors", "end_sessions", "end_standing", "second_factors",
    "set_active", "set_level", "set_temporary_password", "temporary_password", "unlock",
]  # fmt: skip

# Known to everybody; opens nothing on a node that is not in demo mode (backend.py).
DEMO_PASSWORD = "demo-password"  # noqa: S105


@cache
def _demo_hash() -> str:
    """The hash of the demo password, made once: it protects nothing, and a slow hash for each account keeps a city waiting."""
    return make_password(DEMO_PASSWORD)


def _refuse(field: str, rule: str, message: str) -> None:
    raise Invalid(message, problems=[Problem(field, rule, message)])


def create_account(
    username: str,
    name: str,
    *,
    password: str = "",
    level: int = 0,
    demo: bool = False,
    temporary: bool = False,
    active: bool = True,
) -> Account:
    """Open an account. A demo account gets the demo password; another needs one that passes the node's rules.

    ``temporary``: its owner must change the password before anything else. One that is not ``active`` stands in the
    directory and cannot sign in.
    ``level`` is the real-name level, 0 … 4. Raises :class:`Invalid` or, for a taken name, :class:`Conflict`.
    """
    username, name = username.strip(), name.strip()
    if not username:
        _refuse("username", "required", _("请填写账号"))
    if not name:
        _refuse("name", "required", _("请填写姓名"))
    if not 0 <= level <= 4:
        _refuse("level", "range", _("实名等级应在 0 到 4 之间"))
    if not demo:
        try:
            validate_password(password, Account(username=username, name=name))
        except ValidationError as error:
            _refuse("password", "weak", " ".join(error.messages))
    try:
        with transaction.atomic():
            account = Account(
                username=username, name=name, level=level, demo=demo, password_temporary=temporary, is_active=active
            )
            if demo:
                account.password = _demo_hash()
            else:
                account.set_password(password)
            account.save(force_insert=True)
            return account
    except IntegrityError:
        raise Conflict(_("账号“%(name)s”已经有人用了，请换一个。") % {"name": username}, code="taken") from None


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when it is read out


def temporary_password() -> str:
    """Twelve letters in groups of four, about 59 bits: to be handed over on paper and changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _place in range(4)) for _group in range(3))


def set_temporary_password(account: Account) -> str:
    """Give the account a password that must be changed at once, and end its sessions. Returns it; it is kept nowhere."""
    if account.demo:
        raise Conflict(_("示例账号的密码是公开的，不能重设。"), code="demo-account")
    password = temporary_password()
    account.set_password(password)
    account.password_temporary = True
    account.save(update_fields=["password", "password_temporary"])
    end_sessions(account)
    return password


def drop_second_factors(account: Account) -> int:
    """Take all second factors and recovery codes from the account, and end its sessions. Returns how many there were."""
    count, _tables = Authenticator.objects.filter(user=account).delete()
    end_sessions(account)
    return int(count)


def set_active(account: Account, active: bool) -> None:
    """Close the account, or open it again; closed, its sessions end."""
    account.is_active = active
    account.save(update_fields=["is_active"])
    if not active:
        end_sessions(account)


def set_level(account: Account, level: int) -> None:
    """Write down how surely the node knows who is behind the account. Raises :class:`Invalid` for a level that is none."""
    if level not in Level.values:
        _refuse("level", "range", _("实名等级应在 0 到 4 之间"))
    account.level = level
    account.save(update_fields=["level"])


def end_sessions(account: Account) -> None:
    """Sign the account out everywhere."""
    for session in UserSession.objects.filter(user=account):
        session.end()


def second_factors(account: Account) -> set[str]:
    """The kinds of second factor that the account has (totp, webauthn, recovery_codes)."""
    return set(Authenticator.objects.filter(user=account).values_list("type", flat=True))


def create_party(kind: str, name: str, code: str, *, phone: str = "") -> Party:
    """Enter a natural person or an organisation under its code. Raises :class:`Invalid`, or :class:`Conflict` if known."""
    name, code, phone = name.strip(), code.strip().upper(), phone.strip()
    if kind not in Party.Kind.values:
        _refuse("kind", "choice", _("当事人应是自然人，或者法人和其他组织"))
    if not name:
        _refuse("name", "required", _("请填写姓名或名称"))
    trouble = identity_number_error(code) if kind == Party.Kind.PERSON else uscc_error(code)
    if trouble:
        _refuse("code", "format", trouble)
    try:
        with transaction.atomic():
            party = Party.objects.create(
                kind=kind, name=name, code=code, code_hash=keyed_hash("party", code), phone=phone
            )
    except IntegrityError:
        raise Conflict(_("这个号码的当事人已经登记过了。"), code="known") from None
    party.refresh_from_db(fields=["code", "phone"])  # sealed, so masked when shown, from the first moment
    return party


def create_standing(
    account_id: int,
    party_id: UUID,
    ground: str,
    *,
    since: dt.date,
    until: dt.date | None = None,
    matters: Sequence[str] = (),
) -> Standing:
    """Let an account act for a party from ``since`` to the day before ``until``. The same again renews the term and the ``matters``."""
    if ground not in Standing.Ground.values:
        _refuse("ground", "choice", _("请说明代表当事人的依据：本人、法定代表人或者受托人"))
    if until is not None and until <= since:
        _refuse("until", "order", _("截止日期应在开始日期之后"))
    account = Account.objects.filter(pk=account_id).first()
    party = Party.objects.filter(pk=party_id).first()
    if account is None or party is None:
        raise Missing(_("没有找到这个账号或者当事人。"))
    if ground == Standing.Ground.SELF:
        if party.kind != Party.Kind.PERSON:
            _refuse("ground", "self", _("只有自然人可以由本人办理"))
        if Standing.objects.filter(account=account, ground=ground).exclude(party=party).exists():
            raise Conflict(_("这个账号已经对应另一位本人。"), code="another-self")
    standing, _made = Standing.objects.update_or_create(
        account=account,
        party=party,
        ground=ground,
        defaults={"since": since, "until": until, "matters": sorted(matters)},
    )
    return standing


def end_standing(standing: Standing, on: dt.date) -> None:
    """Let nobody act on this ground from the day ``on``. One that has ended before stays as it is."""
    if standing.until is None or standing.until > on:
        standing.until = on
        standing.save(update_fields=["until"])
