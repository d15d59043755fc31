"""Who must supply what, what is not shared, and whether resources are updated in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from django.utils import timezone

from tests.factories.catalogue import POPULATION, bureau, offices, published_resource, resource_body, steward
from tests.factories.people import official
from tests.factories.standards import library
from tests.helpers import recorded, refused
from yiwang.data.catalogue import actions, queries
from yiwang.data.catalogue.jobs import measure_all
from yiwang.data.catalogue.models import Entry, Overdue
from yiwang.data.catalogue.resources import Change, Holding
from yiwang.data.catalogue.slots import Need, holders, needs
from yiwang.foundation.access.actors import forget_actors
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import Actor, of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


class Shelf:
    """A holder with one place."""

    def __init__(self, as_of: dt.date) -> None:
        self.as_of = as_of

    def holding(self, place: str) -> Holding:
        if place != "shelf:people":
            raise Missing("no such place")
        return Holding(1234, self.as_of, None)

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        return [None for _key in keys]

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[Any]:
        yield from ()

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        return []


def _whole_node(actor: Actor) -> Actor:
    """The same official, for the whole node."""
    Grant.objects.filter(account=actor.account_id).update(agency=None)
    forget_actors()
    return of_account(Account.objects.get(pk=actor.account_id))


def test_the_responsibility_list_has_sources_duties_and_needs() -> None:
    published_resource()
    data = _whole_node(bureau())
    with recorded("catalogue.declare_duty", by=data, kind="duty"):
        duty = actions.declare_duty(data, "gaj", "person.residence", "《户口登记条例》第三条")
    need = Need("person.phone", "失业登记", "rsj", "/desk/items/x/")
    with needs.plugged("test", lambda: [need]):
        rows = {row.element: row for row in queries.responsibility_list(steward("mzj"))}
    assert (rows["person.name"].state, rows["person.name"].agency.code if rows["person.name"].agency else "") == (
        "supplied",
        "gaj",
    )
    assert (rows["person.residence"].state, rows["person.residence"].duty and rows["person.residence"].duty.id) == (
        "owed",
        duty.id,
    )
    assert (rows["person.phone"].state, rows["person.phone"].needs) == ("nobody", [need])
    with recorded("catalogue.end_duty", by=data, subject=duty.id):
        actions.end_duty(data, duty.id)
    assert "person.residence" not in {row.element for row in queries.responsibility_list(steward())}
    with pytest.raises(Missing):
        actions.end_duty(data, duty.id)


def test_the_negative_list_has_whole_resources_and_single_fields() -> None:
    fields = resource_body()["fields"]
    fields[3] |= {"share": "refused"}
    published_resource(fields=fields)
    published_resource(
        "101001-000002", share="refused", share_reason="《国家情报法》第十九条", share_conditions=None, share_mode=None
    )
    rows = [(row.entry.code, row.field, row.reason) for row in queries.negative_list(steward("mzj"))]
    assert rows == [(POPULATION, "住址", ""), ("101001-000002", "", "《国家情报法》第十九条")]


def test_what_the_node_reads_is_measured_and_the_late_are_asked_once() -> None:
    published_resource(place="shelf:people")
    shelf = Shelf(TODAY() - dt.timedelta(days=30))
    with holders.plugged("shelf", shelf):
        with recorded("catalogue.measure", kind="freshness"):
            measure_all()
        entry = Entry.objects.get(code=POPULATION)
        assert (entry.freshness, entry.rows) == ("late", 1234)
        actions.measure(system("job"), [POPULATION])
        overdue = Overdue.objects.get()
        shelf.as_of = TODAY()
        actions.measure(system("job"), [POPULATION])
        assert Entry.objects.get(code=POPULATION).freshness == "fresh"
    police = steward()
    task = case_queries.view(police, overdue.case.number).task_for(police)
    assert task is not None
    cases.complete(police, task.task.id, "updated")
    overdue.refresh_from_db()
    assert overdue.closed_at is not None


def test_a_place_that_cannot_be_read_is_told_and_harms_nothing() -> None:
    published_resource(place="shelf:nothing")
    with holders.plugged("shelf", Shelf(TODAY())):
        assert actions.measure(system("job"), [POPULATION]) == {POPULATION: "broken"}
    assert not Overdue.objects.exists()


def test_a_provider_reports_what_the_node_does_not_read() -> None:
    published_resource()
    police = steward()
    with recorded("catalogue.report", by=police, subject=POPULATION):
        entry = actions.report(police, POPULATION, TODAY(), rows=5)
    assert (entry.freshness, entry.rows) == ("fresh", 5)
    with pytest.raises(Invalid):
        actions.report(police, POPULATION, TODAY() + dt.timedelta(days=1))
    Entry.objects.filter(code=POPULATION).update(place="shelf:people")
    with holders.plugged("shelf", Shelf(TODAY())), pytest.raises(Conflict):
        actions.report(police, POPULATION, TODAY())


def test_figures_count_by_agency(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    offices()
    library()
    actions.enter_system(system(), "hukou", "人口信息系统", "gaj")
    actions.enter_system(system(), "archive", "档案系统", "gaj")
    published_resource(system="hukou")
    data = bureau()
    with django_assert_num_queries(6):
        found = queries.statistics(data)
    assert (found.total.systems, found.total.covered, found.total.coverage) == (2, 1, 50)
    assert [
        (line.agency.code if line.agency else "", line.entries, line.conditional, line.sources) for line in found.lines
    ] == [("gaj", 1, 1, 3)]


def test_the_wrong_people_are_refused() -> None:
    published_resource()
    police = steward()
    duty = actions.declare_duty(system(), "gaj", "person.name", "《户口登记条例》")
    refused(actions.declare_duty, police, "gaj", "person.name", "自己定")
    refused(actions.end_duty, police, duty.id)
    refused(actions.measure, police, [POPULATION])
    refused(actions.report, official("nobody", ["catalogue.read"]), POPULATION, TODAY())
