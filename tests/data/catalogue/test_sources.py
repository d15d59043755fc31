"""One number, one source: the first resource that holds an element is its source, a second claim is settled as a case."""

from __future__ import annotations

import pytest

from tests.factories.catalogue import bureau, published_resource, resource_body, steward
from tests.helpers import recorded, refused
from yiwang.data.catalogue import actions, queries
from yiwang.data.catalogue.models import Claim
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = pytest.mark.django_db
OTHERS = "306001-000001"


@pytest.fixture(autouse=True)
def _two() -> None:
    """The police publish the residents, the civil affairs bureau a list of those it helps, which has names too."""
    published_resource()
    published_resource(OTHERS, provider="mzj", name="低保对象信息", fields=resource_body()["fields"][:2])


def _step(number: str, actor: object, outcome: str, opinion: str) -> None:
    task = case_queries.view(actor, number).task_for(actor)  # type: ignore[arg-type]
    assert task is not None
    cases.complete(actor, task.task.id, outcome, opinion)  # type: ignore[arg-type]


def test_the_first_is_the_source() -> None:
    assert queries.source_of("person.name") == "101001-000001"
    second = queries.entry(steward("mzj"), OTHERS).entry
    assert {origin.source.entry.code for origin in queries.origins(steward("mzj"), second) if origin.source} == {
        "101001-000001"
    }


def test_a_claim_is_heard_and_settled_by_the_bureau() -> None:
    mzj, police, data = steward("mzj"), steward(), bureau()
    with recorded("catalogue.claim", by=mzj, kind="claim"):
        claim = actions.claim(mzj, "person.name", OTHERS, "低保对象的姓名由民政核对")
    assert [origin.claim.id for origin in queries.origins(mzj, claim.entry) if origin.claim] == [claim.id]
    _step(claim.case.number, police, "object", "姓名以户籍登记为准")
    _step(claim.case.number, data, "move", "按三定规定")
    claim = Claim.objects.get()
    assert (claim.state, claim.reason) == ("moved", "按三定规定")
    assert queries.source_of("person.name") == OTHERS
    assert queries.source_of("person.identity_number") == "101001-000001"


def test_a_claim_may_be_turned_down() -> None:
    claim = actions.claim(steward("mzj"), "person.name", OTHERS, "我们也有")
    _step(claim.case.number, steward(), "object", "以户籍登记为准")
    _step(claim.case.number, bureau(), "keep", "《户口登记条例》规定由公安登记")
    assert Claim.objects.get().state == "kept"
    assert queries.source_of("person.name") == "101001-000001"


def test_only_one_claim_at_a_time_and_none_to_what_one_has() -> None:
    mzj = steward("mzj")
    actions.claim(mzj, "person.name", OTHERS, "理由")
    with pytest.raises(Conflict):
        actions.claim(mzj, "person.name", OTHERS, "理由")
    with pytest.raises(Conflict):
        actions.claim(steward(), "person.sex", "101001-000001", "理由")
    with pytest.raises(Invalid):
        actions.claim(mzj, "person.sex", OTHERS, "没有这一项")
    with pytest.raises(Invalid):
        actions.claim(mzj, "person.identity_number", OTHERS, " ")


def test_the_wrong_people_are_refused() -> None:
    refused(actions.claim, steward("gaj"), "person.name", OTHERS, "替别人提")
