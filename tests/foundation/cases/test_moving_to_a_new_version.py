"""Running cases move to a newer version of their procedure together: first tried, then done by a job (ASKS 25)."""

from __future__ import annotations

import pytest

from tests.factories import citizen
from tests.factories.cases import PERMIT, open_permit, open_task
from tests.factories.desk import browser, whole_node
from tests.factories.moves import do, steps
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import Migration
from yiwang.foundation.events.worker import Worker
from yiwang.kernel.refusals import Conflict, Denied, Missing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]

# The documents are reviewed by another role under another name, and the window may no longer refuse.
NEWER = PERMIT.replace('role="reviewer-documents"', 'role="chief"').replace('name="资料审查"', 'name="材料审查"')
NEWER = NEWER.replace(
    '<yiwang:outcome code="correct" label="一次性告知补正"', '<yiwang:outcome code="mend" label="一次性告知补正"'
).replace("outcomes.accept == 'correct'", "outcomes.accept == 'mend'")


@pytest.fixture
def admin() -> Actor:
    return whole_node("procedures", ["cases.migrate"])


def test_a_trial_says_who_can_and_why_the_others_cannot_and_the_job_does_just_that(
    people: dict[str, Actor], admin: Actor
) -> None:
    waiting, reviewed, corrected = (open_permit(citizen()) for _index in range(3))
    do(people["window-clerk"], reviewed, "accept", "accept")
    do(people["reviewer-premises"], reviewed, "review_premises", "agree")
    actions.claim(people["reviewer-documents"], open_task(reviewed, "review_documents").id)
    do(people["window-clerk"], corrected, "accept", "correct")
    actions.publish_procedure(system(), "food_permit", "食品经营许可核发", NEWER)

    trial = queries.try_migration(admin, "food_permit")
    assert (trial.version, trial.can, trial.left_out) == (2, 2, 0)
    assert trial.cannot == ((corrected.number, "环节“受理”已经选过的结果在新版本里没有了"),)
    refused(actions.migrate, people["head"], "food_permit")
    with recorded("cases.migrate", by=admin, kind="procedure", subject="food_permit"):
        migration = actions.migrate(admin, "food_permit")
    with pytest.raises(Conflict):
        actions.migrate(admin, "food_permit")
    refused(actions.migrate_case, admin, migration.id, waiting.id)
    with recorded("cases.migrate_case", kind="case", times=3):
        Worker().run(once=True)
    [found] = queries.migrations(admin, "food_permit")
    assert (found.total, found.moved, found.stuck, found.finished_at is not None) == (3, 2, 1, True)
    assert [row["number"] for row in found.reasons] == [corrected.number]

    for case in (waiting, reviewed, corrected):
        case.refresh_from_db()
    assert [case.procedure.version for case in (waiting, reviewed, corrected)] == [2, 2, 1]
    task = open_task(reviewed, "review_documents")
    assert (steps(reviewed), task.role, task.name) == (["review_documents"], "chief", "材料审查")
    assert task.assignee is None  # who held it has not got the new role
    do(people["window-clerk"], waiting, "accept", "mend")
    assert steps(waiting) == ["correct"]
    assert steps(corrected) == ["correct"]
    assert actions.migrate_case(system(), migration.id, waiting.id)  # once is once
    assert Migration.objects.get().moved == 2


def test_a_case_that_would_stand_elsewhere_stays(people: dict[str, Actor], admin: Actor) -> None:
    case = open_permit(citizen())
    do(people["window-clerk"], case, "accept", "accept")
    shorter = PERMIT.replace(
        'sourceRef="accepted_or_not" targetRef="fork"', 'sourceRef="accepted_or_not" targetRef="inspect"'
    )
    actions.publish_procedure(system(), "food_permit", "食品经营许可核发", shorter)
    trial = queries.try_migration(admin, "food_permit")
    assert [reason for _number, reason in trial.cannot] == ["在新版本里会停在“现场核查”，和现在不同"]


def test_there_must_be_something_to_move(people: dict[str, Actor], admin: Actor) -> None:
    open_permit(citizen())
    with pytest.raises(Conflict) as caught:
        actions.migrate(admin, "food_permit")
    assert caught.value.code == "nothing-to-move"
    for ask in (actions.migrate, queries.try_migration):
        with pytest.raises(Missing):
            ask(admin, "nothing")
    with pytest.raises(Denied):
        queries.try_migration(people["head"], "food_permit")


def test_the_pages_try_move_and_show_how_far_it_is(people: dict[str, Actor], admin: Actor) -> None:
    reviewed, corrected = open_permit(citizen()), open_permit(citizen())
    do(people["window-clerk"], reviewed, "accept", "accept")
    actions.claim(people["reviewer-documents"], open_task(reviewed, "review_documents").id)
    do(people["window-clerk"], corrected, "accept", "correct")
    reader = whole_node("reader", ["cases.read_procedures", "cases.migrate"])
    client, address = browser(reader), "/staff/procedures/food_permit/migrate"
    assert "都在最新版本上" in client.get(address).content.decode()
    actions.publish_procedure(system(), "food_permit", "食品经营许可核发", NEWER)
    assert address in client.get("/staff/procedures/food_permit").content.decode()
    page = client.get(address).content.decode()
    for words in (
        "把办理中的办件改到第 2 版", "迁移这 1 件", "环节“受理”已经选过的结果在新版本里没有了", "“资料审查”改叫“材料审查”", "“材料审查”改由chief办",
        "已经认领的要退回，等新岗位认领",
    ):  # fmt: skip
        assert words in page, words
    assert not Migration.objects.exists(), "looking changes nothing"
    with recorded("cases.migrate", by=reader, kind="procedure", subject="food_permit"):
        started = client.post(address)
    running = client.get(started["Location"]).content.decode()
    assert "正在迁移" in running
    assert 'hx-trigger="every 1s"' in running
    again = client.post(address)
    assert again.status_code == 409
    assert "正在迁移，请等它结束" in again.content.decode()
    Worker().run(once=True)
    page = client.get(started["Location"]).content.decode()
    assert "正在迁移" not in page
    assert corrected.number in page
    assert "以前的迁移" in client.get(address).content.decode()
    other = browser(people["head"])
    for path in (address, started["Location"]):
        assert other.get(path).status_code == 403
