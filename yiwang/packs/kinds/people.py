"""Roles, and the people of a demo with the papers they keep."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from yiwang.foundation.access import actions as access
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.queries import Account, Party, party_by_code
from yiwang.foundation.establishment import actions as establishment
from yiwang.foundation.files import actions as files
from yiwang.foundation.files import queries as files_queries
from yiwang.kernel.refusals import Missing
from yiwang.packs import actions
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind


def _role(actor: Actor, document: Document) -> None:
    body = document.body
    actions.put_role(actor, body["code"], body["name"], body["permissions"], data_level=body.get("data_level", 2))


def _party(actor: Actor, kind: str, name: str, code: str, phone: str = "") -> Party:
    known = party_by_code(code)
    return known or access.register_party(actor, kind=kind, name=name, code=code, phone=phone)


def _account(actor: Actor, document: Document) -> None:
    """An account of the demo with its person, firms, roles and posts; whatever is there already is kept."""
    body: dict[str, Any] = document.body
    account = Account.objects.filter(username=body["username"]).first()
    if account is None:
        account = access.register_account(
            actor,
            body["username"],
            body["name"],
            level=body.get("level", 0),
            demo=True,
            active=body.get("active", True),
        )
    since = timezone.localdate() - dt.timedelta(days=365)
    if person := body.get("person"):
        party = _party(actor, Party.Kind.PERSON, body["name"], person["identity_number"], person.get("phone", ""))
        access.grant_standing(actor, account.pk, party.id, ground="self", since=since)
    for firm in body.get("firms", []):
        party = _party(actor, Party.Kind.ORGANISATION, firm["name"], firm["uscc"])
        access.grant_standing(actor, account.pk, party.id, ground=firm["ground"], since=since)
    actions.set_grants(actor, account.pk, body.get("grants", []), since=since)
    for held in body.get("posts", []):
        establishment.put_posting(
            actor, account.pk, held["agency"], held["post"], dt.date.fromisoformat(held["since"]),
            dt.date.fromisoformat(held["until"]) if held.get("until") else None,
        )  # fmt: skip


def _material(actor: Actor, document: Document) -> None:
    """A paper in the library of a demo account's person or firm; the same paper again is not kept twice."""
    body: dict[str, Any] = document.body
    party = party_by_code(body["party"])
    account = Account.objects.filter(username=body["account"], demo=True).first()
    if account is None or party is None:
        raise Missing(
            f"there is no demo account {body['account']!r} that acts for {body['party']!r}; declare it in accounts/"
        )
    owner = of_account(account, party_id=party.id, channel="command")
    if any(material.title == body["title"] for material in files_queries.library(owner)):
        return
    files.add_material(
        owner, name=body["file"], content=(document.folder / body["file"]).read_bytes(), kind=body["kind"],
        title=body["title"], valid_until=timezone.localdate() + dt.timedelta(days=body["valid_days"]) if "valid_days" in body else None,
    )  # fmt: skip


MATERIALS = Kind(
    "materials", "material", lambda body: f"{body['account']}:{body['title']}", by_schema("material"), _material,
    beside=lambda body: [body["file"]], demo=True, fixed=True,
)  # fmt: skip
ROLES = Kind("roles", "role", lambda body: str(body["code"]), by_schema("role"), _role)
ACCOUNTS = Kind(
    "accounts", "account", lambda body: str(body["username"]), by_schema("account"), _account, demo=True, fixed=True
)
