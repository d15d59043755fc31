"""A task is for its role in its agency: others are refused, and nothing of the case changes."""

from __future__ import annotations

import pytest

from tests.factories import agency, citizen, official
from tests.factories.cases import open_permit, open_task
from tests.helpers import recorded, refused
from yiwang.foundation.cases.actions import claim, complete, finish_operation, release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]
PERMISSIONS = ["cases.*"]


def test_another_role_another_agency_and_the_applicant_may_neither_take_nor_give_back() -> None:
    applicant = citizen()
    task = open_task(open_permit(applicant), "accept")
    clerk = official("window-clerk", PERMISSIONS)
    strangers = [
        official("reviewer-documents", PERMISSIONS),
        official("window-clerk", PERMISSIONS, at=agency("rsj", "云州市人力资源和社会保障局")),
        applicant,
        citizen("邻居"),
    ]
    for stranger in strangers:
        refused(claim, stranger, task.id)
    with recorded("cases.claim", by=clerk, kind="task", subject=task.id):
        claim(clerk, task.id)
    for stranger in strangers:
        refused(release, stranger, task.id)
        refused(complete, stranger, task.id, "accept")
    with recorded("cases.release", by=clerk, kind="task", subject=task.id):
        release(clerk, task.id)


def test_what_the_node_does_nobody_does_in_its_place() -> None:
    task = open_task(open_permit(citizen()), "accept")
    refused(finish_operation, citizen("邻居"), str(task.id))
    refused(finish_operation, official("inspector", PERMISSIONS), str(task.id))
