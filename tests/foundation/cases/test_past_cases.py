"""Cases of a former system come in whole: tasks, clocks, journal and end as their procedure allows, on their own dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import agency, citizen, city, official
from tests.factories.cases import LIMITS, PERMIT, notices, trial_kind
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.actions import PastCase, PastStep
from yiwang.foundation.cases.models import Case, Clock, Task
from yiwang.foundation.cases.queries import procedure
from yiwang.foundation.ledger.models import Entry
from yiwang.foundation.ratings import actions as ratings
from yiwang.foundation.ratings.models import Contact, Rating
from yiwang.kernel.refusals import Invalid

pytestmark = pytest.mark.django_db
APPROVED = (
    ("accept", "accept", 3), ("review_documents", "agree", 4), ("review_premises", "agree", 4), ("inspect", "pass", 10),
    ("decide", "approve", 11), ("issue", "issued", 11),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _procedure() -> Iterator[None]:
    notices(2025, 2026)
    actions.publish_procedure(system(), "food_permit", "食品经营许可核发", PERMIT)
    with trial_kind():
        yield


def at(day: int, hour: int = 10) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, tzinfo=timezone.get_current_timezone())


def past(applicant: Actor, steps: tuple[tuple[str, str, int], ...], serial: int = 7) -> PastCase:
    return PastCase(
        serial=serial, kind="trial", type_code="food_permit", type_name="食品经营许可核发", procedure=procedure("food_permit").id,
        agency_code=agency().code, agency_path=agency().path, region_path=city().path, party_id=applicant.party_id,
        channel="web", opened_at=at(2), limits=LIMITS, starts=("acceptance",),
        steps=tuple(PastStep(step, outcome, at(day, 11 + place), name="刘芳") for place, (step, outcome, day) in enumerate(steps)),
    )  # fmt: skip


def test_a_finished_case_is_whole() -> None:
    applicant = citizen()
    refused(actions.import_past, official("clerk", ["cases.read"]), [past(applicant, APPROVED)], "旧系统")
    with recorded("cases.import", kind="import") as entries:
        [case] = actions.import_past(system(), [past(applicant, APPROVED)], "旧系统")
    found = Case.objects.get(number=case.number)
    assert case.number.startswith("990100260302")
    assert (found.outcome, found.created_at, found.closed_at) == ("approved", at(2), at(11, 16))
    assert list(found.tasks.order_by("done_at").values_list("step", "state")) == [
        (step, "done") for step, *_r in APPROVED
    ]
    assert found.tasks.get(step="inspect").created_at == at(4, 13)
    clocks = {clock.kind: clock for clock in found.clocks.all()}
    assert {clock.state for clock in clocks.values()} == {"stopped"}
    assert clocks["acceptance"].stopped_on == dt.date(2026, 3, 3)
    # 8 working days from 3 March; the days of the inspection (4 to 10 March) do not count.
    assert clocks["promised"].due_on == dt.date(2026, 3, 19)
    [entry] = entries
    assert {line.entry_id for line in found.journal.all()} == {entry.id}
    view = queries.view(applicant, case.number)
    assert view.journal[0].text == "提交申请（由原业务系统转入）"
    assert view.journal[-1].act == "cases.close"


def test_a_running_case_goes_on_here() -> None:
    [case] = actions.import_past(system(), [past(citizen(), APPROVED[:3])], "旧系统")
    task = Task.objects.get(case=case, state="open")
    assert (task.step, case.stage, case.paused) == ("inspect", "等待现场核查", True)
    assert Clock.objects.get(case=case, kind="promised").state == "suspended"
    inspector = official("inspector", ["cases.read", "cases.complete"])
    done = actions.complete(inspector, task.id, "pass", "合格")
    assert [opened.step for opened in done.opened] == ["decide"]


def test_what_the_procedure_does_not_allow_is_refused_and_nothing_is_kept() -> None:
    right, wrong = past(citizen(), APPROVED), past(citizen(), (("decide", "approve", 3),), serial=8)
    with pytest.raises(Invalid):
        actions.import_past(system(), [right, wrong], "旧系统")
    assert not Case.objects.exists()


def test_a_thousand_cases_cost_no_more_statements_than_one_batch() -> None:
    applicant = citizen()
    actions.import_past(system(), [past(applicant, APPROVED, 1)], "旧系统")
    one, fifty = [past(applicant, APPROVED, 2)], [past(applicant, APPROVED, serial) for serial in range(10, 60)]
    with CaptureQueriesContext(connection) as few:
        actions.import_past(system(), one, "旧系统")
    with CaptureQueriesContext(connection) as many:
        actions.import_past(system(), fifty, "旧系统")
    assert len(many) <= len(few) + 24  # what goes into one statement is limited by the number of values
    assert Entry.objects.filter(act="cases.import").count() == 3


def test_their_ratings_come_in_without_opening_follow_ups() -> None:
    applicant = citizen()
    [case] = actions.import_past(system(), [past(applicant, APPROVED)], "旧系统")
    assert case.closed_at is not None
    assert case.party_id is not None
    assert applicant.account_id is not None

    def contact(grade: int | None) -> ratings.PastContact:
        return ratings.PastContact(case, case.party_id, case.closed_at, (), applicant.account_id, grade, ())  # type: ignore[arg-type]

    refused(ratings.import_past, official("clerk", ["cases.read"]), [contact(1)], "旧系统")
    with pytest.raises(Invalid):
        ratings.import_past(system(), [contact(5)], "旧系统")
    with recorded("ratings.import", kind="import"):
        assert ratings.import_past(system(), [contact(2)], "旧系统") == 1
    assert Rating.objects.get().contact == Contact.objects.get(key=case.number)
