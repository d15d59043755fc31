"""The survey of systems and data: a prepared file goes out, comes back filled in, twice without doubles."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook, load_workbook

from tests.factories.catalogue import POPULATION, bureau, offices, published_resource, resource_body, steward
from tests.factories.standards import library
from tests.helpers import recorded, refused
from yiwang.data.catalogue import actions, queries, sheets
from yiwang.data.catalogue.models import Entry, System
from yiwang.kernel.refusals import Invalid, TooLarge

pytestmark = pytest.mark.django_db
HEADINGS = [*sheets.OF_RESOURCE, *sheets.OF_FIELD]


@pytest.fixture(autouse=True)
def _city() -> None:
    offices()
    library()


def _row(**cells: str) -> list[str]:
    return [cells.get(heading, "") for heading in HEADINGS]


def _csv(*rows: list[str]) -> bytes:
    return ("\n".join(",".join(row) for row in [HEADINGS, *rows])).encode("gb18030")


PERMITS = {
    "类目代码": "306001", "资源名称": "身份证办理信息", "摘要": "居民身份证申领、换领、补领记录", "格式": "数据库", "共享类型": "无条件共享", "共享方式": "接口",
    "开放类型": "不予开放", "更新周期": "每日", "信息项": "姓名", "英文名": "name", "类型": "字符型", "长度": "60", "数据元": "person.name", "级别": "2",
}  # fmt: skip


def test_a_filled_in_csv_becomes_drafts_and_again_changes_nothing() -> None:
    police = steward()
    second = _row(信息项="性别", 英文名="sex", 类型="代码", 长度="1", 代码集="gbt2261.1", 数据元="person.sex", 级别="2")
    content = _csv(_row(**PERMITS), second)
    with recorded("catalogue.survey", by=police, kind="survey"):
        done = actions.survey(police, "gaj", "普查.csv", content)
    assert done.counts == {"new": 1, "rows": 1, "doubtful": 0}
    entry = Entry.objects.get()
    assert (entry.code, entry.state, entry.provider_id, entry.fields) == ("306001-000001", "draft", "gaj", 2)
    assert queries.check(entry.working.body if entry.working else {}) == []
    again = actions.survey(police, "gaj", "普查.csv", content)
    assert again.counts == {"same": 1, "rows": 1, "doubtful": 0}
    assert Entry.objects.get().versions.count() == 1


def test_doubtful_rows_are_kept_with_their_reasons_and_wrong_ones_refused() -> None:
    doubtful = {**PERMITS, "更新周期": "有空就更新", "类型": "怪", "数据元": "person.nothing"}
    stranger = {**PERMITS, "资源名称": "别人的", "提供方": "mzj"}
    nameless = {**PERMITS, "资源名称": "没有类目", "类目代码": ""}
    done = actions.survey(steward(), "gaj", "普查.csv", _csv(_row(**doubtful), _row(**stranger), _row(**nameless)))
    assert (done.counts["new"], done.counts["refused"], done.counts["doubtful"]) == (1, 2, 3)
    words = [" ".join(row["reasons"]) for row in done.report]
    assert "有空就更新" in words[0]
    assert "person.nothing" in words[0]
    assert "不是您单位的" in words[1]
    assert "类目代码" in words[2]


def test_the_prepared_workbook_comes_back_as_it_went_out() -> None:
    published_resource(system=None)
    actions.enter_system(bureau(), "hukou", "=人口信息系统", "gaj", level=3, cloud=True)
    police = steward()
    entries = queries.entries(police).items
    newest = queries.newest_bodies(police, entries)
    out = sheets.as_xlsx(
        sheets.resource_rows(entries, lambda entry: newest[entry.code]), sheets.system_rows(queries.systems(police))
    )
    book = load_workbook(io.BytesIO(out))
    assert book[sheets.SYSTEMS]["B2"].data_type == "s", "a cell that begins with = is no formula"
    done = actions.survey(police, "gaj", "gaj.xlsx", out)
    assert done.counts == {"same": 2, "rows": 2, "doubtful": 0}
    assert Entry.objects.get(code=POPULATION).versions.count() == 1
    assert Entry.objects.get(code=POPULATION).current.body == resource_body()  # type: ignore[union-attr]


def test_a_change_in_the_workbook_is_a_draft_that_keeps_what_the_file_cannot_say() -> None:
    published_resource()
    police = steward()
    newest = queries.newest_bodies(police, queries.entries(police).items)
    book = load_workbook(
        io.BytesIO(sheets.as_xlsx(sheets.resource_rows(queries.entries(police).items, lambda e: newest[e.code]), []))
    )
    sheet = book[sheets.RESOURCES]
    sheet.cell(2, HEADINGS.index("摘要") + 1, "改过的摘要")
    changed = io.BytesIO()
    book.save(changed)
    assert actions.survey(police, "gaj", "gaj.xlsx", changed.getvalue()).counts["changed"] == 1
    working = Entry.objects.get(code=POPULATION).working
    assert working is not None
    assert (working.body["abstract"], working.body["fields"][0]["mask"]) == ("改过的摘要", "identity")


def test_systems_are_listed_from_their_sheet() -> None:
    book = Workbook()
    book.active.title = sheets.SYSTEMS  # type: ignore[union-attr]
    book.active.append(list(sheets.OF_SYSTEM))  # type: ignore[union-attr]
    book.active.append(["hukou", "人口信息系统", "gaj", "户籍管理", "在用", "三级", "Oracle", "否", "2015-06-01"])  # type: ignore[union-attr]
    book.active.append(["坏", "", "", "", "", "", "", "", ""])  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    done = actions.survey(steward(), "gaj", "系统.xlsx", out.getvalue())
    assert done.counts == {"new": 1, "refused": 1, "rows": 2, "doubtful": 1}
    assert System.objects.get().level == 3


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 broken", "标题\n".encode()])
def test_what_is_no_survey_is_told(content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        actions.survey(steward(), "gaj", "x", content)
    assert caught.value.problems[0].field == "file"


def test_too_much_is_refused() -> None:
    with pytest.raises(TooLarge):
        actions.survey(steward(), "gaj", "x.csv", b"x" * (sheets.LARGEST + 1))


def test_the_wrong_people_are_refused() -> None:
    refused(actions.survey, steward("mzj"), "gaj", "x.csv", _csv(_row(**PERMITS)))
