"""Cases are found by any part of their title and of the applicant's name, however many there are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import citizen
from tests.factories.cases import open_permit, trial_kind
from tests.factories.desk import clerk
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import queries
from yiwang.foundation.cases.models import Case
from yiwang.kernel import pages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    with trial_kind():
        yield


def found(actor: Actor, text: str) -> list[str]:
    return [case.number for case in queries.staff_cases(actor, state="all", text=text).items]


def test_any_part_of_the_title_or_of_the_name_finds_it() -> None:
    case = open_permit(citizen("买买提江"))
    other = open_permit(citizen("周敏"))
    desk = clerk()
    both = {case.number, other.number}
    title = case.title
    assert set(found(desk, title)) == both
    assert set(found(desk, title[2:6])) == both
    assert found(desk, "买提江") == [case.number]
    assert found(desk, f"周敏 {title[:2]}") == [other.number], "in any order"
    assert found(desk, "周敏 买提") == [], "all of what was typed"
    assert found(desk, case.number) == [case.number]


def test_one_character_is_looked_for_in_the_title() -> None:
    case = open_permit(citizen("周敏"))
    assert found(clerk(), case.title[0]) == [case.number]
    assert found(clerk(), "%") == []


@pytest.mark.parametrize("typed", ['"', "%_", "食' OR 1=1 --", "NEAR(食品", "\\", "* 食品*", "（）"])
def test_nothing_typed_is_an_operator(typed: str) -> None:
    open_permit(citizen("周敏"))
    found(clerk(), typed)


def test_the_same_rows_come_however_deep_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    sought = [open_permit(citizen("买买提江")).number for _case in range(3)]
    for _case in range(4):
        open_permit(citizen("周敏"))
    for near in (1, 5, 1000):
        monkeypatch.setattr(pages, "NEAR", near)
        assert found(clerk(), "买买提") == sought[::-1]


def test_pages_of_what_was_found_follow_each_other() -> None:
    numbers = [open_permit(citizen("买买提江")).number for _case in range(5)]
    open_permit(citizen("周敏"))
    seen: list[str] = []
    cursor = ""
    while True:
        part = queries.staff_cases(clerk(), state="all", text="买买提", size=2, cursor=cursor)
        seen += [case.number for case in part.items]
        cursor = part.next
        if not cursor:
            break
    assert seen == numbers[::-1]


def test_who_may_not_see_a_case_does_not_find_it() -> None:
    case = open_permit(citizen("买买提江"))
    Case.objects.filter(id=case.id).update(agency_path="/elsewhere/", region_path="/elsewhere/")
    assert found(clerk(), "买买提") == []


def test_the_queue_is_searched_the_same_way() -> None:
    case = open_permit(citizen("买买提江"))
    open_permit(citizen("周敏"))
    tasks = queries.queue(clerk(), queries.QueueFilter(text="买提江")).items
    assert [task.case_id for task in tasks] == [case.id]
