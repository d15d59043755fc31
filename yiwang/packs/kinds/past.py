"""Past cases of a demo: invented, entered as if another system had handled them."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access import actions as access
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.queries import Account, Party, party_by_code
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import slots as case_slots
from yiwang.foundation.orgs.queries import people_on
from yiwang.foundation.ratings import actions as ratings
from yiwang.packs import slots
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind
from yiwang.packs.synthetic.firms import firms
from yiwang.packs.synthetic.past import KIND, Worker, past_cases
from yiwang.packs.synthetic.people import population
from yiwang.services.items import queries as items
from yiwang.services.items.queries import PublishedItem

CITY_SEED = 9901  # the applicants are people and firms of the registers
CASES_PER_PARTY = 4
FORMER_SYSTEM = "past-ratings"  # the account in whose name ratings came in


class PastKind(case_slots.CaseKind):
    """Cases that were taken over from the system before: to look at and to count."""

    code = KIND
    name = _("历史办件（由原业务系统转入）")


def _parties(actor: Actor, kind: str, count: int) -> list[UUID]:
    found = []
    rows = population(CITY_SEED, 10 * count) if kind == "person" else firms(CITY_SEED, count)
    grown = (row for row in rows if kind != "person" or row["phone"])
    for row in islice(grown, count):
        code = row["identity_number"] if kind == "person" else row["uscc"]
        party = party_by_code(code) or access.register_party(
            actor, kind=Party.Kind.PERSON if kind == "person" else Party.Kind.ORGANISATION, name=row["name"], code=code
        )
        found.append(party.id)
    return found


def _workers(body: dict[str, Any], item: PublishedItem) -> dict[str, list[Worker]]:
    """Who did the steps: accounts by name, and under "" whoever holds a post of the agencies."""
    names = {step["by"] for path in body["paths"] for step in path["steps"] if "by" in step}
    accounts = Account.objects.filter(username__in=names)
    found = {account.username: [Worker(account.pk, account.name)] for account in accounts}
    today = timezone.localdate()
    held = [posting for code in body.get("agencies") or [item.agency_code] for posting in people_on(code, today)]
    found[""] = [Worker(posting.account_id, posting.account.name) for posting in held]
    return found


def _limits(item: PublishedItem) -> dict[str, dict[str, Any]]:
    limits = {"statutory": item.limits.statutory, "promised": item.limits.promised}
    found = {
        kind: {"count": limit.count, "unit": limit.unit} for kind, limit in limits.items() if limit and limit.count
    }
    if item.limits.acceptance_days and not item.instant:
        found["acceptance"] = {"count": item.limits.acceptance_days, "unit": "working"}
    return found


def _past(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    item = items.published(body["item"])
    count = slots.amount(body["count"])
    parties = _parties(actor, body["party"], max(count // CASES_PER_PARTY, 1))
    made = list(past_cases(body, item, parties, _workers(body, item), count, _limits(item)))
    entered = cases.import_past(actor, [one.past for one in made], str(document.code))
    former = Account.objects.filter(username=FORMER_SYSTEM).first() or access.register_account(
        actor, FORMER_SYSTEM, "原业务系统", demo=True, active=False
    )
    contacts = [
        ratings.PastContact(case, case.party_id, case.closed_at, one.judged, former.pk, one.grade)
        for case, one in zip(entered, made, strict=True)
        if case.closed_at is not None and case.party_id is not None
    ]
    if contacts:
        ratings.import_past(actor, contacts, str(document.code))


PAST = Kind("past", "past cases", lambda body: str(body["code"]), by_schema("past"), _past, demo=True, fixed=True)
case_slots.kinds.plug(KIND, PastKind())
