"""The standards library: published in versions, a code never given twice, referred to by forms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.people import citizen, official
from tests.factories.standards import ELEMENTS, SEX, code_set, library
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import ANONYMOUS, Actor, system
from yiwang.foundation.forms import actions as forms
from yiwang.foundation.forms import queries as form_queries
from yiwang.foundation.standards import actions, queries, sheets
from yiwang.foundation.standards.models import Entry, EntryVersion
from yiwang.kernel.refusals import Conflict, Invalid, Missing, TooLarge

pytestmark = pytest.mark.django_db
NODE = system()
COLOURS = code_set("colour", "颜色代码", {"1": "红", "2": "绿"})


def test_a_draft_is_published_and_changed_and_withdrawn() -> None:
    with recorded("standards.draft", by=NODE, kind="standard", subject="code_set:colour"):
        actions.draft(NODE, "code_set", COLOURS)
    with pytest.raises(Missing):
        queries.codes("colour")
    with recorded("standards.publish", by=NODE, subject="code_set:colour"):
        actions.publish(NODE, "code_set", COLOURS)
    assert queries.draft(NODE, "code_set", "colour") is None, "a published draft has done its work"
    assert queries.codes("colour").label("2") == "绿"
    more = code_set("colour", "颜色代码", {"1": "红", "2": "绿", "3": "蓝"})
    assert actions.publish(NODE, "code_set", more).version == 2
    assert actions.publish(NODE, "code_set", more).version == 2
    assert "3" in queries.codes("colour")
    with recorded("standards.withdraw", subject="code_set:colour"):
        actions.withdraw(NODE, "code_set", "colour", "不再使用")
    with pytest.raises(Missing):
        queries.codes("colour")


def test_a_code_is_never_given_twice() -> None:
    actions.publish(NODE, "code_set", COLOURS)
    actions.withdraw(NODE, "code_set", "colour", "不再使用")
    for again in (actions.publish, actions.draft):
        with pytest.raises(Conflict) as caught:
            again(NODE, "code_set", code_set("colour", "别的代码", {"1": "甲"}))
        assert caught.value.code == "code-used"


def test_a_published_value_stays_and_an_ended_one_keeps_its_meaning() -> None:
    actions.publish(NODE, "code_set", COLOURS)
    with pytest.raises(Invalid):
        actions.publish(NODE, "code_set", code_set("colour", "颜色代码", {"1": "红"}))
    ended: dict[str, Any] = {
        **COLOURS,
        "values": [COLOURS["values"][0], {**COLOURS["values"][1], "until": "2026-01-01"}],
    }
    actions.publish(NODE, "code_set", ended)
    found = queries.codes("colour")
    assert ("2" in found, found.label("2"), found.current()) == (False, "绿", {"1": "红"})
    with pytest.raises(Invalid):
        actions.publish(NODE, "code_set", COLOURS)


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("element", {"code": "大写", "name": "甲", "type": "text"}, "code"),
        ("element", {"code": "a", "name": "", "type": "text"}, "name"),
        ("element", {"code": "a", "name": "甲", "type": "怪"}, "type"),
        ("element", {"code": "a", "name": "甲", "type": "text", "length": -1}, "length"),
        ("element", {"code": "a", "name": "甲", "type": "text", "level": 9}, "level"),
        ("element", {"code": "a", "name": "甲", "type": "code", "codes": "nothing"}, "codes"),
        ("element", {"code": "a", "name": "甲", "type": "date", "codes": "nothing"}, "codes"),
        ("element", {"code": "a", "name": "甲", "type": "text", "colour": "红"}, "colour"),
        ("code_set", {"code": "a", "name": "甲", "values": []}, "values"),
        (
            "code_set",
            {"code": "a", "name": "甲", "values": [{"code": "1", "name": "甲"}, {"code": "1", "name": "乙"}]},
            "values.1.code",
        ),
        ("code_set", {"code": "a", "name": "甲", "values": [{"code": "1"}]}, "values.0"),
        (
            "code_set",
            {"code": "a", "name": "甲", "source": "regions", "values": [{"code": "1", "name": "甲"}]},
            "values",
        ),
        ("norm", {"code": "a", "name": "甲", "number": "", "status": "in-force"}, "number"),
        ("norm", {"code": "a", "name": "甲", "number": "GB 1", "status": "怪"}, "status"),
    ],
)
def test_faults_are_told_at_their_place(kind: str, body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.publish(NODE, kind, body)
    assert field in {problem.field for problem in caught.value.problems}


def test_an_unknown_kind_is_missing() -> None:
    with pytest.raises(Missing):
        actions.publish(NODE, "planet", {"code": "a", "name": "甲"})


def test_a_shipped_library_is_installed_once_and_what_the_place_changed_stays() -> None:
    library()
    more = {**SEX, "values": [*SEX["values"], {"code": "5", "name": "女性改男性"}]}
    actions.publish(NODE, "code_set", more)
    with recorded("standards.install", kind="standard"):
        taken = actions.install(NODE, "test", {"code_set": [SEX], "element": ELEMENTS})
    assert (taken.new, taken.changed) == (0, 0)
    assert "5" in queries.codes("gbt2261.1")


def test_anybody_may_look_things_up() -> None:
    library()
    found = queries.listing(ANONYMOUS, queries.Wanted(text="公民身份"))
    assert [row.code for row in found.items] == ["person.identity_number"]
    assert queries.entry(ANONYMOUS, "code_set", "gbt2261.1").name == "人的性别代码"


def test_a_csv_goes_out_and_comes_back(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    library()
    for kind in ("element", "code_set"):
        out = sheets.write(kind, queries.find(NODE, queries.Wanted(kind=kind)))
        with recorded("standards.take_over", by=NODE, kind="standard"):
            taken = actions.take_over(NODE, kind, sheets.read(kind, out))
        assert (taken.new, taken.changed, taken.refused) == (0, 0, [])
    wrong = "code,name,type,length\nnew.one,新的,text,20\nbad.one,坏的,怪,x\n".encode("gb18030")
    taken = actions.take_over(NODE, "element", sheets.read("element", wrong))
    assert (taken.new, [code for _place, code, _why in taken.refused]) == (1, ["bad.one"])


def test_a_file_that_is_none_is_told() -> None:
    for content in (b"", b"a,b\n1,2"):
        with pytest.raises(Invalid):
            sheets.read("element", content)
    with pytest.raises(TooLarge):
        sheets.read("element", b"x" * (sheets.LARGEST + 1))


def test_divisions_are_a_code_set_by_reference() -> None:
    from tests.factories.people import city

    city()
    actions.publish(NODE, "code_set", {"code": "gbt2260", "name": "行政区划代码", "source": "regions"})
    found = queries.codes("gbt2260")
    assert ("990100" in found, "123" in found, found.label("990100")) == (True, False, "云州市")


def _form(**field: Any) -> dict[str, Any]:
    return {
        "title": "登记表",
        "schema": {"type": "object", "properties": {"sex": {"type": "string"}, "name": {"type": "string", "maxLength": 500}}},
        "layout": {
            "parts": [
                {
                    "code": "one", "title": "一",
                    "fields": [
                        {"name": "sex", "label": "性别", "widget": "choice", "codes": "gbt2261.1", "element": "person.sex", **field},
                        {"name": "name", "label": "姓名", "widget": "text", "element": "person.name"},
                    ],
                }
            ]
        },
    }  # fmt: skip


def test_a_form_takes_its_options_from_a_code_set() -> None:
    library()
    forms.publish(NODE, "card", _form())
    assert [option.label for option in form_queries.form("card").fields["sex"].options][:2] == ["未知的性别", "男性"]
    assert forms.publish(NODE, "card", _form()).version == 1, "the same body again is the same version"
    assert form_queries.elements("card") == {"person.sex", "person.name"}


def test_a_form_may_not_name_what_the_library_has_not() -> None:
    library()
    for field, place in (({"codes": "nothing"}, "codes"), ({"element": "nothing"}, "element")):
        with pytest.raises(Invalid) as caught:
            forms.publish(NODE, "card", _form(**field))
        assert any(problem.field.endswith(place) for problem in caught.value.problems)


def test_what_departs_from_its_element_is_named() -> None:
    library()
    forms.publish(NODE, "card", _form())
    found = queries.deviations(NODE)
    assert [(one.use.where, one.use.field) for one in found] == [("登记表", "name")]
    assert "500" in found[0].why
    assert [use.field for _kind, use in queries.uses("person.sex")] == ["sex"]


def test_versions_are_compared_code_by_code() -> None:
    more = code_set("colour", "颜色", {"1": "红", "2": "草绿", "3": "蓝"})
    told = {(change.place, change.kind, change.after) for change in queries.changes(COLOURS, more)}
    assert told == {("名称", "changed", "颜色"), ("代码 2", "changed", "草绿"), ("代码 3", "added", "蓝")}


def test_a_draft_is_dropped_and_two_who_write_are_told() -> None:
    actions.draft(NODE, "code_set", COLOURS)
    with pytest.raises(Conflict):
        actions.draft(NODE, "code_set", COLOURS)
    with recorded("standards.drop_draft", by=NODE, subject="code_set:colour"):
        actions.drop_draft(NODE, "code_set", "colour")
    assert not Entry.objects.exists()


def test_versions_are_written_once() -> None:
    actions.publish(NODE, "code_set", COLOURS)
    assert EntryVersion.objects.get().published_by == NODE.reference()


@pytest.mark.parametrize("actor", [citizen, lambda: official("clerk", ["standards.read"])])
def test_the_wrong_people_are_refused(actor: Any) -> None:
    actions.publish(NODE, "code_set", COLOURS)
    actions.draft(NODE, "code_set", COLOURS)
    who: Actor = actor()
    refused(actions.draft, who, "code_set", COLOURS)
    refused(actions.drop_draft, who, "code_set", "colour")
    refused(actions.publish, who, "code_set", COLOURS)
    refused(actions.withdraw, who, "code_set", "colour", "不要了")
    refused(actions.take_over, who, "code_set", [COLOURS])
    refused(actions.install, who, "mine", {"code_set": [COLOURS]})
