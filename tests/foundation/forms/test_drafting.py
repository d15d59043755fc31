"""A form is written as a draft, looked at as the citizen will see it, compared and published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import citizen
from tests.factories.blanks import answers, form_body, published_form, registers
from tests.factories.browsing import browser_of
from tests.factories.desk import whole_node
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.drafts.queries import draft
from yiwang.foundation.forms.actions import drop_draft, save_draft
from yiwang.foundation.forms.models import FormVersion
from yiwang.foundation.forms.queries import changes, forget_forms
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
HERE = "/staff/forms/food-permit"


@pytest.fixture(autouse=True)
def _registers() -> Iterator[None]:
    forget_forms()
    with registers():
        yield


def author() -> Actor:
    return whole_node("form-author", ["forms.list", "forms.draft", "forms.drop_draft"])


def manager() -> Actor:
    return whole_node("form-manager", ["forms.*"])


def changed() -> dict[str, Any]:
    body = form_body()
    body["schema"]["properties"]["area"]["minimum"] = 10
    return body


def posted(values: dict[str, Any]) -> dict[str, Any]:
    """Answers as a browser posts them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                found |= {f"{name}.{number}.{key}": item for key, item in row.items()}
        elif name == "capital":
            found[name] = "123450.50"
        else:
            found[name] = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    return found


def test_only_who_may_write_drafts_and_drops() -> None:
    reader = whole_node("form-reader", ["forms.list", "forms.publish"])
    refused(save_draft, citizen(), "food-permit", form_body())
    refused(save_draft, reader, "food-permit", form_body())
    with recorded("forms.draft", kind="form", subject="food-permit"):
        save_draft(author(), "food-permit", form_body())
    refused(drop_draft, reader, "food-permit")
    with recorded("forms.drop_draft", kind="form", subject="food-permit"):
        drop_draft(author(), "food-permit")
    with pytest.raises(Missing):
        drop_draft(author(), "food-permit")


def test_a_draft_may_be_wrong_but_must_be_a_form() -> None:
    save_draft(author(), "food-permit", {"title": "还没写完"})
    for body in ({}, {"title": " "}, ["title"], {"title": "小数", "n": 1.5}):
        with pytest.raises(Invalid):
            save_draft(author(), "food-permit", body, seen=1)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        save_draft(author(), "food-permit", form_body(), seen=0)


def test_the_list_has_a_constant_number_of_queries() -> None:
    published_form()
    browser = browser_of(author())
    browser.get("/staff/forms")
    with CaptureQueriesContext(connection) as few:
        assert "食品经营许可申请" in browser.get("/staff/forms").content.decode()
    for number in range(5):
        published_form(code=f"form-{number}")
    with CaptureQueriesContext(connection) as many:
        browser.get("/staff/forms")
    assert len(many) == len(few)


def test_strangers_see_no_versions_and_no_drafts() -> None:
    published_form()
    save_draft(author(), "food-permit", changed())
    for path in (
        "/staff/forms",
        HERE,
        f"{HERE}/edit",
        f"{HERE}/preview?version=draft",
        f"{HERE}/file",
        f"{HERE}/compare",
    ):
        assert browser_of(citizen()).get(path).status_code == 403


def test_a_form_is_edited_compared_and_published() -> None:
    published_form()
    browser = browser_of(manager())
    browser.post(f"{HERE}/edit", {"text": json.dumps(changed()), "seen": "0"})
    page = browser.get(f"{HERE}/compare").content.decode()
    assert "场所 · 经营面积" in page
    with recorded("forms.publish", kind="form", subject="food-permit"):
        browser.post(f"{HERE}/publish", {"seen": "1"})
    assert FormVersion.objects.get(version=2).body == changed()
    assert draft("form", "food-permit") is None
    assert [change.kind for change in changes(manager(), "food-permit", 1, 2)] == ["changed"]
    assert "第 1 版" in browser.get(f"{HERE}?version=1").content.decode()


def test_mistakes_are_told_and_keep_a_draft_from_being_published() -> None:
    published_form()
    browser = browser_of(manager())
    body = form_body()
    body["layout"]["parts"][0]["fields"][0]["name"] = "nobody"
    page = browser.post(f"{HERE}/edit", {"text": json.dumps(body), "seen": "0"}, follow=True).content.decode()
    assert "在 schema 里没有定义" in page
    assert browser.get(f"{HERE}/compare").status_code == 200
    assert browser.get(f"{HERE}/preview?version=draft").status_code == 422
    assert browser.post(f"{HERE}/publish", {"seen": "1"}).status_code == 422
    broken = browser.post(f"{HERE}/edit", {"text": '{"title": \n oops', "seen": "1"})
    assert broken.status_code == 422
    assert "第 2 行" in broken.content.decode()
    assert FormVersion.objects.count() == 1


def test_a_file_is_downloaded_and_uploaded() -> None:
    published_form()
    browser = browser_of(author())
    body = browser.get(f"{HERE}/file").json()
    body["title"] = "改过的"
    browser.post(
        f"{HERE}/edit",
        {"do": "upload", "seen": "0", "file": SimpleUploadedFile("form.json", json.dumps(body).encode())},
    )
    kept = draft("form", "food-permit")
    assert kept is not None
    assert kept.title == "改过的"


def test_a_draft_that_was_saved_again_is_not_published_unseen() -> None:
    save_draft(author(), "food-permit", form_body())
    save_draft(author(), "food-permit", changed(), seen=1)
    assert browser_of(manager()).post(f"{HERE}/publish", {"seen": "1"}).status_code == 409
    assert not FormVersion.objects.exists()


def test_the_preview_asks_checks_and_keeps_nothing() -> None:
    published_form()
    browser = browser_of(author())
    page = browser.get(f"{HERE}/preview").content.decode()
    assert "这是预览" in page
    assert "布局图" not in page
    page = browser.post(f"{HERE}/preview", {"situation.kitchen": "open", "refresh": "1"}).content.decode()
    assert "布局图" in page
    answer = browser.post(f"{HERE}/preview", {"do": "check", "premises": "rented"})
    assert answer.status_code == 422
    assert "请填写“租期到哪天”。" in answer.content.decode()
    answer = browser.post(f"{HERE}/preview", {"do": "check", **posted(answers())})
    assert "填写的内容都符合要求" in answer.content.decode()


def test_programs_write_and_compare_too() -> None:
    published_form()
    browser, here = browser_of(manager()), "/api/v1/forms/food-permit"
    saved = browser.put(f"{here}/draft", json.dumps({"body": changed()}), content_type="application/json").json()
    assert (saved["revision"], saved["based_on"]) == (1, 1)
    assert browser.get(f"{here}/draft").json() == changed()
    assert browser.delete(f"{here}/draft").status_code == 204
    browser.post(here, json.dumps(changed()), content_type="application/json")
    assert [row["version"] for row in browser.get(f"{here}/versions").json()] == [2, 1]
    assert len(browser.get(f"{here}/changes?older=1").json()) == 1
