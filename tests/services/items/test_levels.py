"""One item at four levels stays the same in what must be the same 四级四同."""

from __future__ import annotations

import pytest

from tests.factories import agency, city, official
from tests.factories.browsing import browser_of
from tests.factories.items import permit_body, published_item
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.orgs import actions as orgs
from yiwang.kernel.refusals import Invalid
from yiwang.services.items import actions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parts_beside_the_point")]
BELOW = "990102-food-permit"


@pytest.fixture(autouse=True)
def county() -> None:
    """The city has published the permit; a county below it has an agency of its own."""
    city()
    agency()
    published_item()
    orgs.put_region("990102", "云山区", "county", parent="990100")
    orgs.put_agency("ys-scjg", "云山区市场监督管理局", region="990102")


def test_a_county_says_what_the_city_says() -> None:
    body = permit_body(code=BELOW, agency="ys-scjg", region="990102")
    version = actions.draft(system(), body)
    assert actions.submit(system(), BELOW, version.number).state == "review"


def test_what_departs_from_above_is_named_field_by_field() -> None:
    changes = {
        "type": "07",
        "basic": {"code": "000131001", "name": "餐饮许可"},
        "basis": [{"title": "食品安全法（2021年修正）"}],
    }
    version = actions.draft(system(), permit_body(code=BELOW, agency="ys-scjg", region="990102", **changes))
    with pytest.raises(Invalid) as caught:
        actions.submit(system(), BELOW, version.number)
    told = {problem.field: str(problem.message) for problem in caught.value.problems}
    assert set(told) == {"type", "basic.name", "basis"}
    assert "云州市写的是“01”，这里是“07”" in told["type"]


def test_local_law_may_be_added_and_remarks_do_not_count() -> None:
    basis = [
        {"title": "中华人民共和国食品安全法（2021年修正）"},
        {"title": "《食品经营许可和备案管理办法》（国家市场监督管理总局令第78号）"},
        {"title": "《云岭省食品小作坊管理条例》"},
    ]
    version = actions.draft(system(), permit_body(code=BELOW, agency="ys-scjg", region="990102", basis=basis))
    assert actions.submit(system(), BELOW, version.number).state == "review"


def test_both_levels_see_it_on_their_page() -> None:
    body = permit_body(code=BELOW, agency="ys-scjg", region="990102", type="07")
    actions.draft(system(), body)
    manager = official("item-manager", ["items.*"])
    Grant.objects.filter(account_id=manager.account_id).update(agency=None)  # of the whole node
    page = (
        browser_of(of_account(Account.objects.get(id=manager.account_id))).get(f"/desk/items/{BELOW}/").content.decode()
    )
    assert "各级比对" in page
    assert "不一致" in page
