"""Staff keep the catalogue on pages and over the API; what lies outside their reach is not shown."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import agency, citizen, official
from tests.factories.items import PERMIT, permit_body, published_item, registration_body
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.accounts.models import Account
from yiwang.services.items import actions
from yiwang.services.items.models import Item, ItemVersion
from yiwang.services.items.queries import StaffFilter, staff_list, states
from yiwang.services.items.structured import to_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parts_beside_the_point")]


def signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


@pytest.fixture
def editor() -> Client:
    return signed_in(official("items-editor", ["items.*"], at=agency(), name="编辑"))


@pytest.fixture
def reviewer() -> Client:
    return signed_in(official("items-reviewer", ["items.*"], at=agency(), name="审核"))


def test_the_list_is_cut_to_the_reach_of_the_reader(editor: Client) -> None:
    published_item()
    published_item(registration_body())
    shown = editor.get("/desk/items/").content.decode()
    assert "食品经营许可核发" in shown
    assert "失业登记" not in shown


def test_who_holds_no_post_sees_no_list() -> None:
    assert Client().get("/desk/items/").status_code == 302  # to sign in
    answer = signed_in(citizen()).get("/desk/items/")
    assert answer.status_code == 403
    assert Denial.objects.latest("id").permission == "items.read"


def test_an_item_outside_the_reach_is_refused(editor: Client) -> None:
    published_item(registration_body())
    assert editor.get("/desk/items/990100-unemployment/").status_code == 403
    assert editor.get("/desk/items/nowhere/").status_code == 404


def test_filters_of_the_list() -> None:
    agency()
    published_item()
    actions.install(system("command"), {"code": "bare-1", "name": "某项登记", "agency": "scjg", "type": "10"})
    Item.objects.filter(code="bare-1").update(doubts=[{"code": "x", "message": "疑点"}], doubtful=True)
    actor = official("items-editor", ["items.*"])

    def codes(wanted: StaffFilter) -> list[str]:
        return [item.code for item in staff_list(actor, wanted).items]

    assert codes(StaffFilter()) == ["bare-1", PERMIT]  # newest first
    assert codes(StaffFilter(doubtful=True)) == ["bare-1"]
    assert codes(StaffFilter(bare=True)) == ["bare-1"]
    assert codes(StaffFilter(text="许可")) == [PERMIT]
    assert codes(StaffFilter(text="bare")) == ["bare-1"]
    assert codes(StaffFilter(state="draft")) == []
    assert codes(StaffFilter(agency="rsj")) == []
    assert states(actor) == {"published": 2, "doubtful": 1}


def test_the_list_costs_a_fixed_number_of_queries(
    editor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    agency()
    for number in range(60):
        actions.install(
            system("command"), {"code": f"b-{number}", "name": f"第{number}项", "agency": "scjg", "type": "10"}
        )
    editor.get("/desk/items/")
    with django_assert_num_queries(5):  # session, account; rows, states, doubtful
        editor.get("/desk/items/")


def test_from_draft_to_publication_on_pages(editor: Client, reviewer: Client) -> None:
    agency()
    answer = editor.post("/desk/items/new", {"text": to_text(permit_body()), "note": "新编"})
    assert answer["Location"] == f"/desk/items/{PERMIT}/"
    assert "提交合法性审核" in editor.get(f"/desk/items/{PERMIT}/").content.decode()
    editor.post(f"/desk/items/{PERMIT}/submit", {"number": "1"})
    assert "要由另一位同事审核" in editor.get(f"/desk/items/{PERMIT}/").content.decode()
    answer = reviewer.post(f"/desk/items/{PERMIT}/return", {"number": "1"})
    assert answer.status_code == 422
    assert "退回时请写明要改什么" in answer.content.decode()
    reviewer.post(f"/desk/items/{PERMIT}/pass", {"number": "1", "opinion": "同意"})
    editor.post(f"/desk/items/{PERMIT}/publish", {"number": "1"})
    assert Item.objects.get().state == "published"
    assert editor.get(f"/items/{PERMIT}").status_code == 200


def test_a_faulty_text_comes_back_with_every_fault_and_nothing_lost(editor: Client) -> None:
    agency()
    text = to_text(permit_body(name="长" * 201, level="9"))
    answer = editor.post("/desk/items/new", {"text": text, "note": "试试"})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "“事项名称”最多 200 个字" in shown
    assert "“行使层级代码”应为以下之一" in shown
    assert "长" * 201 in shown
    assert 'value="试试"' in shown
    assert "第 1 行附近" in editor.post("/desk/items/new", {"text": "a: [b"}).content.decode()
    assert not Item.objects.exists()


def test_editing_begins_with_the_newest_body_and_keeps_the_code(editor: Client) -> None:
    published_item()
    assert "食品经营许可核发" in editor.get(f"/desk/items/{PERMIT}/edit").content.decode()
    answer = editor.post(f"/desk/items/{PERMIT}/edit", {"text": to_text(permit_body(code="other-code")), "seen": "1"})
    assert "编码不能改" in answer.content.decode()
    editor.post(
        f"/desk/items/{PERMIT}/edit",
        {"text": to_text(permit_body(name="食品经营许可新办")), "seen": "1", "note": "改名"},
    )
    assert ItemVersion.objects.get(number=2).note == "改名"
    stale = editor.post(
        f"/desk/items/{PERMIT}/edit", {"text": to_text(permit_body(name="食品经营许可乙")), "seen": "1"}
    )
    assert stale.status_code == 409


def test_versions_are_compared_field_by_field(editor: Client) -> None:
    published_item()
    editor.post(f"/desk/items/{PERMIT}/edit", {"text": to_text(permit_body(name="食品经营许可新办")), "seen": "1"})
    shown = editor.get(f"/desk/items/{PERMIT}/compare").content.decode()
    assert "第 1 版和第 2 版" in shown
    assert "“事项名称”" in shown
    assert "两版内容相同" in editor.get(f"/desk/items/{PERMIT}/compare?older=1&newer=1").content.decode()
    assert editor.get(f"/desk/items/{PERMIT}/compare?older=9").status_code == 404
    assert editor.get(f"/desk/items/{PERMIT}/compare?older=x").status_code == 200


def test_the_list_is_exported_as_it_is_filtered_with_a_purpose() -> None:
    published_item()
    agency()
    actions.install(system("command"), {"code": "bare-1", "name": "某项登记", "agency": "scjg", "type": "10"})
    clerk = signed_in(official("items-clerk", ["items.read", "desk.export"], at=agency()))
    assert "desk/export/items" in clerk.get("/desk/items/").content.decode()
    answer = clerk.post("/desk/export/items?bare=1", {"purpose": "核对没有指南的事项"})
    table = answer.content.decode("utf-8-sig")
    assert "某项登记" in table
    assert "食品经营许可核发" not in table


def test_doubts_of_the_import_are_shown_to_staff_only(editor: Client) -> None:
    published_item()
    Item.objects.update(doubts=[{"code": "department-code", "message": "部门代码不符合 GB 32100"}], doubtful=True)
    assert "部门代码不符合 GB 32100" in editor.get(f"/desk/items/{PERMIT}/").content.decode()
    assert "GB 32100" not in editor.get(f"/items/{PERMIT}").content.decode()


def test_service_and_withdrawal_on_pages(editor: Client) -> None:
    published_item()
    wrong = editor.post(f"/desk/items/{PERMIT}/service", {"status": "paused", "reason": ""})
    assert wrong.status_code == 422
    assert "要向群众说明原因" in wrong.content.decode()
    assert (
        editor.post(f"/desk/items/{PERMIT}/service", {"status": "paused", "reason": "x", "until": "soon"}).status_code
        == 422
    )
    editor.post(f"/desk/items/{PERMIT}/service", {"status": "paused", "reason": "大厅进水", "until": "2999-01-01"})
    assert Item.objects.get().service == "paused"
    assert editor.post(f"/desk/items/{PERMIT}/withdraw", {"reason": " "}).status_code == 422
    editor.post(f"/desk/items/{PERMIT}/withdraw", {"reason": "依据废止"})
    assert Item.objects.get().state == "withdrawn"
    assert "依据废止" in editor.get(f"/desk/items/{PERMIT}/").content.decode()
    assert editor.post(f"/desk/items/{PERMIT}/explode").status_code == 404
    assert editor.get(f"/desk/items/{PERMIT}/withdraw").status_code == 405


def test_a_citizen_cannot_post_a_step() -> None:
    published_item()
    assert signed_in(citizen()).post(f"/desk/items/{PERMIT}/withdraw", {"reason": "x"}).status_code == 403
    assert Item.objects.get().state == "published"


def test_the_same_life_over_the_api(editor: Client, reviewer: Client) -> None:
    agency()

    def post(client: Client, path: str, body: dict[str, object]) -> tuple[int, object]:
        answer = client.post(f"/api/v1/items{path}", body, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    status, made = post(editor, "", {"body": permit_body()})
    assert status == 200
    assert isinstance(made, dict)
    assert (made["number"], made["state"]) == (1, "draft")
    assert post(editor, f"/{PERMIT}/submit", {"number": 1})[0] == 200
    assert post(editor, f"/{PERMIT}/review", {"number": 1, "passed": True})[0] == 409
    assert post(reviewer, f"/{PERMIT}/review", {"number": 1, "passed": True})[0] == 200
    assert post(editor, f"/{PERMIT}/publish", {"number": 1})[0] == 200
    assert post(editor, f"/{PERMIT}/service", {"status": "paused", "reason": "x"})[0] == 200
    assert post(editor, "", {"body": permit_body(name="食品经营许可新办")})[0] == 200
    assert editor.get(f"/api/v1/items/{PERMIT}/changes", {"older": 1, "newer": 3}).json()[0]["kind"] == "changed"
    assert post(editor, f"/{PERMIT}/drop", {"number": 3})[0] == 204
    assert post(editor, f"/{PERMIT}/withdraw", {"reason": "x"})[0] == 204
    status, refusal = post(editor, "", {"body": {"code": "x"}})
    assert status == 422
    assert isinstance(refusal, dict)
    assert {"name", "agency", "type"} <= {problem["field"] for problem in refusal["problems"]}
    assert post(signed_in(citizen()), "", {"body": permit_body()})[0] == 403
    assert post(Client(), "", {"body": permit_body()})[0] == 401
