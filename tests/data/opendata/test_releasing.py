"""A resource is prepared by its provider, checked by the node, released by the bureau, and withdrawn with a reason."""

from __future__ import annotations

import duckdb
import pytest

from tests.factories import citizen
from tests.factories.opendata import (
    PARK_FIELDS,
    Tables,
    bureau,
    checked,
    open_parks,
    parks,
    plan,
    released,
    steward,
    table_resource,
)
from tests.helpers import recorded, refused
from yiwang.data.opendata import actions, jobs, queries, store
from yiwang.data.opendata.models import Change, Dataset, Edition, Preparation
from yiwang.foundation.access.queries import ANONYMOUS, system
from yiwang.foundation.events.models import Event
from yiwang.foundation.search.queries import search
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db


@pytest.fixture
def resource(held: Tables) -> None:
    table_resource(held, "parks", PARK_FIELDS, list(parks()))


def test_from_the_resource_to_the_public(resource: None) -> None:
    provider, reviewer = steward(), bureau()
    refused(actions.prepare, citizen(), plan())
    with recorded("opendata.prepare", by=provider, kind="dataset", subject="city-parks"):
        preparation = actions.prepare(
            provider, plan(fields={"opened_on": {"treatment": "generalise", "option": "year"}})
        )
    refused(actions.check, citizen(), preparation.id)
    with recorded("opendata.check", by=provider, kind="dataset"):
        actions.check(provider, preparation.id)
    refused(actions.finish_check, provider, preparation.id, None, "x")
    with recorded("opendata.finish_check", by=system(), kind="dataset"):
        jobs.check_now(str(preparation.id))
    preparation.refresh_from_db()
    assert (preparation.state, preparation.rows) == (Preparation.State.CHECKED, 40)
    assert preparation.report["passed"] is True
    refused(actions.submit, citizen(), preparation.id)
    with recorded("opendata.submit", by=provider, kind="dataset"):
        actions.submit(provider, preparation.id, "第一次开放")
    assert not queries.datasets(ANONYMOUS).items
    refused(actions.release, provider, preparation.id)
    with recorded("opendata.release", by=reviewer, kind="dataset", subject="city-parks"):
        edition = actions.release(reviewer, preparation.id, "同意")
    assert (edition.number, edition.rows, edition.note) == (1, 40, "第一次开放")
    dataset = queries.dataset(ANONYMOUS, "city-parks")
    assert dataset.open
    assert [each["type"] for each in edition.fields if each["name"] == "opened_on"] == ["text"]
    path = store.path_of("city-parks", preparation.id)
    first = duckdb.connect().execute(f"SELECT opened_on, area, _id FROM '{path}' ORDER BY _id LIMIT 1").fetchone()
    assert first == ("2001", 1000, 1)
    assert [hit.key for hit in search("公园").hits if hit.kind == "dataset"] == ["city-parks"]
    assert Event.objects.filter(type="dataset.released", subject="city-parks").count() == 1
    assert [row.kind for row in queries.changes(ANONYMOUS).items] == ["released"]


def test_who_submits_does_not_release(resource: None) -> None:
    reviewer = bureau()
    preparation = checked(reviewer, plan())
    actions.submit(reviewer, preparation.id)
    refused(actions.release, reviewer, preparation.id)
    assert actions.release(bureau("另一位"), preparation.id).number == 1


def test_what_was_checked_is_what_is_released(resource: None) -> None:
    provider = steward()
    preparation = checked(provider, plan())
    actions.submit(provider, preparation.id)
    path = store.path_of("city-parks", preparation.id)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Conflict, match="不一样"):
        actions.release(bureau(), preparation.id)
    assert not Edition.objects.exists()


def test_the_bureau_sends_back_and_the_provider_goes_on(resource: None) -> None:
    provider, reviewer = steward(), bureau()
    preparation = checked(provider, plan())
    with pytest.raises(Conflict):
        actions.send_back(reviewer, preparation.id, "太早")
    actions.submit(provider, preparation.id)
    with pytest.raises(Conflict):
        actions.prepare(provider, plan())
    refused(actions.send_back, provider, preparation.id, "说明不够")
    with pytest.raises(Invalid):
        actions.send_back(reviewer, preparation.id, "  ")
    with recorded("opendata.send_back", by=reviewer, kind="dataset"):
        actions.send_back(reviewer, preparation.id, "请补充数据项说明")
    again = actions.prepare(provider, plan(fields={"area": {"meaning": "绿地和水面的总面积"}}))
    assert (again.id, again.state) == (preparation.id, Preparation.State.DRAFT)


def test_a_new_edition_leaves_the_old_one_as_it_was(held: Tables) -> None:
    open_parks(held, 30)
    table_resource(held, "parks", PARK_FIELDS, list(parks(50)))
    second = released(plan())
    dataset = queries.dataset(ANONYMOUS, "city-parks")
    assert (second.number, dataset.current_id) == (2, second.id)
    assert queries.edition_of(dataset, 1).rows == 30
    refused(actions.withdraw_edition, steward(), "city-parks", 2, "错了")
    reviewer = bureau()
    with recorded("opendata.withdraw_edition", by=reviewer, kind="dataset", subject="city-parks"):
        actions.withdraw_edition(reviewer, "city-parks", 2, "面积单位有误")
    dataset = queries.dataset(ANONYMOUS, "city-parks")
    assert queries.edition_of(dataset).number == 1
    with pytest.raises(Missing, match="面积单位有误"):
        queries.edition_of(dataset, 2)
    with pytest.raises(Conflict):
        actions.withdraw_edition(reviewer, "city-parks", 1, "也不要了")
    assert [row.kind for row in queries.changes(ANONYMOUS).items] == ["released", "edition", "edition-withdrawn"]


def test_a_withdrawn_dataset_says_why(held: Tables) -> None:
    open_parks(held)
    refused(actions.withdraw, citizen(), "city-parks", "不想开放")
    reviewer = bureau()
    with recorded("opendata.withdraw", by=reviewer, kind="dataset", subject="city-parks"):
        actions.withdraw(reviewer, "city-parks", "来源有误")
    with pytest.raises(Missing, match="来源有误") as caught:
        queries.dataset(ANONYMOUS, "city-parks")
    assert caught.value.code == "withdrawn"
    assert not queries.datasets(ANONYMOUS).items
    assert not [hit for hit in search("公园").hits if hit.kind == "dataset"]
    assert Dataset.objects.get().state == Dataset.State.WITHDRAWN
    assert Change.objects.count() == 2


def test_what_cannot_be_opened_is_refused_with_all_that_is_wrong(held: Tables) -> None:
    fields = [
        *PARK_FIELDS,
        {"name": "manager_phone", "label": "管理员电话", "type": "phone", "level": 2, "open": "refused"},
    ]
    table_resource(held, "parks", fields, list(parks()))
    wrong = {
        "manager_phone": {"treatment": "keep"}, "area": {"treatment": "generalise", "option": "0"}, "free": {"treatment": "hash"}, "nothing": {},
    }  # fmt: skip
    with pytest.raises(Invalid) as caught:
        actions.prepare(steward(), plan(code="City Parks", theme="x", fields=wrong))
    assert {problem.field for problem in caught.value.problems} == {
        "code", "theme", "manager_phone.treatment", "area.option", "free.treatment", "nothing",
    }  # fmt: skip


def test_a_pack_installs_what_was_reviewed_before(resource: None) -> None:
    refused(actions.install, steward(), plan())
    with recorded("opendata.install", by=system(), kind="dataset", subject="city-parks", times=2):
        first = actions.install(system(), plan())
        again = actions.install(system(), plan())
    assert first is not None
    assert first == again
    assert actions.install(system(), plan(code="other", fields={"park_name": {"treatment": "drop"}})) is not None


def test_the_reviewer_reads_a_few_rows_of_the_very_file(resource: None) -> None:
    preparation = checked(steward(), plan(fields={"area": {"treatment": "drop"}}))
    view = queries.preparation(bureau(), "city-parks")
    assert view.preparation.id == preparation.id
    rows = queries.preview(bureau(), view, 3)
    assert (len(rows), len(rows[0]), rows[0][0]) == (3, 6, "第1公园")
