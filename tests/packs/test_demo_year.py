"""The demo city has a past: a year of cases, agencies that were reformed, people who held posts; and it stays true and removable."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from tests.helpers import refused
from yiwang.foundation.access.queries import Actor, of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.accounts.queries import demo_accounts
from yiwang.foundation.cases.models import Case, Clock
from yiwang.foundation.cases.queries import board, most_opened
from yiwang.foundation.establishment import queries
from yiwang.foundation.ledger.models import Entry
from yiwang.foundation.orgs.models import Agency, Region
from yiwang.foundation.orgs.queries import agency_on, people_on
from yiwang.foundation.ratings.models import Rating
from yiwang.kernel.refusals import Conflict, Missing
from yiwang.packs import actions, demo, reading
from yiwang.packs.models import Declared, Installation
from yiwang.services.items.queries import published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_city")]


def admin() -> Actor:
    return of_account(Account.objects.get(username="admin"))


def test_a_year_of_cases_is_there_and_the_ledger_says_where_they_come_from() -> None:
    cases = Case.objects.filter(kind="past")
    assert cases.count() >= 100
    assert cases.filter(created_at__lt=timezone.now() - dt.timedelta(days=180)).exists()
    assert not cases.filter(closed_at__lt=F("created_at")).exists()
    imports = set(Entry.objects.filter(act="cases.import").values_list("id", flat=True))
    assert {line.entry_id for case in cases[:5] for line in case.journal.all()} <= imports
    assert not Clock.objects.filter(case__closed_at__isnull=False).exclude(state="stopped").exists()
    assert Rating.objects.filter(grade__lte=3).exists()


def test_every_item_that_is_applied_for_has_a_past_and_the_first_page_shows_the_most_used() -> None:
    folders = [reading.read(reading.find(name)).documents for name in demo.PACKS]
    applied_for = {
        str(document.body["code"])
        for documents in folders
        for document in documents
        if document.kind == "items" and document.body.get("procedure")
    }
    past = Counter(Case.objects.filter(kind="past").values_list("type_code", flat=True))
    assert set(past) == applied_for
    assert len(applied_for) == 11
    lately = [code for code, _name in most_opened(("application", "past"), 8)]
    assert lately
    page = Client().get("/").content.decode()
    assert all(f"/items/{code}" in page for code in lately)
    outcomes = Case.objects.filter(kind="past").exclude(closed_at=None).values_list("type_code", "outcome")
    assert all(len({outcome for code, outcome in outcomes if code == item}) > 1 for item in past), (
        "things went differently"
    )


def test_the_board_has_colours_and_the_queues_of_sample_accounts_are_not_filled() -> None:
    supervisor = of_account(Account.objects.get(username="supervisor"))
    assert sum(board(supervisor).counts.values()) >= 4
    running = set(Case.objects.filter(kind="past", closed_at=None).values_list("agency_id", flat=True))
    assert all(code.endswith("-gov") for code in running)


def test_reforms_are_known_by_the_day() -> None:
    before, after = agency_on("sjj", dt.date(2023, 1, 1)), agency_on("sjj", dt.date(2025, 1, 1))
    assert before is not None
    assert after is not None
    assert (before.name, after.name) == ("云州市大数据管理局", "云州市数据局")
    assert agency_on("scjg", dt.date(2018, 1, 1)) is None
    assert agency_on("gsj", dt.date(2018, 1, 1)) is not None
    assert agency_on("gsj", dt.date(2019, 1, 10)) is None
    assert {found.code for found in queries.agency(admin(), "scjg").predecessors} == {"gsj", "syj"}
    for agency in Agency.objects.filter(until=None).exclude(code="rsj-job"):
        assert people_on(agency.code, timezone.localdate()), f"nobody works at {agency}"


def test_colleagues_are_not_offered_on_the_sign_in_page() -> None:
    offered = {account.username for group in demo_accounts() for account in group.accounts}
    assert "clerk" in offered
    assert not any(name.startswith("staff") for name in offered)


def test_grids_fill_their_villages() -> None:
    def area(region: Region) -> float:
        assert region.shape is not None
        ring = region.shape["coordinates"][0]
        return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))) / 2

    city = Region.objects.get(code="990100")
    whole = area(city)
    for level in ("county", "town", "village", "grid"):
        parts = sum(area(region) for region in Region.objects.filter(level=level))
        assert parts == pytest.approx(whole, rel=1e-3), level


def test_what_others_need_or_cases_run_on_is_not_removed() -> None:
    refused(actions.remove, of_account(Account.objects.get(username="clerk")), "unemployment")
    for name, field in (("yunzhou", "requires"), ("yunzhou_history", "past"), ("food_permit", "items")):
        with pytest.raises(Conflict) as refusal:
            actions.remove(system(), name)
        assert field in {problem.field for problem in refusal.value.problems}


def test_an_item_that_nobody_waits_for_is_withdrawn_with_its_pack() -> None:
    Declared.objects.filter(pack="yunzhou_history").delete()
    Installation.objects.filter(name="yunzhou_history").delete()
    assert actions.remove(system(), "rental_housing") == 1  # it stood on the next
    assert actions.remove(system(), "unemployment") == 1
    with pytest.raises(Missing):
        published("990100-rsj-unemployment")
    assert Case.objects.filter(type_code="990100-rsj-unemployment").exists()
