"""Agencies are renamed, moved, merged and closed on a day, and any former day can be asked about."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import citizen, official
from tests.factories.cases import open_permit, trial_kind
from tests.helpers import recorded, refused
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.establishment import actions, queries
from yiwang.foundation.orgs.models import Agency, Posting
from yiwang.foundation.orgs.queries import agency_on, people_on, region_on
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
D = dt.date
BASIS = "云州市机构改革方案"


def names_on(keeper: Actor, day: dt.date) -> dict[str, str]:
    return {row.agency.code: row.agency.name for row in queries.agencies(keeper, day)}


def test_an_agency_s_former_name_is_known(keeper: Actor) -> None:
    refused(actions.rename_agency, official("clerk", ["cases.*"]), "rsj", "云州市人社局", on=D(2026, 3, 1), basis=BASIS)
    with recorded("establishment.rename_agency", by=keeper, kind="agency", subject="rsj"):
        actions.rename_agency(keeper, "rsj", "云州市人社与医保局", on=D(2026, 3, 1), basis=BASIS, short_name="市人社局")
    before, after = agency_on("rsj", D(2026, 2, 28)), agency_on("rsj", D(2026, 3, 1))
    assert before is not None
    assert after is not None
    assert (before.name, after.name, after.basis) == ("云州市人力资源和社会保障局", "云州市人社与医保局", BASIS)
    assert names_on(keeper, D(2025, 1, 1))["rsj"] == "云州市人力资源和社会保障局"
    assert Agency.objects.get(code="rsj").short_name == "市人社局"


@pytest.mark.parametrize(
    ("name", "on", "basis", "field"),
    [
        ("新名称", D(2999, 1, 1), BASIS, "on"),
        ("新名称", D(2026, 1, 1), " ", "basis"),
        ("云州市人力资源和社会保障局", D(2026, 1, 1), BASIS, "name"),
    ],
)
def test_a_change_without_sense_is_refused(keeper: Actor, name: str, on: dt.date, basis: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        actions.rename_agency(keeper, "rsj", name, on=on, basis=basis)
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_a_change_does_not_lie_before_the_last_one(keeper: Actor) -> None:
    actions.rename_agency(keeper, "rsj", "甲局", on=D(2026, 3, 1), basis=BASIS)
    with pytest.raises(Invalid):
        actions.rename_agency(keeper, "rsj", "乙局", on=D(2026, 2, 1), basis=BASIS)


def test_an_agency_is_moved_with_all_below_it(keeper: Actor) -> None:
    actions.put_agency(system(), "rsj-job", "云州市就业服务中心", region="990100", parent="rsj")
    refused(actions.move_agency, citizen(), "rsj", "scjg", on=D(2026, 3, 1), basis=BASIS)
    with recorded("establishment.move_agency", by=keeper, kind="agency", subject="rsj"):
        actions.move_agency(keeper, "rsj", "scjg", on=D(2026, 3, 1), basis=BASIS)
    assert Agency.objects.get(code="rsj-job").path == "/gov/scjg/rsj/rsj-job/"
    then = agency_on("rsj", D(2026, 2, 1))
    assert then is not None
    assert then.parent == "gov"
    depth = {row.agency.code: row.depth for row in queries.agencies(keeper, D(2026, 2, 1))}
    assert depth["rsj-job"] == 2
    with pytest.raises(Invalid):
        actions.move_agency(keeper, "scjg", "rsj-job", on=D(2026, 4, 1), basis=BASIS)


def test_a_merged_agency_ends_with_its_postings_and_roles(keeper: Actor) -> None:
    clerk = official("clerk", ["cases.read"], at=Agency.objects.get(code="rsj"))
    account = Account.objects.get(pk=clerk.account_id)
    actions.appoint(keeper, account.username, "rsj", "局长", D(2025, 1, 1))
    refused(actions.merge_agency, clerk, "rsj", "scjg", on=D(2026, 3, 1), basis=BASIS)
    with recorded("establishment.merge_agency", by=keeper, kind="agency", subject="rsj"):
        actions.merge_agency(keeper, "rsj", "scjg", on=D(2026, 3, 1), basis=BASIS)
    assert [posting.account for posting in people_on("rsj", D(2026, 2, 28))] == [account]
    assert people_on("rsj", D(2026, 3, 1)) == []
    assert not Grant.objects.filter(account=account).exists()
    assert "rsj" in names_on(keeper, D(2026, 2, 28))
    assert "rsj" not in names_on(keeper, D(2026, 3, 1))
    page = queries.agency(keeper, "scjg")
    assert [found.code for found in page.predecessors] == ["rsj"]
    with pytest.raises(Conflict):
        actions.rename_agency(keeper, "rsj", "甲局", on=D(2026, 4, 1), basis=BASIS)


def test_an_agency_with_others_below_or_open_cases_is_not_closed(keeper: Actor) -> None:
    refused(actions.close_agency, citizen(), "rsj", on=D(2026, 3, 1), basis=BASIS)
    with pytest.raises(Conflict) as refusal:
        actions.close_agency(keeper, "gov", on=D(2026, 3, 1), basis=BASIS)
    assert refusal.value.code == "agency-has-children"
    with trial_kind():
        open_permit(citizen())  # lies with the market authority
    for attempt in (
        lambda: actions.close_agency(keeper, "scjg", on=D(2026, 3, 1), basis=BASIS),
        lambda: actions.merge_agency(keeper, "scjg", "rsj", on=D(2026, 3, 1), basis=BASIS),
        lambda: actions.move_agency(keeper, "scjg", "rsj", on=D(2026, 3, 1), basis=BASIS),
    ):
        with pytest.raises(Conflict) as refusal:
            attempt()
        assert refusal.value.code == "agency-has-cases"


def test_an_agency_is_closed(keeper: Actor) -> None:
    with recorded("establishment.close_agency", by=keeper, kind="agency", subject="rsj"):
        actions.close_agency(keeper, "rsj", on=D(2026, 3, 1), basis=BASIS)
    assert agency_on("rsj", D(2026, 3, 1)) is None
    with pytest.raises(Missing):
        queries.agency(keeper, "nowhere")


def test_who_was_in_office_on_a_day(keeper: Actor) -> None:
    first, second = (Account.objects.get(pk=official("clerk", name=name).account_id) for name in ("甲", "乙"))
    refused(actions.appoint, citizen(), first.username, "rsj", "局长", D(2024, 1, 1))
    with recorded("establishment.appoint", by=keeper, kind="account", subject=first.pk):
        posting = actions.appoint(keeper, first.username, "rsj", "局长", D(2024, 1, 1))
    with pytest.raises(Conflict):
        actions.appoint(keeper, first.username, "rsj", "局长", D(2024, 6, 1))
    with pytest.raises(Missing):
        actions.appoint(keeper, first.username, "rsj", "处长", D(2024, 6, 1))
    with pytest.raises(Invalid):
        actions.appoint(keeper, "nobody", "rsj", "局长", D(2024, 6, 1))
    refused(actions.relieve, citizen(), posting.pk, D(2025, 1, 1))
    with recorded("establishment.relieve", by=keeper, kind="account", subject=first.pk):
        actions.relieve(keeper, posting.pk, D(2025, 1, 1))
    actions.appoint(keeper, second.username, "rsj", "局长", D(2025, 1, 1))
    assert [p.account.name for p in people_on("rsj", D(2024, 12, 31))] == ["甲"]
    assert [p.account.name for p in people_on("rsj", D(2025, 1, 1))] == ["乙"]
    with pytest.raises(Conflict):
        actions.relieve(keeper, posting.pk, D(2025, 2, 1))
    with pytest.raises(Invalid):
        actions.relieve(keeper, Posting.objects.latest("id").pk, D(2025, 1, 1))


def test_a_post_is_set_up(keeper: Actor) -> None:
    refused(actions.add_post, citizen(), "rsj", "档案岗")
    with recorded("establishment.add_post", by=keeper, kind="agency", subject="rsj"):
        assert actions.add_post(keeper, "rsj", "档案岗") == "new"
    assert actions.add_post(keeper, "rsj", "档案岗") == "same"


def test_a_division_s_former_name_is_known(keeper: Actor, admin: Actor) -> None:
    refused(actions.rename_region, keeper, "990100", "新州市", on=D(2026, 3, 1), basis=BASIS)
    with recorded("establishment.rename_region", by=admin, kind="region", subject="990100"):
        actions.rename_region(admin, "990100", "新州市", on=D(2026, 3, 1), basis="民政部批复")
    before, after = region_on("990100", D(2026, 2, 28)), region_on("990100", D(2026, 3, 1))
    assert before is not None
    assert after is not None
    assert (before.name, after.name) == ("云州市", "新州市")
