"""The cost of a step does not grow with a case's age (ASKS 26)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import citizen
from tests.factories.cases import open_permit, open_task
from tests.factories.moves import do, staff, steps
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def statements(actor: Actor, case: Case, step: str, outcome: str) -> int:
    task = open_task(case, step)
    with CaptureQueriesContext(connection) as captured:
        actions.complete(actor, task.id, outcome, "缺健康证明")
    return len(captured)


def size(case: Case) -> int:
    return len(bytes(Case.objects.get(pk=case.pk).engine))


def test_a_hundred_corrections_cost_each_what_the_first_did() -> None:
    applicant, people = citizen(), staff()
    case = open_permit(applicant)
    sizes, counts = [], []
    for _round in range(100):
        asked = statements(people["window-clerk"], case, "accept", "correct")
        counts.append((asked, statements(applicant, case, "correct", "resubmit")))
        sizes.append(size(case))
    # Both are flat: the first and the last differ by no more than the compression of other random names.
    assert len(set(counts[1:])) == 1, counts
    assert max(sizes) <= sizes[1] * 1.1, sizes
    do(people["window-clerk"], case, "accept", "accept")
    assert steps(case) == ["review_documents", "review_premises"]


def test_a_loop_inside_a_parallel_review_is_forgotten_too() -> None:
    people = staff()
    case = open_permit(citizen())
    do(people["window-clerk"], case, "accept", "accept")
    do(people["reviewer-premises"], case, "review_premises", "agree")
    sizes = []
    for _round in range(20):
        do(people["reviewer-documents"], case, "review_documents", "agree")
        actions.send_back(people["inspector"], open_task(case, "inspect").id, "review_documents", "再看")
        sizes.append(size(case))
    assert max(sizes) <= sizes[1] * 1.1, sizes
    do(people["reviewer-documents"], case, "review_documents", "agree")
    do(people["inspector"], case, "inspect", "pass")
    assert steps(case) == ["decide"]


def test_finishing_a_step_takes_few_statements() -> None:
    people, case = staff(), open_permit(citizen())
    # PostgreSQL takes what is written at the end of the act in one statement, the embedded store one for each table.
    accepting, agreeing = {"postgresql": (11, 9), "sqlite": (15, 13)}[connection.vendor]
    assert statements(people["window-clerk"], case, "accept", "accept") <= accepting
    assert statements(people["reviewer-documents"], case, "review_documents", "agree") <= agreeing
