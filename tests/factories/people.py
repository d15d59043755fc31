"""A small city with people in it."""

from __future__ import annotations

import datetime as dt
from itertools import count

from yiwang.foundation.access.models import Grant, Role
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.models import Account, Party, Standing
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.orgs.models import Agency, Region
from yiwang.foundation.orgs.queries import identity_check_digit, uscc_check_character

_numbers = count(1)
LONG_AGO = dt.date(2020, 1, 1)


def city() -> Region:
    """云州市 in its invented province."""
    province, _made = Region.objects.get_or_create(
        code="990000", defaults={"name": "云岭省", "level": "province", "path": "/990000/"}
    )
    region, _made = Region.objects.get_or_create(
        code="990100",
        defaults={"name": "云州市", "level": "city", "parent": province, "path": "/990000/990100/"},
    )
    return region


def agency(code: str = "scjg", name: str = "云州市市场监督管理局", parent: Agency | None = None) -> Agency:
    path = f"{parent.path if parent else '/'}{code}/"
    found, _made = Agency.objects.get_or_create(
        code=code, defaults={"name": name, "region": city(), "path": path, "parent": parent}
    )
    return found


def identity_number(serial: int, born: str = "19800101") -> str:
    """A valid identity number of the invented city."""
    first = f"990102{born}{serial % 1000:03d}"
    return first + identity_check_digit(first)


def social_credit_code(serial: int) -> str:
    """A valid unified social credit code of the invented city."""
    first = f"91990102MA{serial:07d}"
    return first + uscc_check_character(first)


def party(kind: str, name: str, code: str) -> Party:
    return Party.objects.create(kind=kind, name=name, code=code, code_hash=keyed_hash("party", code))


def citizen(name: str = "林晓梅", *, level: int = 3, born: str = "19800101") -> Actor:
    """A citizen with an account, acting for themself."""
    serial = next(_numbers)
    account = Account.objects.create_user(f"citizen{serial}", "demo-password", name=name, level=level)
    person = party("person", name, identity_number(serial, born))
    Standing.objects.create(account=account, party=person, ground="self", since=LONG_AGO)
    return of_account(account)


def firm_of(actor: Actor, name: str = "云州市晓梅餐饮有限公司") -> Actor:
    """The same citizen, acting as legal representative of a firm of theirs."""
    firm = party("organisation", name, social_credit_code(next(_numbers)))
    account = Account.objects.get(pk=actor.account_id)
    Standing.objects.create(account=account, party=firm, ground="legal-representative", since=LONG_AGO)
    return of_account(account, party_id=firm.id)


def official(role: str, permissions: list[str] | None = None, *, at: Agency | None = None, name: str = "") -> Actor:
    """An official who holds ``role`` in an agency (the market authority unless told otherwise)."""
    serial = next(_numbers)
    found, made = Role.objects.get_or_create(code=role, defaults={"name": role, "permissions": permissions or []})
    if not made and permissions:
        found.permissions = sorted({*found.permissions, *permissions})
        found.save()
    account = Account.objects.create_user(f"official{serial}", "demo-password", name=name or role, level=3)
    Grant.objects.create(account=account, role=found, agency=at or agency(), since=LONG_AGO)
    return of_account(account)
