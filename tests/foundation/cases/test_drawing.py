"""A procedure is drawn as a draft, tried on a sample case, compared and published; running cases keep their version."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import citizen
from tests.factories.browsing import browser_of
from tests.factories.cases import PERMIT, open_permit
from tests.factories.desk import whole_node
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases.actions import draft_procedure, drop_procedure_draft, publish_procedure
from yiwang.foundation.cases.models import Case, Procedure, Task
from yiwang.foundation.drafts.queries import draft
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]
CODE, NAME = "food_permit", "食品经营许可核发"
HERE = f"/staff/procedures/{CODE}"


def author() -> Actor:
    return whole_node("author", ["cases.read_procedures", "cases.draft_procedure", "cases.drop_procedure_draft"])


def manager() -> Actor:
    return whole_node("manager", ["cases.*"])


def published(bpmn: str = PERMIT) -> Procedure:
    return publish_procedure(system(), CODE, NAME, bpmn)


def test_only_who_may_draw_drafts_and_drops() -> None:
    reader = whole_node("reader", ["cases.read_procedures", "cases.publish_procedure"])
    refused(draft_procedure, citizen(), CODE, NAME, PERMIT)
    refused(draft_procedure, reader, CODE, NAME, PERMIT)
    with recorded("cases.draft_procedure", kind="procedure", subject=CODE):
        draft_procedure(author(), CODE, NAME, PERMIT)
    refused(drop_procedure_draft, reader, CODE)
    with recorded("cases.drop_procedure_draft", kind="procedure", subject=CODE):
        drop_procedure_draft(author(), CODE)
    with pytest.raises(Missing):
        drop_procedure_draft(author(), CODE)


def test_what_is_no_procedure_at_all_is_not_kept() -> None:
    for code, name, bpmn in [("No Code", NAME, PERMIT), (CODE, " ", PERMIT), (CODE, NAME, "not xml")]:
        with pytest.raises(Invalid):
            draft_procedure(author(), code, name, bpmn)
    assert draft("procedure", CODE) is None


def test_who_saved_first_is_not_overwritten() -> None:
    draft_procedure(author(), CODE, NAME, PERMIT)
    with pytest.raises(Conflict):
        draft_procedure(manager(), CODE, NAME, PERMIT, seen=0)


def test_the_list_counts_versions_and_running_cases() -> None:
    open_permit(citizen())
    published(PERMIT.replace('name="作出决定"', 'name="决定"'))
    browser = browser_of(author())
    with CaptureQueriesContext(connection) as few:
        page = browser.get("/staff/procedures").content.decode()
    row = page[page.index("<tr data-row>") : page.index("</tr>", page.index("<tr data-row>"))]
    assert row.count('<td class="number">2</td>') == 2  # the second version is the newest, and there are two
    assert '<td class="number">1</td>' in row
    for number in range(5):
        publish_procedure(system(), f"more_{number}", f"更多 {number}", PERMIT)
    with CaptureQueriesContext(connection) as many:
        browser.get("/staff/procedures")
    assert len(many) == len(few)


def test_strangers_see_no_procedures() -> None:
    published()
    for path in ("/staff/procedures", HERE, f"{HERE}/edit", f"{HERE}/try", f"{HERE}/file", f"{HERE}/compare"):
        assert browser_of(citizen()).get(path).status_code == 403


def test_a_running_case_stays_on_its_version() -> None:
    case = open_permit(citizen())
    browser = browser_of(manager())
    browser.post(f"{HERE}/edit", {"name": NAME, "bpmn": PERMIT.replace('name="作出决定"', 'name="决定"'), "seen": "0"})
    page = browser.get(f"{HERE}/compare").content.decode()
    assert "环节 decide" in page
    with recorded("cases.publish_procedure", kind="procedure", subject=CODE):
        browser.post(f"{HERE}/publish", {"seen": "1"})
    assert Procedure.objects.get(code=CODE, version=2)
    assert Case.objects.get(id=case.id).procedure.version == 1
    assert draft("procedure", CODE) is None
    assert "第 1 版" in browser.get(f"{HERE}?version=1").content.decode()


def test_a_draft_with_mistakes_is_kept_and_told_at_the_element() -> None:
    published()
    browser = browser_of(author())
    broken = PERMIT.replace('role="inspector" ', "")
    answer = browser.post(f"{HERE}/edit", {"name": NAME, "bpmn": broken, "seen": "0"}, follow=True)
    page = answer.content.decode()
    assert 'data-element="inspect"' in page
    assert 'data-wrong="inspect"' in page
    assert browser_of(manager()).post(f"{HERE}/publish", {"seen": "1"}).status_code == 422
    assert Procedure.objects.count() == 1


def test_a_broken_file_is_not_saved_and_not_lost() -> None:
    published()
    answer = browser_of(author()).post(f"{HERE}/edit", {"name": NAME, "bpmn": "<oops", "seen": "0"})
    assert answer.status_code == 422
    assert "&lt;oops" in answer.content.decode()
    assert draft("procedure", CODE) is None


def test_a_file_is_downloaded_and_uploaded() -> None:
    published()
    browser = browser_of(author())
    bpmn = browser.get(f"{HERE}/file").content
    assert bpmn.decode() == PERMIT
    upload = SimpleUploadedFile("food.bpmn", bpmn.replace("作出决定".encode(), "决定".encode()))
    browser.post(f"{HERE}/edit", {"do": "upload", "name": NAME, "seen": "0", "file": upload})
    kept = draft("procedure", CODE)
    assert kept is not None
    assert 'name="决定"' in kept.body["bpmn"]


def test_a_draft_that_was_saved_again_is_not_published_unseen() -> None:
    draft_procedure(author(), CODE, NAME, PERMIT)
    draft_procedure(author(), CODE, "换了名字", PERMIT, seen=1)
    assert browser_of(manager()).post(f"{HERE}/publish", {"seen": "1"}).status_code == 409
    assert not Procedure.objects.exists()


def test_a_sample_case_goes_where_the_choices_lead_and_leaves_nothing() -> None:
    published()
    browser = browser_of(author())
    page = browser.get(f"{HERE}/try").content.decode()
    assert "受理并发送通知书" in page
    page = browser.get(f"{HERE}/try", {"do": ["accept:accept"]}).content.decode()
    assert 'data-current="review_documents review_premises"' in page
    page = browser.get(f"{HERE}/try", {"do": ["accept:refuse"]}).content.decode()
    assert "办结了" in page
    assert "不予受理" in page
    way = ["accept:accept", "review_premises:agree", "review_documents:agree", "inspect:pass", "decide:approve"]
    page = browser.get(f"{HERE}/try", {"do": way}).content.decode()
    assert "走过的" in page
    assert not Case.objects.exists()
    assert not Task.objects.exists()


def test_a_sample_case_on_a_draft_that_cannot_run_says_why() -> None:
    draft_procedure(author(), CODE, NAME, PERMIT.replace("outcomes.decide == 'approve'", "outcomes.decide =="))
    answer = browser_of(author()).get(f"{HERE}/try", {"version": "draft"})
    assert answer.status_code == 422
    assert "flow14" in answer.content.decode()


def test_a_new_procedure_can_be_published_as_it_begins() -> None:
    browser = browser_of(manager())
    assert browser.post("/staff/new-procedure", {"code": "X Y", "name": "新流程"}).status_code == 422
    answer = browser.post("/staff/new-procedure", {"code": "brand_new", "name": "新<流程>"})
    assert answer["Location"] == "/staff/procedures/brand_new/edit"
    assert browser.get(answer["Location"]).status_code == 200
    assert "还没有发布过的草稿" in browser.get("/staff/procedures").content.decode()
    browser.post("/staff/procedures/brand_new/publish", {"seen": "1"})
    assert Procedure.objects.get(code="brand_new").name == "新<流程>"
    assert browser.get("/staff/procedures/brand_new/try?do=handle:done").content.decode().count("办结了") == 1


def test_programs_draw_walk_compare_and_publish_too() -> None:
    published()
    browser, here = browser_of(manager()), f"/api/v1/procedures/{CODE}"
    other = PERMIT.replace('name="作出决定"', 'name="决定"')
    kept = browser.put(
        f"{here}/draft", json.dumps({"name": NAME, "bpmn": other}), content_type="application/json"
    ).json()
    assert (kept["revision"], kept["based_on"]) == (1, 1)
    assert browser.get(f"{here}/draft").json()["bpmn"] == other
    walked = browser.post(
        f"{here}/trial", json.dumps({"choices": [["accept", "accept"]]}), content_type="application/json"
    ).json()
    assert {one["step"] for one in walked["waiting"]} == {"review_documents", "review_premises"}
    assert (
        browser.post(
            f"{here}/trial", json.dumps({"choices": [["accept", "refuse"]]}), content_type="application/json"
        ).json()["end"]
        == "not_accepted"
    )
    assert (
        browser.post(here, json.dumps({"name": NAME, "bpmn": other}), content_type="application/json").json()["version"]
        == 2
    )
    assert [row["version"] for row in browser.get(here).json()] == [2, 1]
    assert browser.get(f"{here}/bpmn?version=1").json()["bpmn"] == PERMIT
    assert [change["kind"] for change in browser.get(f"{here}/changes?older=1").json()] == ["changed"]
    assert browser.get(f"{here}/draft").status_code == 404
    assert (
        browser.put(
            f"{here}/draft", json.dumps({"name": NAME, "bpmn": PERMIT}), content_type="application/json"
        ).status_code
        == 200
    )
    assert browser.delete(f"{here}/draft").status_code == 204
    assert browser.get(f"/api/v1/procedures/{'x' * 99}").status_code == 422


def test_unknown_versions_are_missing() -> None:
    published()
    browser = browser_of(author())
    for path in (
        f"{HERE}?version=7",
        f"{HERE}?version=x",
        f"{HERE}/file?version=draft",
        f"{HERE}/compare?older=9",
        "/staff/procedures/none",
    ):
        assert browser.get(path).status_code == 404
