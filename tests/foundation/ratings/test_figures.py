"""Figures for those who lead; nothing in them gives away who said what."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from tests.factories import agency, citizen, official
from tests.factories.desk import browser
from tests.factories.ratings import closed_case, rated, service_supervisor
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.desk import actions as desk
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.ratings import queries
from yiwang.foundation.ratings.models import Contact
from yiwang.foundation.ratings.queries import Wanted, period
from yiwang.kernel.refusals import Denied

pytestmark = pytest.mark.django_db
ALL = Wanted("all")


@pytest.fixture
def leader() -> Actor:
    return official("chief", ["ratings.figures", "cases.read"])


def test_coverage_and_content_by_group(clerk: Actor) -> None:
    for grade in (1, 2, 3, 5):
        rated(clerk, grade)
    rated(clerk, 1, title="公共场所卫生许可", code="public_place", channel="mobile")
    closed_case(citizen(), clerk)  # not rated
    Worker().run(once=True)
    found = queries.figures(service_supervisor(), ALL)
    assert not found.shielded
    assert (found.total.ratable, found.total.rated, found.total.coverage, found.total.content) == (6, 5, 83, 80)
    assert found.total.grades == {1: 2, 2: 1, 3: 1, 4: 0, 5: 1}
    assert [(line.name, line.ratable, line.rated) for line in found.items] == [
        ("食品经营许可核发", 5, 4), ("公共场所卫生许可", 1, 1),
    ]  # fmt: skip
    assert [(line.code, line.rated) for line in found.channels] == [("pc", 4), ("mobile", 1)]
    assert [line.code for line in found.agencies] == ["scjg"]
    narrowed = queries.figures(service_supervisor(), Wanted("all", item="public_place"))
    assert narrowed.total.rated == 1


def test_small_groups_are_hidden_from_those_who_are_judged(clerk: Actor, leader: Actor) -> None:
    for code, count in (("a", 6), ("b", 5), ("c", 1)):
        for index in range(count):
            rated(clerk, 1 + index % 3, title=f"事项{code}", code=code)
    found = queries.figures(leader, ALL)
    assert found.shielded
    assert found.total.rated == 12
    shown = {line.code: line.hidden for line in found.items}
    assert shown == {"a": False, "b": True, "c": True}  # one alone could be worked out from the sum
    assert all(line.grades == {} and line.coverage is None for line in found.items if line.hidden)
    narrowed = queries.figures(leader, Wanted("all", item="c"))
    assert narrowed.total.rated == 12  # a filter would let two sets be subtracted


def test_a_handful_is_not_shown_at_all(clerk: Actor, leader: Actor) -> None:
    for _index in range(4):
        rated(clerk, 4)
    found = queries.figures(leader, ALL)
    assert (found.total.hidden, found.total.grades, found.total.ratable) == (True, {}, 4)
    assert queries.rows(leader, ALL).too_few
    page = browser(leader).get("/desk/ratings?period=all").content.decode()
    assert "不满意" not in page.split("<tbody>")[1].split("</tbody>")[0]
    assert "评价还少，不逐条显示" in browser(leader).get("/desk/ratings/rows?period=all").content.decode()


def test_rows_for_those_who_are_judged_name_nobody(clerk: Actor, leader: Actor) -> None:
    for index in range(6):
        rated(clerk, 1 + index % 5)
    rated(clerk, 5, title="少见的事", code="rare")
    found = queries.rows(leader, ALL)
    assert found.shielded
    assert len(found.page.items) == 7
    assert all(
        (row.who, row.reference, row.text, row.rated_at, row.followup, row.page) == ("", "", "", None, "", "")
        for row in found.page.items
    )
    assert {row.item for row in found.page.items} == {"食品经营许可核发", "其他事项"}
    assert [row.grade for row in found.page.items] == sorted((row.grade for row in found.page.items), reverse=True)
    page = browser(leader).get("/desk/ratings/rows?period=all&grade=5").content.decode()
    for contact in Contact.objects.all():
        assert contact.key not in page


def test_who_sets_things_right_sees_the_matter_but_not_of_their_own_work(clerk: Actor) -> None:
    looking = service_supervisor()
    rating = rated(clerk, 5)
    [row] = queries.rows(looking, ALL).page.items
    assert (row.reference, row.who, row.followup) == (rating.contact.key, "林**", rating.followup.number)  # type: ignore[union-attr]
    Contact.objects.update(judged=[looking.account_id])
    [row] = queries.rows(looking, ALL).page.items
    assert (row.own_work, row.reference, row.who) == (True, "", "")


def test_each_figure_opens_its_rows(clerk: Actor) -> None:
    for grade in (1, 5, 5):
        rated(clerk, grade)
    client = browser(service_supervisor())
    page = client.get("/desk/ratings").content.decode()
    for address, count in [("period=month&amp;grade=5", 2), ("period=month&amp;item=food_permit&amp;grade=1", 1)]:
        assert f"/desk/ratings/rows?{address}" in page
        opened = client.get(f"/desk/ratings/rows?{address.replace('&amp;', '&')}").content.decode()
        assert opened.count("<tr data-row") == count


def test_rows_are_exported_as_their_reader_sees_them(clerk: Actor, leader: Actor) -> None:
    for _index in range(5):
        rated(clerk, 5)
    exporter = official("exporter", ["ratings.figures", "desk.export"])
    made = desk.export(exporter, "ratings", "period=all", "季度分析")
    assert made.rows == 5
    for contact in Contact.objects.all():
        assert contact.key not in made.content.decode().replace(" ", "")


def test_reach_and_permission(clerk: Actor) -> None:
    rated(clerk, 5)
    elsewhere = official("other", ["ratings.figures", "ratings.identify"], at=agency("rsj", "人社局"))
    assert queries.figures(elsewhere, ALL).total.ratable == 0
    assert queries.rows(elsewhere, ALL).page.items == []
    for stranger in (clerk, citizen()):
        for read in (queries.figures, queries.rows):
            with pytest.raises(Denied):
                read(stranger, ALL)


def test_contacts_count_in_the_period_in_which_they_ended(clerk: Actor) -> None:
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now - dt.timedelta(days=400), tick=True):
        rated(clerk, 1)
    rated(clerk, 2)
    looking = service_supervisor()
    assert queries.figures(looking, ALL).total.rated == 2
    assert queries.figures(looking, Wanted("month")).total.grades[2] == 1
    assert queries.figures(looking, Wanted("month")).total.rated == 1
    assert queries.figures(looking, Wanted("last-month")).total.ratable == 0


@pytest.mark.parametrize(
    ("name", "since", "until"),
    [
        ("month", dt.date(2026, 1, 1), None),
        ("last-month", dt.date(2025, 12, 1), dt.date(2026, 1, 1)),
        ("quarter", dt.date(2026, 1, 1), None),
        ("year", dt.date(2026, 1, 1), None),
        ("all", None, None),
    ],
)
def test_periods_are_whole(name: str, since: dt.date | None, until: dt.date | None) -> None:
    assert period(name, dt.date(2026, 1, 31)) == (since, until)


def test_figures_and_rows_cost_the_same_for_few_and_many(clerk: Actor, django_assert_max_num_queries: Any) -> None:
    looking = service_supervisor()
    for count in (2, 8):
        for index in range(count):
            rated(clerk, 1 + index % 5)
        with django_assert_max_num_queries(4):
            queries.figures(looking, ALL)
        with django_assert_max_num_queries(1):
            queries.rows(looking, ALL)
