"""A table is written in the browser: as a draft that may be wrong, tried, compared, and published by whom may."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import citizen
from tests.factories.browsing import browser_of
from tests.factories.desk import whole_node
from tests.factories.rulings import decision_table, published_table
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.drafts.queries import draft
from yiwang.foundation.rules import cells
from yiwang.foundation.rules.actions import drop_draft, publish, save_draft
from yiwang.foundation.rules.models import DecisionRecord, TableVersion
from yiwang.foundation.rules.queries import changes
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
EDIT = "/staff/rules/unemployment/edit"
WORDS = {"grant": "准予登记", "refuse": "不予登记"}


def author() -> Actor:
    return whole_node("rule-author", ["rules.read", "rules.draft", "rules.drop_draft"])


def manager() -> Actor:
    return whole_node("rule-manager", ["rules.*"])


def posted(page: str) -> dict[str, str]:
    """What a browser would post of the editor as it stands, without any button."""
    found = {name: _value(rest) for rest, name in re.findall(r'<input(?=([^>]*))[^>]* name="([^"]+)"', page)}
    found |= {
        name: _plain(text) for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', page)
    }
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        found[name] = next((value for value, chosen in values if chosen), values[0][0])
    return {name: value for name, value in found.items() if name not in {"csrfmiddlewaretoken", "file", "do"}}


def _value(attributes: str) -> str:
    found = re.search(r' value="([^"]*)"', attributes)
    return _plain(found[1]) if found else ""


def _plain(text: str) -> str:
    return html.unescape(text)


def opened(browser: Client, url: str = EDIT) -> dict[str, str]:
    return posted(browser.get(url).content.decode())


def press(browser: Client, button: str, **typed: str) -> Any:
    return browser.post(EDIT, {**opened(browser), **typed, "do": button})


def test_the_editor_posts_back_exactly_what_it_shows() -> None:
    body = published_table().body
    browser = browser_of(author())
    with recorded("rules.draft", kind="rule", subject="unemployment"):
        press(browser, "save")
    found = draft("rule", "unemployment")
    assert found is not None
    assert (found.body, found.based_on, found.revision) == (body, 1, 1)


def test_only_who_may_write_drafts_and_drops() -> None:
    reader = whole_node("window-clerk", ["rules.read", "rules.publish"])
    refused(save_draft, citizen(), "unemployment", decision_table())
    refused(save_draft, reader, "unemployment", decision_table())
    save_draft(author(), "unemployment", decision_table())
    refused(drop_draft, reader, "unemployment")
    with recorded("rules.drop_draft", kind="rule", subject="unemployment"):
        drop_draft(author(), "unemployment")
    with pytest.raises(Missing):
        drop_draft(author(), "unemployment")


def test_a_draft_may_be_unfinished_but_must_be_a_table() -> None:
    body = decision_table()
    body["facts"][0]["label"] = ""
    body["graph"]["nodes"][1]["content"]["rules"][0]["a"] = "< nonsense ("
    save_draft(author(), "unemployment", body)
    with pytest.raises(Invalid):
        save_draft(author(), "unemployment", {"title": "没有表"}, seen=1)


def test_who_saved_first_is_not_overwritten() -> None:
    save_draft(author(), "unemployment", decision_table())
    with pytest.raises(Conflict) as caught:
        save_draft(manager(), "unemployment", decision_table(), seen=0)
    assert "别人保存过" in str(caught.value)


def test_a_stale_editor_keeps_what_was_typed() -> None:
    published_table()
    browser = browser_of(author())
    stale = opened(browser)
    press(browser, "save", title="先保存的")
    answer = browser.post(EDIT, {**stale, "title": "后保存的", "do": "save"})
    assert answer.status_code == 409
    assert "后保存的" in answer.content.decode()
    kept = draft("rule", "unemployment")
    assert kept is not None
    assert kept.title == "先保存的"


def test_cells_are_typed_in_words() -> None:
    published_table()
    row = "graph.nodes.1.content.rules.2"
    press(browser_of(author()), "save", **{f"{row}.a": "≥ 16", f"{row}.b": "否", f"{row}.r": "准予登记"})
    kept = draft("rule", "unemployment")
    assert kept is not None
    line = kept.body["graph"]["nodes"][1]["content"]["rules"][2]
    assert (line["a"], line["b"], line["r"]) == (">= 16", "false", "'grant'")


@pytest.mark.parametrize(
    ("typed", "kind", "expression"),
    [
        ("", "integer", ""), ("任意", "text", ""), ("是", "boolean", "true"), ("不予登记", "", "'refuse'"), ("16 至 60", "integer", "[16..60]"),
        ("不大于 60", "integer", "<= 60"), ("１６", "integer", "16"), ("准予登记、不予登记", "text", "'grant', 'refuse'"), ("16", "text", "'16'"),
        ("len(reason) > 3", "text", "len(reason) > 3"), ("'已经 引号'", "text", "'已经 引号'"), ("单位倒闭", "text", "'单位倒闭'"),
    ],
)  # fmt: skip
def test_what_people_type_in_a_cell(typed: str, kind: str, expression: str) -> None:
    assert cells.typed(typed, WORDS, kind) == expression
    assert cells.typed(cells.shown(expression, WORDS, kind), WORDS, kind) == expression


def rows_after(browser: Client, button: str) -> list[str]:
    body = json.loads(posted(press(browser, button).content.decode())["body"])
    return [row["_id"] for row in body["graph"]["nodes"][1]["content"]["rules"]]


def test_the_buttons_change_the_page_and_save_nothing() -> None:
    published_table()
    browser = browser_of(author())
    assert rows_after(browser, "row+:1:0") == ["young", "row4", "insured", "grant"]
    assert rows_after(browser, "row_:1:0") == ["insured", "young", "grant"]
    assert rows_after(browser, "row-:1:1") == ["young", "grant"]
    assert rows_after(browser, "row*:1:2") == ["young", "insured", "grant", "row4"]
    for button in ("fact+", "fact-:0", "test+", "test-:0", "input+:1", "output+:1", "input-:1:0"):
        assert press(browser, button).status_code == 200
    assert press(browser, "row-:99:x").status_code == 200  # nothing is done, nothing breaks
    assert draft("rule", "unemployment") is None


def test_an_example_that_fails_is_told_on_the_page_and_keeps_the_table_from_being_published() -> None:
    published_table()
    browser = browser_of(manager())
    page = press(browser, "check", **{"tests.0.output.result": "不予登记"}).content.decode()
    assert "用例“可以登记”没有通过" in page
    press(browser, "save", **{"tests.0.output.result": "不予登记"})
    answer = browser.post("/staff/rules/unemployment/publish", {"seen": "1"})
    assert answer.status_code == 422
    assert TableVersion.objects.count() == 1


def test_a_draft_is_compared_and_published() -> None:
    published_table()
    browser = browser_of(manager())
    press(browser, "save", **{"graph.nodes.1.content.rules.0.a": "< 15", "tests.1.input.age": "14"})
    page = browser.get("/staff/rules/unemployment/compare").content.decode()
    assert "能否登记 · 第 1 行" in page
    assert "发布这一版" in page
    with recorded("rules.publish", kind="rule", subject="unemployment"):
        browser.post("/staff/rules/unemployment/publish", {"seen": "1"})
    assert TableVersion.objects.get(version=2).body["graph"]["nodes"][1]["content"]["rules"][0]["a"] == "< 15"
    assert draft("rule", "unemployment") is None
    found = changes(manager(), "unemployment", 1, 2)
    assert [(change.place, change.kind) for change in found] == [
        ("能否登记 · 第 1 行", "changed"),
        ("用例 2 太小", "changed"),
    ]


def test_a_draft_that_was_saved_again_is_not_published_unseen() -> None:
    save_draft(author(), "unemployment", decision_table())
    save_draft(author(), "unemployment", decision_table() | {"title": "另一个"}, seen=1)
    answer = browser_of(manager()).post("/staff/rules/unemployment/publish", {"seen": "1"})
    assert answer.status_code == 409
    assert not TableVersion.objects.exists()


def test_publishing_something_else_keeps_the_draft() -> None:
    save_draft(author(), "unemployment", decision_table() | {"title": "还在改"})
    publish(manager(), "unemployment", decision_table())
    assert draft("rule", "unemployment") is not None


def test_who_may_not_publish_sees_no_button() -> None:
    save_draft(author(), "unemployment", decision_table())
    page = browser_of(author()).get("/staff/rules/unemployment/compare").content.decode()
    assert "发布这一版" not in page
    assert "您没有发布的权限" in page


def test_a_trial_explains_itself_and_keeps_nothing() -> None:
    published_table()
    browser = browser_of(author())
    page = browser.post("/staff/rules/unemployment/try", {"fact.age": "15", "fact.insured": "false"}).content.decode()
    assert "未满 16 周岁，不能办理失业登记。" in page
    assert "不予登记" in page
    missing = browser.post("/staff/rules/unemployment/try", {"fact.age": "十五"})
    assert missing.status_code == 422
    assert "“年龄”应为整数" in missing.content.decode()
    assert not DecisionRecord.objects.exists()


def test_a_new_table_begins_with_its_code_and_name() -> None:
    browser = browser_of(author())
    answer = browser.post("/staff/new-rule", {"code": "Bad Code", "title": "新规则"})
    assert answer.status_code == 422
    answer = browser.post("/staff/new-rule", {"code": "new-rule", "title": "新规则"})
    assert answer["Location"] == "/staff/rules/new-rule/edit"
    assert browser.get(answer["Location"]).status_code == 200
    assert "还没有发布过的草稿" in browser.get("/staff/rules").content.decode()


def test_a_file_is_downloaded_and_uploaded() -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    published_table()
    browser = browser_of(author())
    body = browser.get("/staff/rules/unemployment/file").json()
    body["title"] = "改过的"
    upload = SimpleUploadedFile("rule.json", json.dumps(body).encode())
    browser.post(EDIT, {"do": "upload", "seen": "0", "file": upload})
    kept = draft("rule", "unemployment")
    assert kept is not None
    assert kept.title == "改过的"
    broken = browser.post(
        EDIT, {"do": "upload", "seen": "1", "file": SimpleUploadedFile("rule.json", b'{"title": \n oops')}
    )
    assert broken.status_code == 422
    assert "第 2 行" in broken.content.decode()


def test_programs_write_try_and_compare_too() -> None:
    published_table()
    browser = browser_of(manager())
    here = "/api/v1/rules/unemployment"
    body = decision_table() | {"title": "程序写的"}
    saved = browser.put(f"{here}/draft", json.dumps({"body": body}), content_type="application/json")
    assert saved.json()["revision"] == 1
    assert browser.get(f"{here}/draft").json()["body"] == body
    tried = browser.post(
        f"{here}/trial", json.dumps({"facts": {"age": 30, "insured": False}}), content_type="application/json"
    )
    assert tried.json()["output"] == {"result": "grant"}
    assert tried.json()["matched"][0]["row"] == 3
    browser.post(here, json.dumps(body), content_type="application/json")
    assert [row["version"] for row in browser.get(f"{here}/versions").json()] == [2, 1]
    assert browser.get(f"{here}/changes?older=1").json() == [
        {"place": "名称", "kind": "changed", "before": "失业登记即时办理", "after": "程序写的"}
    ]
    assert browser.get(f"{here}/draft").status_code == 404


def test_decisions_of_a_table_are_looked_up() -> None:
    from tests.foundation.rules.test_deciding import register

    published_table()
    browser = browser_of(manager())
    for age in (15, 30, 70):
        register(citizen(), {"age": age, "insured": False})
    with CaptureQueriesContext(connection) as few:
        page = browser.get("/staff/rules/unemployment/decisions").content.decode()
    assert page.count("<tr data-row>") == 3
    assert "没有一行适用，由人来办" in page
    for age in range(20, 30):
        register(citizen(), {"age": age, "insured": False})
    with CaptureQueriesContext(connection) as many:
        browser.get("/staff/rules/unemployment/decisions")
    assert len(many) == len(few)
    found = browser.get("/api/v1/rules/unemployment/decisions?size=10").json()
    assert len(found["items"]) == 10
    assert found["next"]
    assert browser_of(author()).get("/staff/rules/unemployment/decisions").status_code == 403


def test_a_table_too_large_for_the_page_is_edited_as_a_file() -> None:
    body = decision_table()
    rows = body["graph"]["nodes"][1]["content"]["rules"]
    body["graph"]["nodes"][1]["content"]["rules"] = rows + [
        {"_id": f"more{n}", "_description": "多出来的一行。", "a": str(1000 + n), "b": "", "r": "'refuse'"}
        for n in range(600)
    ]
    published_table(body=body)
    page = browser_of(author()).get(EDIT).content.decode()
    assert "这张表太大" in page
    assert len(page) < 50_000
