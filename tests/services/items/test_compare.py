"""Two versions side by side, in the words of the schema."""

from __future__ import annotations

from typing import Any

from tests.factories.items import permit_body
from yiwang.services.items.versions import compare


def differences(**changes: Any) -> list[tuple[str, str, str, str]]:
    return [
        (change.field, change.kind, change.before, change.after)
        for change in compare(permit_body(), permit_body(**changes))
    ]


def test_equal_bodies_do_not_differ() -> None:
    assert differences() == []


def test_a_changed_word() -> None:
    assert differences(name="食品经营许可新办") == [("“事项名称”", "changed", "食品经营许可核发", "食品经营许可新办")]


def test_fields_that_come_and_go() -> None:
    assert differences(plain_name=None, quantity_limit="无数量限制") == [
        ("“通俗叫法”", "removed", "开饭馆的许可证", ""),
        ("“数量限制”", "added", "", "无数量限制"),
    ]


def test_materials_are_matched_by_their_code() -> None:
    materials = [item for item in permit_body()["materials"] if item["code"] != "flow"]
    materials[2] = {**materials[2], "copies": 2}
    changed = differences(materials=materials)
    assert ("“申请材料”的第 3 项的“复印件份数”", "changed", "1", "2") in changed
    assert [(field, kind) for field, kind, *_rest in changed] == [
        ("“申请材料”的第 3 项的“复印件份数”", "changed"),
        ("“申请材料”的第 5 项", "removed"),
    ]


def test_an_order_that_changed_is_said() -> None:
    assert [field for field, *_rest in differences(materials=permit_body()["materials"][::-1])] == ["“申请材料”的顺序"]


def test_lists_of_words_and_deep_values_are_readable() -> None:
    assert differences(conditions=["甲", "乙"])[0][3] == "甲\n乙"
    assert differences(fees={"charged": True, "basis": "某文件"}) == [
        ("“收费”的“是否收费”", "changed", "否", "是"),
        ("“收费”的“收费依据”", "added", "", "某文件"),
    ]
    assert "count: 20" in differences(limits=None)[0][2] or '"count": 20' in differences(limits=None)[0][2]
