"""From an application to a grant: at once for what is shared freely, else by the provider, and by the data bureau for what is sensitive."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories.catalogue import offices
from tests.factories.people import official
from tests.factories.sharing import (
    FIELDS,
    LIN,
    Memory,
    applicant,
    bureau,
    client,
    granted,
    resource,
    steward,
    task_of,
    wish,
)
from tests.helpers import recorded, refused
from yiwang.data.sharing import actions, gate, gateway
from yiwang.data.sharing.models import Grant
from yiwang.data.sharing.modes import MODES
from yiwang.data.sharing.receivers import on_withdrawn
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.models import Case, Clock
from yiwang.foundation.events.slots import Happening
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing

pytestmark = pytest.mark.django_db
_FREE = {"share": "unconditional", "share_conditions": None}


def _fields(share: str) -> list[dict[str, object]]:
    from tests.factories.catalogue import resource_body

    return [{**field, "share": share} for field in resource_body()["fields"]]


def test_what_is_shared_freely_is_granted_at_once(memory: Memory) -> None:
    resource(**_FREE, fields=_fields("unconditional"))
    with recorded("sharing.apply", times=2):
        request = actions.apply(applicant(), wish())
    assert request.grant is not None
    case = Case.objects.get(id=request.case_id)
    assert (case.outcome, case.closed_at is not None) == ("granted", True)
    assert Grant.objects.get().per_day == 10_000


def test_one_conditional_field_is_enough_to_ask_the_provider(memory: Memory) -> None:
    fields = _fields("unconditional")
    fields[-1]["share"] = "conditional"
    resource(**_FREE, fields=fields)
    assert actions.apply(applicant(), wish()).grant is None
    assert actions.apply(applicant(), wish(fields=("name", "sex"), purpose="只要姓名和性别")).grant is not None


def test_the_provider_has_ten_working_days_and_settles_the_terms(memory: Memory) -> None:
    resource()
    request = actions.apply(applicant(), wish())
    clock = Clock.objects.get(case=request.case)
    assert (clock.kind, clock.count, clock.unit) == ("answer", 10, "working")
    until = timezone.localdate() + dt.timedelta(days=90)
    terms = actions.Terms(("name", "residence"), {"name": "cut"}, ("verify", "look-up"), 500, until, 60)
    someone = steward()
    with recorded("sharing.decide", by=someone, kind="data-request", subject=request.id):
        actions.decide(someone, task_of(request).id, terms, "只给必需的")
    grant = Grant.objects.get()
    assert (grant.modes, grant.per_day, grant.until, grant.cache) == (["look-up", "verify"], 500, until, 60)
    assert {field["name"]: field["agreed"] for field in grant.shape["fields"]} == {"name": "cut", "residence": "cut"}
    assert (grant.agency_id, grant.provider_id, grant.basis) == ("mzj", "gaj", "《社会救助暂行办法》第五十八条")
    assert list(grant.requests.values_list("id", flat=True)) == [request.id]


def test_a_sensitive_field_given_whole_goes_to_the_data_bureau_too(memory: Memory) -> None:
    resource()
    request = actions.apply(applicant(), wish())
    actions.decide(steward(), task_of(request).id, actions.Terms(FIELDS, {"residence": "keep"}))
    assert Grant.objects.count() == 0
    task = task_of(request)
    assert (task.step, task.role) == ("approve", "data-bureau")
    with pytest.raises(Denied):
        cases.complete(steward(), task.id, "agree")
    cases.complete(bureau(), task.id, "agree")
    assert Grant.objects.get().shape["fields"][-1]["agreed"] == "keep"


@pytest.mark.parametrize("step", ["provider", "bureau"])
def test_a_refusal_makes_no_grant_and_needs_a_reason(memory: Memory, step: str) -> None:
    resource()
    request = actions.apply(applicant(), wish())
    decider = steward()
    if step == "bureau":
        actions.decide(decider, task_of(request).id, actions.Terms(FIELDS, {"residence": "keep"}))
        decider = bureau()
    with pytest.raises(Invalid):
        cases.complete(decider, task_of(request).id, "refuse")
    cases.complete(decider, task_of(request).id, "refuse", "目的和岗位职责不符")
    request.case.refresh_from_db()
    assert (request.case.outcome, Grant.objects.count()) == ("refused", 0)


def test_a_provider_cannot_agree_past_the_terms_nor_give_more_than_was_asked(memory: Memory) -> None:
    resource()
    request = actions.apply(applicant(), wish(fields=("name", "residence"), modes=("verify",)))
    task = task_of(request)
    with pytest.raises(Conflict, match="字段"):
        cases.complete(steward(), task.id, "agree")
    beyond = actions.Terms(("name", "sex"), {"name": "sideways"}, ("look-up",), 20_000, dt.date(2099, 1, 1), 10**6)
    with pytest.raises(Invalid) as caught:
        actions.decide(steward(), task.id, beyond)
    assert {problem.field for problem in caught.value.problems} == {
        "fields",
        "masks.name",
        "modes",
        "per_day",
        "until",
        "cache",
    }


def test_nobody_decides_on_their_own_application(memory: Memory) -> None:
    resource()
    both = official("data-steward", ["sharing.*", "cases.complete", "cases.read"], at=offices()[0].parent)
    request = actions.apply(both, wish())
    with pytest.raises(Denied, match="同事"):
        actions.decide(both, task_of(request).id, actions.Terms(FIELDS))


def test_an_application_says_all_that_is_wrong_with_it(memory: Memory) -> None:
    resource()
    wrong = wish(fields=("salary",), purpose="", basis="", modes=("all",), per_day=0, until=timezone.localdate())
    with pytest.raises(Invalid) as caught:
        actions.apply(applicant(), wrong)
    assert {p.field for p in caught.value.problems} == {"fields", "purpose", "basis", "modes", "per_day", "until"}
    with pytest.raises(Missing):
        actions.apply(applicant(), wish(resource="999999-000001"))
    refused(actions.apply, steward(), wish())
    assert Case.objects.count() == 0


def test_a_resource_that_is_not_shared_cannot_be_applied_for(memory: Memory) -> None:
    resource(share="refused", share_reason="《中华人民共和国保守国家秘密法》第九条", share_conditions=None)
    with pytest.raises(Invalid, match="改好") as caught:
        actions.apply(applicant(), wish())
    assert "保守国家秘密法" in caught.value.problems[0].message


def test_the_same_application_waits_once_and_a_key_repeats_it(memory: Memory) -> None:
    resource()
    someone = applicant()
    first = actions.apply(someone, wish(), key="once")
    assert actions.apply(someone, wish(), key="once").id == first.id
    with pytest.raises(Conflict):
        actions.apply(someone, wish())


def test_a_renewal_keeps_the_number_and_may_widen(memory: Memory) -> None:
    resource()
    grant = granted(fields=("name",), modes=("verify",))
    later = timezone.localdate() + dt.timedelta(days=700)
    again = actions.apply(applicant(), wish(renews=grant.number, until=later))
    actions.decide(steward(), task_of(again).id, actions.Terms(FIELDS))
    grant.refresh_from_db()
    assert (grant.until, grant.modes, grant.revision) == (later, list(MODES), 2)
    assert [field["name"] for field in grant.shape["fields"]] == list(FIELDS)
    assert Grant.objects.count() == 1
    with pytest.raises(Missing):
        actions.apply(applicant(), wish(renews="SQ000", purpose="别的"))


def test_a_grant_is_narrowed_but_never_widened_without_an_application(memory: Memory) -> None:
    resource()
    grant = granted()
    holder = applicant()
    with recorded("sharing.narrow", by=holder, kind="grant", subject=grant.number):
        actions.narrow(
            holder, grant.number, fields=("name", "residence"), masks={"name": "cut"}, per_day=10, modes=("verify",)
        )
    grant.refresh_from_db()
    assert (grant.per_day, grant.modes, len(grant.shape["fields"])) == (10, ["verify"], 2)
    with pytest.raises(Invalid) as caught:
        actions.narrow(
            steward(), grant.number, fields=("sex",), masks={"name": "keep"}, per_day=11, modes=("file",),
            until=grant.until + dt.timedelta(days=1),
        )  # fmt: skip
    assert {p.field for p in caught.value.problems} >= {"fields", "per_day", "modes", "until"}
    with pytest.raises(Conflict):
        actions.narrow(holder, grant.number)
    refused(actions.narrow, steward(offices()[1]), grant.number, per_day=1)


def test_a_grant_is_suspended_resumed_and_revoked_by_those_who_answer_for_it(memory: Memory) -> None:
    resource()
    grant, caller = granted(), _caller()
    someone = steward()
    assert gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    with recorded("sharing.suspend", by=someone, kind="grant", subject=grant.number):
        actions.suspend(someone, grant.number, "数据质量核查")
    with pytest.raises(Denied, match="数据质量核查") as caught:
        gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    assert caught.value.code == "grant-suspended"
    with recorded("sharing.resume", kind="grant"):
        actions.resume(bureau(), grant.number)
    assert gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    refused(actions.suspend, applicant(), grant.number, "不行")
    refused(actions.resume, applicant(), grant.number)
    with recorded("sharing.revoke", kind="grant", subject=grant.number):
        actions.revoke(applicant(), grant.number, "系统下线，不再需要")
    with pytest.raises(Denied) as caught:
        gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    assert caught.value.code == "grant-revoked"
    with pytest.raises(Conflict):
        actions.revoke(someone, grant.number, "再来一次")
    refused(actions.revoke, steward(offices()[1]), grant.number, "越权")
    with pytest.raises(Conflict):
        actions.suspend(someone, grant.number, "已收回")


def test_a_grant_ends_with_its_last_day(memory: Memory) -> None:
    resource()
    grant, caller = granted(), _caller()
    Grant.objects.filter(id=grant.id).update(until=timezone.localdate() - dt.timedelta(days=1))
    with pytest.raises(Denied) as caught:
        gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    assert caught.value.code == "grant-expired"


def test_a_resource_that_leaves_the_catalogue_is_used_no_longer(memory: Memory) -> None:
    found = resource()
    grant, caller = granted(), _caller()
    assert gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    happening = Happening("1", "resource.withdrawn", found.code, {})
    with recorded("sharing.revoke", kind="grant", subject=grant.number):
        on_withdrawn(happening)
    with pytest.raises(Denied, match="撤回") as caught:
        gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对身份")
    assert caught.value.code == "grant-revoked"
    on_withdrawn(happening)  # told twice, done once
    grant.refresh_from_db()
    assert grant.revision == 2


def test_what_the_law_of_an_item_asks_for_is_granted_once(memory: Memory) -> None:
    found = resource()
    admin = bureau()
    asked = {
        "item": "990100-relief", "agency": "mzj", "fields": ["name"], "purpose": "办理“临时救助”", "basis": "《社会救助暂行办法》",
        "resource": {"code": found.code, "name": found.name, "provider": "gaj", "place": found.place, "keys": [],
                     "fields": [{"name": "name", "label": "姓名", "type": "text", "level": 2, "mask": "name", "agreed": "keep"}]},
    }  # fmt: skip
    with recorded("sharing.grant_by_law", by=admin, kind="grant"):
        grant = actions.grant_by_law(admin, **asked)
    assert (grant.by_law, grant.revision, grant.item) == (True, 1, "990100-relief")
    assert actions.grant_by_law(admin, **asked).revision == 1
    assert actions.grant_by_law(admin, **{**asked, "purpose": "改了"}).revision == 2
    refused(actions.grant_by_law, steward(), **asked)
    assert Grant.objects.count() == 1


def _caller() -> gate.Caller:
    system = client()
    return gate.Caller(system, gate.actor_of(system), frozenset(MODES))


def test_decide_refuses_others(memory: Memory) -> None:
    resource()
    request = actions.apply(applicant(), wish())
    refused(actions.decide, steward(offices()[1]), task_of(request).id, actions.Terms(FIELDS))
