"""What is wrong with answers is said in one sentence that names the field and the remedy, at bounded cost."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import citizen, city
from tests.factories.blanks import OPEN_KITCHEN, answers, form_body, published_form
from tests.factories.documents import uploaded
from yiwang.foundation.forms.compiled import CompiledForm
from yiwang.foundation.orgs.queries import identity_check_digit

pytestmark = pytest.mark.django_db
NONE: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def _the_city() -> None:
    """The identity numbers of the tests begin with the code of an invented province, which the node must have loaded."""
    city()


@pytest.fixture(scope="module")
def form() -> CompiledForm:
    return CompiledForm("food-permit", 1, form_body())


def test_answers_that_hold_have_no_problems(form: CompiledForm) -> None:
    assert form.check(answers(), NONE) == []
    assert form.kept(answers(), NONE) == answers()


def test_everything_missing_is_told_at_once_in_the_order_of_the_form(form: CompiledForm) -> None:
    problems = form.check({}, NONE)
    assert [problem.field for problem in problems] == [
        "name", "identity", "phone", "firm", "uscc", "premises", "area", "sales", "has_alcohol", "staff", "opening", "agreed",
    ]  # fmt: skip
    assert {problem.rule for problem in problems} == {"required"}
    assert problems[0].message == "请填写“姓名”。"
    assert problems[5].message == "请选择“场所来源”。"


@pytest.mark.parametrize(
    ("field", "value", "rule", "says"),
    [
        ("name", "   ", "required", "请填写“姓名”。"),
        ("name", "长" * 61, "max-length", "“姓名”太长，最多 60 个字，现在有 61 个，请缩短。"),
        ("name", 5, "type", "“姓名”填写的内容不对，请填文字。"),
        ("name", ["林"], "type", "“姓名”填写的内容不对"),
        ("identity", "53010219900101123", "format", "“身份证号码”：身份证号码应为 18 位，现在是 17 位。"),
        ("identity", "990102198001010011", "format", "校验位"),
        ("phone", "12345", "format", "“联系电话”：手机号应为 11 位数字"),
        ("uscc", "91530100MA6K000001", "format", "“统一社会信用代码”："),
        ("address", "路", "min-length", "“经营地址”太短，至少写 5 个字。"),
        ("premises", "stolen", "choice", "“场所来源”选的不在列出的选项里，请重新选择。"),
        ("lease_until", "2026-02-30", "format", "“租期到哪天”：日期不存在"),
        ("lease_until", "明年", "format", "2026-11-21"),
        ("area", "八十", "type", "“经营面积”填写的内容不对，请只填数字，例如 12。"),
        ("area", True, "type", "“经营面积”"),
        ("area", 3, "minimum", "面积小于 5 平方米的不用申请。"),
        ("area", 100001, "maximum", "“经营面积”不能大于 100000平方米，请检查。"),
        ("height", "很高", "format", "“层高”：请只填数字"),
        ("capital", -1, "minimum", "“投入资金”不能小于 ¥0.00，请检查。"),
        ("capital", "一百万", "type", "例如 1234.50"),
        ("sales", [], "required", "请选择“卖什么”。"),
        ("sales", ["hot", "ice"], "choice", "“卖什么”"),
        ("sales", ["hot", "hot"], "unique", "“卖什么”里有重复的，请去掉。"),
        ("sales", "hot", "type", "“卖什么”填写的内容不对，请从列出的选项中选择。"),
        ("main", "火锅", "choice", "“主要卖什么”"),
        ("has_alcohol", "yes", "type", "“卖酒吗”填写的内容不对，请选“是”或“否”。"),
        ("alcohol_until", "很晚", "pattern", "“酒卖到几点”请写成 22:30 的样子。"),
        ("agreed", False, "agree", "“以上属实”需要选“是”才能继续。"),
        ("staff", [], "required", "请填写“从业人员”。"),
        ("staff", [{}], "required", "请填写“从业人员”。"),
        ("staff", "王五", "type", "“从业人员”填写的内容不对，请逐行填写。"),
    ],
)
def test_one_wrong_answer_is_one_sentence(form: CompiledForm, field: str, value: object, rule: str, says: str) -> None:
    problems = form.check({**answers(), field: value}, NONE)
    assert [(problem.field, problem.rule) for problem in problems] == [(field, rule)]
    assert says in problems[0].message


def test_a_wrong_cell_names_its_row_and_column(form: CompiledForm) -> None:
    staff = [
        {"name": "王五", "identity": answers()["identity"]},
        {"name": "赵六", "identity": "1", "since": "昨天"},
        {"identity": answers()["identity"], "pay": 1},
    ]
    found = {problem.field: problem.message for problem in form.check({**answers(), "staff": staff}, NONE)}
    assert found.keys() == {"staff.1.identity", "staff.1.since", "staff.2.name", "staff.2"}
    assert found["staff.1.identity"].startswith("“从业人员第 2 行身份证号码”：")
    assert (
        found["staff.2.name"] == "请填写“从业人员第 3 行姓名”。".replace("姓名", "")
        or "第 3 行" in found["staff.2.name"]
    )
    assert "pay" in found["staff.2"]


def test_too_many_rows_and_the_empty_row_at_the_end(form: CompiledForm) -> None:
    row = answers()["staff"][0]
    assert form.check({**answers(), "staff": [row, {}, {}]}, NONE) == []
    assert form.kept({**answers(), "staff": [row, {}]}, NONE)["staff"] == [row]
    (problem,) = form.check({**answers(), "staff": [row] * 6}, NONE)
    assert problem.message == "“从业人员”最多 5 项，现在有 6 项，请减少。"


def test_what_is_not_asked_is_neither_required_nor_kept(form: CompiledForm) -> None:
    data = {**answers(), "premises": "owned", "has_alcohol": False, "lease_until": "乱写", "alcohol_until": 7}
    assert form.check(data, NONE) == []
    kept = form.kept(data, NONE)
    assert "lease_until" not in kept
    assert "alcohol_until" not in kept
    assert kept["has_alcohol"] is False


def test_what_is_asked_because_of_an_answer_is_required(form: CompiledForm) -> None:
    data = answers()
    del data["lease_until"]
    assert [problem.field for problem in form.check(data, NONE)] == ["lease_until"]


def test_a_part_is_asked_for_in_its_situation_only(form: CompiledForm) -> None:
    assert "kitchen" not in [part.code for part in form.visible_parts(answers(), {"situation": {"kitchen": "closed"}})]
    assert "kitchen" in [part.code for part in form.visible_parts(answers(), OPEN_KITCHEN)]


def test_unknown_fields_are_refused(form: CompiledForm) -> None:
    (problem,) = form.check({**answers(), "is_admin": True}, NONE)
    assert (problem.field, problem.rule, problem.message) == (
        "is_admin",
        "unknown",
        "这份表单没有“is_admin”这一栏，请删去。",
    )


def test_one_part_is_checked_alone(form: CompiledForm) -> None:
    assert [problem.field for problem in form.check_part("place", {"premises": "rented"}, NONE)] == [
        "lease_until",
        "area",
    ]
    assert form.check_part("kitchen", {}, NONE) == []
    with pytest.raises(LookupError):
        form.check_part("cellar", {}, NONE)


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _level in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("not an object", "type"),
        ([1], "type"),
        (None, "type"),
        ({"name": "长" * 1_000_000}, "too-large"),
        ({"name": ["x"] * 20_000}, "too-large"),
        ({f"n{number}": 1 for number in range(20_000)}, "too-large"),
        ({"name": _nested(10)}, "type"),
        ({"name": _nested(900)}, "type"),
        ({"area": 1.5}, "type"),
        ({"area": float("nan")}, "type"),
        ({"area": 10**30}, "type"),
        ({"name": "\ud800"}, "type"),
        ({"长" * 300: 1}, "type"),
        ({"\ud800": 1}, "type"),
    ],
)
def test_what_no_form_asks_for_is_refused_as_a_whole(form: CompiledForm, data: Any, rule: str) -> None:
    (problem,) = form.check(data, NONE)
    assert (problem.field, problem.rule) == ("", rule)
    assert form.check_part("place", data, NONE) == [problem]


def test_a_hundred_problems_are_enough(form: CompiledForm) -> None:
    data = {**answers(), **{f"x{number}": 1 for number in range(500)}}
    assert len(form.check(data, NONE)) == 100


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from([*answers(), "plan", "nothing"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(field_names, json_values, max_size=12))
def test_any_answers_get_an_answer(form: CompiledForm, spoilt: dict[str, Any]) -> None:
    """Whatever is sent, checking ends with problems in words, each at a field of the form, and never with an exception."""
    data = {**answers(), **spoilt}
    for problem in form.check(data, OPEN_KITCHEN):
        assert problem.message.endswith(("。", "！"))
        assert problem.field == "" or problem.field.split(".")[0] in {*form.fields, "nothing"}
    form.kept(data, OPEN_KITCHEN)
    form.review(data, {}, OPEN_KITCHEN)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    premises=st.sampled_from(["owned", "rented", None, "x"]),
    alcohol=st.sampled_from([True, False, None, "true", 1]),
    kitchen=st.sampled_from(["open", "closed", None]),
)
def test_conditions_decide_alike_everywhere(form: CompiledForm, premises: Any, alcohol: Any, kitchen: Any) -> None:
    """What is visible, what is required, what is kept and what is reviewed always agree."""
    data = {**answers(), "premises": premises, "has_alcohol": alcohol}
    context = {"situation": {"kitchen": kitchen}}
    visible = {field.name for part in form.visible_parts(data, context) for field in part.fields}
    assert ("lease_until" in visible) == (premises == "rented")
    assert ("alcohol_until" in visible) == (alcohol is True)
    assert ("plan" in visible) == (kitchen == "open")
    assert form.kept(data, context).keys() <= visible
    assert {problem.field.split(".")[0] for problem in form.check({}, context)} <= {
        field.name for part in form.visible_parts({}, context) for field in part.fields
    }
    assert {row.name for part in form.review(data, {}, context) for row in part.rows} == visible


@given(st.integers(0, 999), st.dates(dt.date(1900, 1, 1), dt.date(2020, 1, 1)))
def test_identity_numbers_by_their_own_arithmetic(serial: int, born: dt.date) -> None:
    compiled = CompiledForm("food-permit", 1, form_body())
    first = f"110101{born:%Y%m%d}{serial:03d}"
    assert compiled.takes("identity", first + identity_check_digit(first))
    wrong = "0" if identity_check_digit(first) != "0" else "1"
    assert not compiled.takes("identity", first + wrong)


def test_a_file_is_checked_for_the_one_who_acts() -> None:
    form = published_form()
    mine, neighbour = citizen(), citizen("邻居")
    data = {**answers(), "plan": str(uploaded(mine).id)}
    context = {**OPEN_KITCHEN, "actor": mine}
    assert form.check(data, context) == []
    for other in ({**OPEN_KITCHEN, "actor": neighbour}, OPEN_KITCHEN):
        (problem,) = form.check(data, other)
        assert (problem.field, problem.rule) == ("plan", "file")
    (problem,) = form.check({**data, "plan": str(uuid4())}, context)
    assert problem.rule == "file"
    (problem,) = form.check({**data, "plan": "x"}, context)
    assert problem.rule == "format"


def test_a_form_is_not_changed_by_being_used(form: CompiledForm) -> None:
    before = copy.deepcopy(form.json_schema())
    data = {**answers(), "staff": [{}, {}]}
    kept = copy.deepcopy(data)
    form.check(data, NONE)
    form.review(data, {}, NONE)
    form.read_post("trade", {"staff.0.name": "x"}, data)
    assert data == kept
    assert form.json_schema() == before
