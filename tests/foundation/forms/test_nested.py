"""Nested answers keep everything: files and choices in rows, places chosen step by step, by page and by program alike."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template import Context, Template
from django.utils.datastructures import MultiValueDict

from tests.factories import citizen, city
from tests.factories.blanks import published_form
from tests.factories.documents import pdf, uploaded
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.forms.actions import take_uploads
from yiwang.foundation.forms.queries import CompiledForm, forget_forms
from yiwang.foundation.orgs.models import Region

pytestmark = pytest.mark.django_db
DISTRICT, STREET, COMMUNITY, OTHER = "990102", "990102001", "990102001001", "990103"
SKILLS = [{"const": "cook", "title": "做菜"}, {"const": "serve", "title": "跑堂"}]
FORM: dict[str, Any] = {
    "title": "从业人员",
    "schema": {
        "type": "object",
        "required": ["staff", "home"],
        "properties": {
            "staff": {"type": "array", "minItems": 1, "maxItems": 5, "items": {
                "type": "object", "required": ["name", "certificate"], "properties": {
                    "name": {"type": "string", "maxLength": 20},
                    "certificate": {"type": "string", "format": "uuid"},
                    "skills": {"type": "array", "minItems": 1, "items": {"type": "string", "oneOf": SKILLS}},
                    "note": {"type": "string"},
                },
            }},
            "home": {"type": "string", "format": "cn-region"},
        },
    },
    "layout": {"parts": [{"code": "people", "title": "人员", "fields": [
        {"name": "staff", "label": "从业人员", "widget": "repeat", "columns": [
            {"name": "name", "label": "姓名", "widget": "text"},
            {"name": "certificate", "label": "健康证", "widget": "file"},
            {"name": "skills", "label": "做什么", "widget": "choices"},
            {"name": "note", "label": "说明", "widget": "textarea"},
        ]},
        {"name": "home", "label": "住在哪里", "widget": "region", "depth": "village"},
    ]}]},
}  # fmt: skip


@pytest.fixture
def form() -> CompiledForm:
    forget_forms()
    above = city()
    for code, name, level in [
        (DISTRICT, "东城区", "county"), (STREET, "幸福街道", "town"), (COMMUNITY, "幸福社区", "village"), (OTHER, "西城区", "county"),
    ]:  # fmt: skip
        parent = above if level == "county" else Region.objects.get(code=code[: 6 if level == "town" else 9])
        Region.objects.create(code=code, name=name, level=level, parent=parent, path=f"{parent.path}{code}/")
    return published_form(FORM, "staff")


def post(**values: Any) -> QueryDict:
    made = QueryDict(mutable=True)
    for name, value in values.items():
        made.setlist(name.replace("__", "."), value if isinstance(value, list) else [value])
    return made


def files(**names: str) -> MultiValueDict[str, Any]:
    return MultiValueDict(
        {name.replace("__", "."): [SimpleUploadedFile(title, pdf())] for name, title in names.items()}
    )


def context(actor: Actor) -> dict[str, Any]:
    return {"situation": {}, "actor": actor}


def shown(form: CompiledForm, data: dict[str, Any], actor: Actor) -> str:
    known = {**context(actor), "refresh": True}
    page = Template("{% load forms %}{% form_part form form.parts.0 data problems None known %}")
    return page.render(Context({"form": form, "data": data, "problems": form.check(data, known), "known": known}))


def test_each_row_keeps_its_own_file(form: CompiledForm) -> None:
    actor = citizen()
    typed = post(staff__0__name="甲", staff__2__name="丙", staff__2__skills=["cook", "serve"])
    data = form.read_post("people", typed, {})
    given = files(staff__2__certificate="丙.pdf", staff__0__certificate="甲.pdf", staff__1__certificate="只有文件.pdf")
    data, problems = take_uploads(actor, form, "people", given, data, typed)
    assert problems == []
    assert [row.get("name") for row in data["staff"]] == ["甲", None, "丙"]
    assert len({row["certificate"] for row in data["staff"]}) == 3
    page = shown(form, data, actor)
    assert page.index("甲.pdf") < page.index("只有文件.pdf") < page.index("丙.pdf")
    assert [problem.field for problem in form.check(data, context(actor))] == ["staff.1.name", "home"]
    [part] = form.review(data, {}, context(actor))
    assert "丙.pdf" in part.rows[0].shown
    assert "做菜、跑堂" in part.rows[0].shown


def test_a_file_in_a_row_survives_another_save_and_leaves_when_it_is_unchosen(form: CompiledForm) -> None:
    actor = citizen()
    file = str(uploaded(actor).id)
    data = {"staff": [{"name": "甲", "certificate": file}]}
    kept = form.read_post("people", post(staff__0__name="甲", staff__0__certificate=file), data)
    assert kept["staff"][0]["certificate"] == file
    dropped = form.read_post("people", post(staff__0__name="甲"), data)
    assert "certificate" not in dropped["staff"][0]


def test_a_row_that_is_dropped_takes_no_other_rows_file(form: CompiledForm) -> None:
    actor = citizen()
    typed = post(staff__0__name="甲", staff__1__name="乙", refresh="drop:staff:0")
    data = form.read_post("people", typed, {})
    data, _problems = take_uploads(actor, form, "people", files(staff__1__certificate="乙.pdf"), data, typed)
    assert [(row["name"], bool(row.get("certificate"))) for row in data["staff"]] == [("乙", True)]


def test_somebody_elses_file_in_a_row_is_refused(form: CompiledForm) -> None:
    data = {"staff": [{"name": "甲", "certificate": str(uploaded(citizen("别人")).id)}], "home": COMMUNITY}
    [problem] = form.check(data, context(citizen()))
    assert (problem.field, problem.rule) == ("staff.0.certificate", "file")
    assert "从业人员第 1 行健康证" in problem.message


def test_a_wrong_choice_in_a_row_is_told_at_its_cell(form: CompiledForm) -> None:
    actor = citizen()
    row = {"name": "甲", "certificate": str(uploaded(actor).id), "skills": ["cook", "fly"]}
    [problem] = form.check({"staff": [row], "home": COMMUNITY}, context(actor))
    assert (problem.field, problem.rule) == ("staff.0.skills", "choice")


def test_a_refused_file_in_a_row_is_a_problem_of_its_cell(form: CompiledForm) -> None:
    typed = post(staff__0__name="甲")
    bad = MultiValueDict({"staff.0.certificate": [SimpleUploadedFile("a.pdf", b"MZ not a pdf")]})
    data, [problem] = take_uploads(citizen(), form, "people", bad, form.read_post("people", typed, {}), typed)
    assert problem.field == "staff.0.certificate"
    assert data["staff"] == [{"name": "甲"}]


def test_a_place_is_chosen_step_by_step(form: CompiledForm) -> None:
    actor = citizen()
    page = shown(form, {}, actor)
    assert "云州市" in page  # the only province was chosen for the reader
    assert "东城区" not in page
    data = form.read_post("people", post(home__0="990000", home__1="990100"), {})
    assert data["home"] == "990100"
    assert "东城区" in shown(form, data, actor)
    assert "“住在哪里”请选到村（社区）。" in [problem.message for problem in form.check(data, context(actor))]
    data = form.read_post(
        "people", post(home__0="990000", home__1="990100", home__2=DISTRICT, home__3=STREET, home__4=COMMUNITY), data
    )
    assert data["home"] == COMMUNITY
    assert "home" not in [problem.field for problem in form.check(data, context(actor))]
    [part] = form.review(data, {}, context(actor))
    assert part.rows[1].shown == "云岭省云州市东城区幸福街道幸福社区"


def test_choosing_another_district_lets_the_old_street_go(form: CompiledForm) -> None:
    chosen = post(home__0="990000", home__1="990100", home__2=OTHER, home__3=STREET, home__4=COMMUNITY)
    assert form.read_post("people", chosen, {"home": COMMUNITY})["home"] == OTHER


def test_a_place_without_smaller_ones_is_small_enough_and_an_unknown_one_is_refused(form: CompiledForm) -> None:
    assert form.check({"home": OTHER}, context(citizen()))[0].field == "staff"
    fields = [(problem.field, problem.rule) for problem in form.check({"home": "123456"}, context(citizen()))]
    assert ("home", "format") in fields
    assert ("home", "format") not in [
        (problem.field, problem.rule) for problem in form.check({"home": OTHER}, context(citizen()))
    ]


def test_a_place_may_be_asked_for_by_code(form: CompiledForm) -> None:
    assert form.read_post("people", {"home": COMMUNITY}, {})["home"] == COMMUNITY
    assert form.json_schema()["properties"]["home"]["x-depth"] == "village"
