"""A form is published when every part of its body holds; every mistake is told with its place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.factories import citizen, official
from tests.factories.blanks import form_body, published_form, registers
from tests.factories.browsing import browser_of
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.models import Event
from yiwang.foundation.forms.actions import publish
from yiwang.foundation.forms.models import FormVersion
from yiwang.foundation.forms.queries import form
from yiwang.kernel.models import AppendOnlyError
from yiwang.kernel.refusals import Invalid

pytestmark = pytest.mark.django_db
OPERATOR = system("command")


def test_a_sound_form_is_published_and_announced() -> None:
    with recorded("forms.publish", by=OPERATOR, kind="form", subject="food-permit"):
        compiled = published_form()
    assert (compiled.code, compiled.version, compiled.title) == ("food-permit", 1, "食品经营许可申请")
    assert [part.code for part in compiled.parts] == ["applicant", "firm", "place", "trade", "kitchen", "end"]
    assert Event.objects.get(type="form.published").data == {"version": 1}


def test_only_who_may_publish_publishes() -> None:
    refused(publish, citizen(), "food-permit", form_body())
    refused(publish, official("window-clerk", ["forms.read"]), "food-permit", form_body())


def test_the_same_body_is_the_same_version_and_another_is_the_next() -> None:
    assert published_form().version == published_form().version == 1
    body = form_body()
    body["title"] = "新的标题"
    assert published_form(body).version == 2
    assert form("food-permit").title == "新的标题"
    assert form("food-permit", 1).title == "食品经营许可申请"
    with pytest.raises(LookupError):
        form("food-permit", 3)
    with pytest.raises(LookupError):
        form("nothing")


def test_a_version_is_never_changed() -> None:
    published_form()
    row = FormVersion.objects.get()
    row.title = "改了"
    with pytest.raises(AppendOnlyError):
        row.save()


def test_a_version_that_was_rolled_back_is_not_remembered() -> None:
    """A pack is tried in a transaction that is rolled back; afterwards another body may become the same version."""
    with registers():
        with transaction.atomic():
            publish(OPERATOR, "trial", form_body())
            assert form("trial", 1).title == "食品经营许可申请"
            transaction.set_rollback(True)
        other = form_body()
        other["title"] = "另一份"
        publish(OPERATOR, "trial", other)
    assert form("trial", 1).title == "另一份"


def _fields(body: dict[str, Any], part: int = 0) -> list[dict[str, Any]]:
    return body["layout"]["parts"][part]["fields"]


def _schema(body: dict[str, Any], name: str) -> dict[str, Any]:
    return body["schema"]["properties"][name]


PLACE = "layout.parts.2.fields"
SPOILT: list[tuple[str, Any, str, str]] = [
    ("field not in the schema", lambda b: _fields(b)[0].update(name="nom"), "layout.parts.0.fields.0.name", "没有定义"),
    ("schema not in the layout", lambda b: b["schema"]["properties"].update(extra={"type": "string"}), "schema.properties.extra", "没有放在"),
    ("required but unknown", lambda b: b["schema"]["required"].append("x"), "schema.required", "没有定义"),
    ("field twice", lambda b: _fields(b, 1).append(_fields(b)[0]), "layout.parts.1.fields.3.name", "放了两次"),
    ("part twice", lambda b: b["layout"]["parts"][1].update(code="applicant"), "layout.parts.1.code", "applicant"),
    ("chinese name", lambda b: (b["schema"]["properties"].update({"姓名": {"type": "string"}}), _fields(b).append({"name": "姓名", "label": "名", "widget": "text"})),
     "layout.parts.0.fields.3.name", "小写英文"),
    ("condition on nothing", lambda b: _fields(b, 2)[1].update(when={"premisses": ["rented"]}), f"{PLACE}.1.when.premisses", "不存在"),
    ("condition on a later field", lambda b: _fields(b, 2)[0].update(when={"area": [5]}), f"{PLACE}.0.when.area", "排在后面"),
    ("condition on itself", lambda b: _fields(b, 2)[0].update(when={"premises": ["rented"]}), f"{PLACE}.0.when.premises", "排在后面"),
    ("condition on a value that cannot be", lambda b: _fields(b, 2)[1].update(when={"premises": ["rentd"]}), f"{PLACE}.1.when.premises", "不会等于"),
    ("condition on a yes that is a word", lambda b: _fields(b, 3)[3].update(when={"has_alcohol": ["true"]}), "layout.parts.3.fields.3.when.has_alcohol", "不会等于"),
    ("condition on a strange context", lambda b: _fields(b, 2)[1].update(when={"weather.rain": [True]}), f"{PLACE}.1.when.weather.rain", "situation"),
    ("prefill without a plug", lambda b: _fields(b)[0].update(prefill="moon.name"), "layout.parts.0.fields.0.prefill", "moon"),
    ("prefill that is no path", lambda b: _fields(b)[0].update(prefill="person"), "layout.parts.0.fields.0.prefill", "person.name"),
    ("read-only without a source", lambda b: _fields(b, 2)[2].update(readonly=True), f"{PLACE}.2.readonly", "谁也填不了"),
    ("widget against schema", lambda b: _fields(b, 2)[2].update(widget="date"), f"{PLACE}.2", '"format": "date"'),
    ("float type", lambda b: _schema(b, "area").update(type="number"), f"{PLACE}.2", '"integer"'),
    ("unknown widget", lambda b: _fields(b, 2)[2].update(widget="slider"), f"{PLACE}.2.widget", "结构不对"),
    ("unknown keyword", lambda b: _schema(b, "area").update(multipleOf=3), f"{PLACE}.2", "multipleOf"),
    ("reference", lambda b: _schema(b, "area").update({"$ref": "https://evil.example/x"}), f"{PLACE}.2", "$ref"),
    ("unknown format", lambda b: _schema(b, "firm").update(format="email"), "layout.parts.1.fields.0", "cn-identity"),
    ("absurd length", lambda b: _schema(b, "firm").update(maxLength=10**9), "layout.parts.1.fields.0", "maxLength"),
    ("pattern without words", lambda b: b["messages"].pop("alcohol_until"), "layout.parts.3.fields.3", "messages"),
    ("pattern that looks around", lambda b: _schema(b, "alcohol_until").update(pattern="(?<=a)b"), "layout.parts.3.fields.3", "pattern"),
    ("message for nothing", lambda b: b["messages"].update(nothing={"required": "x"}), "messages.nothing", "没有对应"),
    ("message for no rule", lambda b: b["messages"].update(area={"small": "x"}), "messages.area", "结构不对"),
    ("one option only", lambda b: _schema(b, "premises").update(oneOf=[{"const": "a", "title": "甲"}]), f"{PLACE}.0", "选项"),
    ("option without a title", lambda b: _schema(b, "premises").update(oneOf=[{"const": "a"}, {"const": "b"}]), f"{PLACE}.0", "title"),
    ("options twice", lambda b: _schema(b, "main").update(enum=["热食", "热食"]), "layout.parts.3.fields.1", "一样"),
    ("columns that differ", lambda b: _fields(b, 3)[4]["columns"].pop(), "layout.parts.3.fields.4.columns", "一一对应"),
    ("rows within rows", lambda b: _fields(b, 3)[4]["columns"][2].update(widget="region"), "layout.parts.3.fields.4.columns.2.widget", "多行"),
    ("columns of no rows", lambda b: _fields(b)[0].update(columns=[{"name": "a", "label": "a", "widget": "text"}]), "layout.parts.0.fields.0.columns", "repeat"),
    ("prefilled rows", lambda b: _fields(b, 3)[4].update(prefill="person.staff"), "layout.parts.3.fields.4.prefill", "不能预填"),
    ("bare words", lambda b: b["layout"].update(colour="red"), "layout", "结构不对"),
    ("no parts", lambda b: b["layout"].update(parts=[]), "layout.parts", "结构不对"),
    ("float", lambda b: b["schema"]["properties"]["area"].update(minimum=1.5), "", "小数"),
    ("nul", lambda b: b.update(title="a\x00b"), "", "空字符"),
    ("half a character", lambda b: b.update(title="a\ud800"), "", "残缺"),
    ("huge", lambda b: b.update(junk="x" * 600_000), "", "太大"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "field", "says"), [line[1:] for line in SPOILT], ids=[line[0] for line in SPOILT])
def test_a_mistake_is_told_with_its_place(spoil: Any, field: str, says: str) -> None:
    body = form_body()
    spoil(body)
    with registers(), pytest.raises(Invalid) as caught:
        publish(OPERATOR, "food-permit", body)
    found = {problem.field: problem.message for problem in caught.value.problems}
    assert field in found, found
    assert says in found[field]
    assert not FormVersion.objects.exists()


def test_a_code_is_a_plain_word() -> None:
    for code in ("", "表单", "A", "a b", "a" * 61, "../x"):
        with registers(), pytest.raises(Invalid):
            publish(OPERATOR, code, form_body())


def test_anybody_may_read_a_form_over_the_api_and_only_some_publish() -> None:
    published_form()
    answer = Client().get("/api/v1/forms/food-permit")
    assert answer.status_code == 200
    body = answer.json()
    assert body["answers"]["properties"]["identity"] == {
        "type": "string",
        "format": "cn-identity",
        "title": "身份证号码",
    }
    assert "lease_until" not in body["answers"]["required"]
    assert body["answers"]["properties"]["lease_until"]["x-when"] == {"premises": ["rented"]}
    assert body["layout"]["parts"][0]["code"] == "applicant"
    assert Client().get("/api/v1/forms/nothing").status_code == 404
    posted = browser_of(citizen()).post("/api/v1/forms/x", form_body(), content_type="application/json")
    assert posted.status_code == 403
