"""A body is checked when it is drafted, and every fault is named in words that lead to its mending."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from tests.factories.items import permit_body, registration_body
from yiwang.kernel.refusals import Invalid
from yiwang.services.items.body import check, label, schema
from yiwang.services.items.structured import from_text, to_text


def faults(**changes: Any) -> list[tuple[str, str, str]]:
    return [(problem.field, problem.rule, problem.message) for problem in check(permit_body(**changes))]


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(schema())


def test_whole_and_small_bodies_hold() -> None:
    assert check(permit_body()) == []
    assert check(registration_body()) == []
    assert check({"code": "abc", "name": "某项", "agency": "x", "type": "10"}) == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": None}, "name", "“事项名称”没有填写"),
        ({"name": "长" * 201}, "name", "“事项名称”最多 200 个字"),
        ({"name": 5}, "name", "“事项名称”应为文字"),
        ({"nmae": "x"}, "", "不认识的名称：nmae"),
        ({"type": "1"}, "type", "“事项类型代码”的格式不对"),
        ({"level": "9"}, "level", "“行使层级代码”应为以下之一：1、2、3"),
        ({"audience": ["1", "1"]}, "audience", "“服务对象”有重复"),
        ({"audience": ["7"]}, "audience.0", "“服务对象”的第 1 项应为以下之一"),
        ({"case_type": "3"}, "case_type", "应为以下之一：1、2、9"),
        ({"channels": ["5"]}, "channels.0", "应为以下之一：1、2、3、4、9"),
        ({"limits": {"promised": {"count": -1, "unit": "working"}}}, "limits.promised.count", "不能小于 0"),
        ({"limits": {"promised": {"count": 3, "unit": "weeks"}}}, "limits.promised.unit", "working、calendar"),
        ({"limits": {"promised": {"count": "3", "unit": "working"}}}, "limits.promised.count", "应为整数"),
        ({"materials": [{"name": "x"}]}, "materials.0.code", "“申请材料”的第 1 项的“材料代码”没有填写"),
        ({"materials": [{"code": "a b", "name": "x"}]}, "materials.0.code", "格式不对"),
        ({"windows": [{"place": "x", "phone": "1" * 19}]}, "windows.0.phone", "最多 18 个字"),
        ({"situations": [{"code": "a", "question": "好吗？", "options": [{"code": "y", "label": "好"}]}]}, "situations.0.options", "至少 2 项"),
        ({"conditions": "x"}, "conditions", "应为列表"),
    ],
)  # fmt: skip
def test_what_the_schema_refuses(changes: dict[str, Any], field: str, words: str) -> None:
    found = faults(**changes)
    assert any(field == where and words in message for where, _rule, message in found), found


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"materials": [{"code": "a", "name": "甲"}, {"code": "a", "name": "乙"}]}, "materials.1.code", "用了两次"),
        ({"materials": [{"code": "a", "name": "甲", "when": {"situation.nowhere": ["x"]}}]}, "materials.0.when", "“nowhere”不存在"),
        ({"materials": [{"code": "a", "name": "甲", "when": {"situation.premises": ["x"]}}]}, "materials.0.when", "没有选项“x”"),
        (
            {"materials": [{"code": "a", "name": "甲", "replaced_by": {"kind": "licence", "label": "用证照"}}]},
            "materials.0.replaced_by.ref", "要写明对应的证照类型",
        ),
        ({"limits": {"statutory": {"count": 5, "unit": "working"}, "promised": {"count": 6, "unit": "working"}}}, "limits.promised.count", "不能长于法定"),
        ({"limits": {"acceptance_days": 5}}, "limits.promised", "要写明承诺办结时限"),
        ({"case_type": "1"}, "limits.promised.count", "即办件"),
        ({"service": {"status": "paused"}}, "service.reason", "要向群众说明原因"),
        ({"service": {"status": "seasonal", "reason": "每年一次"}}, "service.since", "从哪天到哪天"),
        ({"service": {"status": "paused", "reason": "x", "since": "2026-02-30"}}, "service.since", "不是真实的日期"),
        ({"service": {"status": "paused", "reason": "x", "since": "2026-03-02", "until": "2026-03-01"}}, "service.until", "不能早于"),
        ({"procedure": None}, "procedure", "按哪个流程办理"),
        ({"channels": ["1"]}, "channels", "要包含网上办理"),
        ({"audience": None}, "audience", "要写明服务对象"),
        ({"form": None}, "form", "要写明表单代码"),
        ({"fees": {"charged": True}}, "fees.basis", "要写明收费依据"),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_say(changes: dict[str, Any], field: str, words: str) -> None:
    found = faults(**changes)
    assert any(field == where and words in message for where, _rule, message in found), found


def test_a_question_may_only_depend_on_answers_before_it() -> None:
    options = [{"code": "yes", "label": "是"}, {"code": "no", "label": "否"}]
    first = {"code": "one", "question": "第一问？", "options": options, "when": {"situation.two": ["yes"]}}
    second = {"code": "two", "question": "第二问？", "options": options}
    assert [fault[0] for fault in faults(situations=[first, second], materials=[])] == ["situations.0.when"]
    assert faults(situations=[second, first], materials=[]) == []


def test_what_is_no_body_is_named_too() -> None:
    for nothing in (None, [], "x", 5):
        assert check(nothing)[0].rule == "type"


def test_labels_follow_the_schema() -> None:
    assert label(["limits", "promised", "count"]) == "“办理时限”的“承诺办结时限”的“天数”"
    assert label(["materials", 1, "when"]) == "“申请材料”的第 2 项的“适用条件”"
    assert label([]) == "事项内容"


def test_a_body_survives_being_edited_as_text() -> None:
    assert from_text(to_text(permit_body())) == permit_body()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [a\ncode: b", "第 2 行"),
        ("a: &x [1]\nb: *x", "第 2 行"),  # aliases unfold
        ("- a\n- b", "名称: 值"),
        ("", "名称: 值"),
        ("1: 2", "名称: 值"),
        ("a:\n  - 1: 2", "名称: 值"),
        ("a: !!python/object/apply:os.system [ls]", "第 1 行"),
        ("a: \x07", "特殊字符"),
        ("x" * 400_001, "太长"),
    ],
)
def test_text_that_cannot_be_read_names_the_line(text: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_text(text)
    assert words in caught.value.problems[0].message


def test_codes_and_dates_stay_text() -> None:
    assert from_text("type: 01\nsince: 2026-01-01\nratio: 1.5\ncount: 10\nyes: on\nok: true\nnone:") == {
        "type": "01", "since": "2026-01-01", "ratio": "1.5", "count": 10, "yes": "on", "ok": True, "none": None,
    }  # fmt: skip
