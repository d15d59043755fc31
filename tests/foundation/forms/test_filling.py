"""What people type is understood generously; what registers know is filled in, shown masked, and cannot be tampered with."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import citizen, city
from tests.factories.blanks import IDENTITY, OPEN_KITCHEN, Register, answers, form_body, published_form, registers
from tests.factories.documents import pdf, uploaded
from tests.helpers import recorded
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.files.actions import add_to_library
from yiwang.foundation.forms.actions import take_uploads
from yiwang.foundation.forms.compiled import CompiledForm
from yiwang.foundation.forms.queries import Prefilled, prefill, prefilled_from
from yiwang.foundation.forms.slots import prefill_sources
from yiwang.foundation.forms.widgets import typed

pytestmark = pytest.mark.django_db
NONE: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def _the_city() -> None:
    city()


@pytest.fixture(scope="module")
def form() -> CompiledForm:
    return CompiledForm("food-permit", 1, form_body())


def post(*pairs: tuple[str, str]) -> QueryDict:
    found = QueryDict(mutable=True)
    for name, value in pairs:
        found.appendlist(name, value)
    return found


@pytest.mark.parametrize(
    ("part", "name", "text", "value"),
    [
        ("applicant", "phone", " +86 138-0000-0001 ", "13800000001"),
        ("applicant", "phone", "１３８００００００００１"[:11], "13800000000"),
        ("firm", "uscc", "91990102ma0000001x", "91990102MA0000001X"),
        ("firm", "firm", " 晓梅\u3000 餐饮\n", "晓梅 餐饮"),
        ("firm", "firm", "晓\u0000梅", "晓梅"),
        ("firm", "firm", "", None),
        ("place", "area", "１，２００", 1200),
        ("place", "area", "1,200", 1200),
        ("place", "area", "八十", "八十"),
        ("place", "height", " 2．85 ", "2.85"),
        ("place", "capital", "¥1,234.5", 123450),
        ("place", "capital", "1234.567", "1234.567"),
        ("place", "capital", "一百万", "一百万"),
        ("place", "lease_until", "2026年11月21日", "2026-11-21"),
        ("place", "lease_until", "2026/1/2", "2026-01-02"),
        ("place", "lease_until", "20260102", "2026-01-02"),
        ("place", "lease_until", "2026-02-30", "2026-02-30"),
        ("trade", "has_alcohol", "true", True),
        ("trade", "has_alcohol", "maybe", "maybe"),
        ("end", "note", "第一行  \r\n第二行\x07\n", "第一行\n第二行"),
        ("end", "note", "长" * 1_000_000, "长" * 20_001),
    ],
)
def test_typing_is_understood(form: CompiledForm, part: str, name: str, text: str, value: object) -> None:
    assert form.read_post(part, {name: text}, {"kept": 1}) == {"kept": 1, name: value}


def test_an_identity_number_is_made_regular() -> None:
    body = form_body()
    body["layout"]["parts"][0]["fields"][1].pop("readonly")
    form = CompiledForm("food-permit", 1, body)
    assert (
        form.read_post("applicant", {"identity": " ５３０１０２19900101 001x "}, {})["identity"] == "53010219900101001X"
    )


def test_only_fields_of_the_part_are_read(form: CompiledForm) -> None:
    assert form.read_post("place", {"area": "5", "name": "偷换", "is_admin": "1", "sales": "hot"}, {}) == {"area": 5}
    with pytest.raises(LookupError):
        form.read_post("cellar", {}, {})


def test_choices_may_be_emptied_but_a_hidden_group_keeps_them(form: CompiledForm) -> None:
    chosen = form.read_post("trade", post(("sales", "hot"), ("sales", "cold"), ("sales.shown", "1")), {})
    assert chosen["sales"] == ["hot", "cold"]
    assert form.read_post("trade", post(("sales.shown", "1")), chosen)["sales"] is None
    assert form.read_post("trade", post(("main", "热食")), chosen)["sales"] == ["hot", "cold"]


def test_rows_are_read_in_order_and_empty_ones_dropped(form: CompiledForm) -> None:
    typed_rows = post(
        ("staff.2.name", "赵六"), ("staff.0.name", "王五"), ("staff.0.since", "2026年1月2日"), ("staff.1.name", " "),
        ("staff.1.identity", ""), ("staff.x.name", "坏"), ("staff.99999.name", "坏"), ("staff.0.pay", "9"),
    )  # fmt: skip
    assert form.read_post("trade", typed_rows, {})["staff"] == [
        {"name": "王五", "since": "2026-01-02"},
        {"name": "赵六"},
    ]
    assert form.read_post("trade", post(("staff.0.name", "")), answers())["staff"] is None
    assert form.read_post("trade", post(("main", "热食")), answers())["staff"] == answers()["staff"]


def test_rows_are_added_and_dropped_by_buttons(form: CompiledForm) -> None:
    rows = (("staff.0.name", "王五"), ("staff.1.name", "赵六"))
    assert form.read_post("trade", post(*rows, ("refresh", "add:staff")), {})["staff"] == [
        {"name": "王五"},
        {"name": "赵六"},
        {},
    ]
    assert form.read_post("trade", post(*rows, ("refresh", "drop:staff:0")), {})["staff"] == [{"name": "赵六"}]
    for nonsense in ("drop:staff:9", "drop:staff:-1", "drop:sales:0", "add:nothing", "x", ":::", "drop:staff:²"):
        assert form.read_post("trade", post(*rows, ("refresh", nonsense)), {})["staff"] == [
            {"name": "王五"},
            {"name": "赵六"},
        ]


def test_whatever_is_typed_comes_back_when_it_is_shown_again(form: CompiledForm) -> None:
    """An answer that holds survives being shown in an input and posted unchanged."""
    data = answers()
    pairs = []
    for part in form.visible_parts(data, NONE):
        for field in part.fields:
            if field.widget == "choices":
                pairs += [(field.name, value) for value in data[field.name]]
            elif field.widget == "repeat":
                for number, row in enumerate(data[field.name]):
                    pairs += [
                        (f"{field.name}.{number}.{c.name}", typed(c.widget, row.get(c.name))) for c in field.columns
                    ]
            else:
                pairs.append((field.name, typed(field.widget, data.get(field.name))))
    again: dict[str, Any] = {}
    for part in form.parts:
        again = form.read_post(part.code, post(*pairs), again)
    assert form.kept(again, NONE) == data


@given(
    st.text(max_size=200),
    st.sampled_from(["firm", "uscc", "address", "area", "height", "capital", "lease_until", "note", "phone"]),
)
def test_any_typing_is_read_and_reading_it_again_changes_nothing(form: CompiledForm, text: str, name: str) -> None:
    part = next(part.code for part in form.parts if name in {field.name for field in part.fields})
    once = form.read_post(part, {name: text}, {})
    widget = form.fields[name].widget
    assert form.read_post(part, {name: typed(widget, once[name])}, {}) == once
    form.check(once, NONE)


def test_prefilling_asks_each_source_once_and_leaves_out_what_does_not_fit() -> None:
    asked: list[Actor] = []

    class Counting(Register):
        def values(self, actor: Actor) -> dict[str, Prefilled]:
            asked.append(actor)
            return super().values(actor)

    form, actor = published_form(), citizen()
    person = Counting(name="林晓梅", identity="000", phone=None)
    with prefill_sources.plugged("person", person), prefill_sources.plugged("firm", Register(name="长" * 500)):
        found = prefill(form, actor)
    assert found.keys() == {"name"}
    assert asked == [actor]


def test_a_source_that_fails_or_is_gone_keeps_nobody_from_applying() -> None:
    class Broken:
        def values(self, actor: Actor) -> dict[str, Prefilled]:
            raise ConnectionError("the register is down")

    body = form_body()
    body["layout"]["parts"][0]["fields"][0]["prefill"] = "moon.name"
    with prefill_sources.plugged("moon", Broken()):
        form = published_form(body)
        with registers():
            assert "name" not in prefill(form, citizen())
    with registers():
        assert prefill(form, citizen()).keys() == {"identity", "phone", "firm", "uscc"}


def test_prefilled_values_survive_being_kept_as_json() -> None:
    kept = {
        "name": {"value": "林晓梅", "source": "人口基础库", "as_of": "2026-11-20"},
        "firm": {"value": "x", "source": "y", "as_of": ""},
    }
    found = prefilled_from(kept)
    assert found["name"] == Prefilled("林晓梅", "人口基础库", dt.date(2026, 11, 20))
    assert found["firm"].as_of is None


def _known(form: CompiledForm) -> dict[str, Prefilled]:
    with registers():
        return prefill(form, citizen())


def _shown(form: CompiledForm, code: str, data: dict[str, Any], **more: Any) -> str:
    page = Template("{% load forms %}{% form_part form part data problems prefilled context doubt_href=doubt %}")
    shown = {
        "form": form,
        "part": form.part(code),
        "data": data,
        "problems": [],
        "prefilled": {},
        "context": {},
        "doubt": "",
    }
    request = RequestFactory().get("/")
    return page.render(Context({**shown, **more, "request": request}))


def test_a_read_only_value_is_shown_masked_with_its_source_and_never_sent() -> None:
    form = published_form()
    known = _known(form)
    html = _shown(form, "applicant", {"identity": IDENTITY}, prefilled=known, doubt="/my/data/objections/new")
    assert IDENTITY not in html
    assert f"{IDENTITY[:3]}*************{IDENTITY[-2:]}" in html
    assert 'name="identity"' not in html
    assert 'name="name"' not in html
    assert "来自人口基础库，2026年11月20日" in html
    assert 'href="/my/data/objections/new"' in html
    assert "不对？" in html


def test_a_number_that_may_be_changed_does_not_travel_either() -> None:
    form = published_form()
    known = _known(form)
    html = _shown(form, "applicant", {"phone": "13800000001"}, prefilled=known)
    assert "13800000001" not in html
    assert "138****0001" in html
    assert 'name="phone"' in html
    kept = form.read_post("applicant", {"phone": "", "phone.keep": "1"}, {"phone": "13800000001"})
    assert kept["phone"] == "13800000001"
    changed = form.read_post("applicant", {"phone": "13900000002", "phone.keep": "1"}, {"phone": "13800000001"})
    assert changed["phone"] == "13900000002"
    assert "13900000002" in _shown(form, "applicant", changed, prefilled=known)


def test_tampering_with_a_read_only_value_changes_nothing() -> None:
    form = published_form()
    known = _known(form)
    data = {"identity": IDENTITY, "name": "林晓梅"}
    forged = {"identity": "110101199001010015", "name": "别人", "phone": "13900000000"}
    assert form.read_post("applicant", forged, data, known) == {**data, "phone": "13900000000"}


def test_what_the_register_does_not_know_can_be_typed() -> None:
    form = published_form()
    html = _shown(form, "applicant", {})
    assert 'name="identity"' in html
    assert form.read_post("applicant", {"identity": IDENTITY}, {}, {})["identity"] == IDENTITY


def test_a_part_renders_labels_help_errors_and_what_is_asked_only() -> None:
    form = published_form()
    data = {**answers(), "premises": "owned", "area": 3}
    html = _shown(form, "place", data, problems=form.check_part("place", data, NONE))
    assert 'for="f-area"' in html
    assert 'id="f-area-error"' in html
    assert 'aria-invalid="true"' in html
    assert "面积小于 5 平方米的不用申请。" in html
    assert 'inputmode="decimal"' in html
    assert "平方米" in html
    assert "租期到哪天" not in html
    assert "需要租赁合同" in html
    assert 'value="123450.50"' in html
    assert "租期到哪天" in _shown(form, "place", answers())


def test_a_row_is_shown_with_spare_ones_or_with_buttons() -> None:
    form = published_form()
    html = _shown(form, "trade", answers())
    assert html.count("第 1 行") >= 1
    assert 'name="staff.2.name"' in html
    assert 'name="staff.3.name"' not in html
    assert "再加一行" not in html
    html = _shown(form, "trade", {**answers(), "staff": [*answers()["staff"], {}]}, context={"refresh": True})
    assert 'name="staff.1.name"' in html
    assert 'name="staff.2.name"' not in html
    assert 'value="add:staff"' in html
    assert 'value="drop:staff:1"' in html


def test_deciding_fields_ask_for_the_part_anew_where_the_page_offers_it() -> None:
    form = published_form()
    assert "hx-post" not in _shown(form, "place", answers())
    html = _shown(form, "place", answers(), context={"refresh": True})
    assert html.count("hx-post") == 2  # the two answers of the one field on which another depends
    assert 'hx-target="#part-place"' in html
    assert "<noscript>" in html


def test_a_page_may_ask_for_some_fields_of_a_part_only() -> None:
    form = published_form()
    some = replace(form.part("place"), fields=(form.fields["area"], form.fields["lease_until"]))
    html = _shown(form, "place", {**answers(), "premises": "owned"}, part=some)
    assert 'name="area"' in html
    assert 'name="height"' not in html
    assert 'name="lease_until"' not in html


def test_what_people_write_is_escaped() -> None:
    form = published_form()
    html = _shown(form, "firm", {"firm": '"><script>alert(1)</script>'})
    assert "<script>" not in html


def test_a_newly_asked_field_is_noticed() -> None:
    form = published_form()
    before, after = {"premises": "owned"}, {"premises": "rented"}
    assert [field.name for field in form.newly_asked("place", before, after, NONE)] == ["lease_until"]
    assert form.newly_asked("place", after, after, NONE) == []


def test_files_are_taken_chosen_and_shown_for_their_owner() -> None:
    form, actor = published_form(), citizen()
    material = add_to_library(actor, uploaded(actor).id, kind="other", title="平面图", valid_until=None)
    context = {**OPEN_KITCHEN, "actor": actor}
    html = _shown(form, "kitchen", {}, context=context)
    assert "平面图" in html
    assert 'type="file"' in html
    chosen = form.read_post("kitchen", {"plan": str(material.file_id), "plan.shown": "1"}, {})
    assert chosen == {"plan": str(material.file_id)}
    assert "租赁合同.pdf" in _shown(form, "kitchen", chosen, context=context)
    assert "租赁合同.pdf" not in _shown(form, "kitchen", chosen, context={**OPEN_KITCHEN, "actor": citizen("邻居")})
    with recorded("files.store", by=actor):
        data, problems = take_uploads(
            actor, form, "kitchen", MultiValueDict({"plan": [SimpleUploadedFile("图.pdf", pdf())]}), {}
        )
    assert problems == []
    assert form.check_part("kitchen", data, context) == []
    _data, problems = take_uploads(
        actor, form, "kitchen", MultiValueDict({"plan": [SimpleUploadedFile("图.pdf", b"MZ")]}), {}
    )
    assert problems[0].field == "plan"
    assert "“布局图”：" in problems[0].message


def test_everything_reads_well_once_more_before_signing() -> None:
    form, actor = published_form(), citizen()
    known = _known(form)
    file = uploaded(actor)
    data = {**answers(), "plan": str(file.id), "firm": "改过的名字"}
    parts = form.review(data, known, {**OPEN_KITCHEN, "actor": actor})
    rows = {row.name: row for part in parts for row in part.rows}
    assert [part.code for part in parts] == ["applicant", "firm", "place", "trade", "kitchen", "end"]
    assert rows["identity"].shown == f"{IDENTITY[:3]}*************{IDENTITY[-2:]}"
    assert rows["identity"].source == "来自人口基础库，2026年11月20日"
    assert rows["phone"].shown == "138****0001"
    assert (rows["firm"].shown, rows["firm"].source) == ("改过的名字", "")
    assert rows["premises"].shown == "租赁"
    assert rows["lease_until"].shown == "2028年5月31日"
    assert rows["area"].shown == "80 平方米"
    assert rows["capital"].shown == "¥123,450.50"
    assert rows["sales"].shown == "热食、饮品"
    assert rows["has_alcohol"].shown == "是"
    assert rows["staff"].shown.startswith("1. 姓名 王五，身份证号码 990*************")
    assert rows["plan"].shown == "租赁合同.pdf"
    assert all(answers()["staff"][0]["identity"] not in row.shown for row in rows.values())


def test_a_twenty_field_form_is_checked_fast(form: CompiledForm) -> None:
    """Well under a millisecond; the bound is loose, for a loaded machine."""
    import time

    data = answers()
    form.check(data, NONE)
    began = time.perf_counter()
    for _round in range(50):
        form.check(data, NONE)
    assert (time.perf_counter() - began) / 50 < 0.005
