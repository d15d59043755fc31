"""Rows are filtered, sorted and paged; files are streamed, safe for spreadsheets, and the same in every format."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.factories.opendata import PARK_FIELDS, Tables, open_parks, parks, plan, released, table_resource
from yiwang.data.opendata import limits, queries
from yiwang.data.opendata.models import Use
from yiwang.data.opendata.reading import Filter, Question
from yiwang.foundation.access.queries import ANONYMOUS
from yiwang.kernel.refusals import Invalid, TooLarge, TooOften

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_data(held: Tables) -> None:
    open_parks(held)


def names(**question: object) -> list[str]:
    _edition, found = queries.rows(ANONYMOUS, "city-parks", Question(**question))  # type: ignore[arg-type]
    return [row["park_name"] for row in found.items]


def test_filters_sort_and_fields(open_data: None) -> None:
    assert names(filters=(Filter("area", "ge", ("39000",)),)) == ["第39公园", "第40公园"]
    assert names(
        filters=(Filter("district", "in", ("990102", "990103")), Filter("free", "eq", ("true",))), sort="-area"
    )[:2] == ["第40公园", "第37公园"]
    assert names(filters=(Filter("park_name", "has", ("=1+1",)),)) == ["=1+1号公园"]
    assert names(filters=(Filter("area", "null", ("true",)),)) == ["第5公园"]
    assert names(filters=(Filter("opened_on", "lt", ("2001-06-01",)),)) == [
        "第1公园",
        "第20公园",
        "第21公园",
        "第40公园",
    ]
    assert names(text="12公园") == ["第12公园"]
    assert names(sort="-area")[-1] == "第5公园"  # what is not known stands last either way
    _edition, found = queries.rows(ANONYMOUS, "city-parks", Question(fields=("area",), size=1))
    assert found.items == [{"area": 1000}]


@pytest.mark.parametrize("sort", ["", "area", "-area", "district", "-opened_on"])
def test_pages_hold_every_row_once(open_data: None, sort: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        _edition, found = queries.rows(ANONYMOUS, "city-parks", Question(sort=sort, size=7, cursor=cursor))
        seen += [row["park_name"] for row in found.items]
        cursor = found.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 40


def test_a_page_continues_in_the_edition_in_which_it_began(held: Tables) -> None:
    open_parks(held, 30)
    edition, first = queries.rows(ANONYMOUS, "city-parks", Question(size=20))
    table_resource(held, "parks", PARK_FIELDS, list(parks(10)))
    released(plan())
    later, rest = queries.rows(ANONYMOUS, "city-parks", Question(size=20, cursor=first.next))
    assert (edition.number, later.number, len(rest.items)) == (1, 1, 10)


@pytest.mark.parametrize(
    "question",
    [
        Question(filters=(Filter("area", "eq", ("many",)),)), Question(filters=(Filter("nothing", "eq", ("1",)),)), Question(sort="1; DROP TABLE x"),
        Question(fields=('area" FROM x --',)), Question(cursor="no"), Question(filters=(Filter("opened_on", "gt", ("yesterday",)),)),
        Question(filters=(Filter("area", "eq", (str(2**70),)),)), Question(filters=(Filter("opened_on", "gt", ("2026-02-31",)),)),
    ],
)  # fmt: skip
def test_a_wrong_question_is_told_so(open_data: None, question: Question) -> None:
    with pytest.raises(Invalid):
        queries.rows(ANONYMOUS, "city-parks", question)


def content(kind: str, query: str = "") -> bytes:
    response = Client().get(f"/open/data/city-parks/files/{kind}{query}")
    assert response.status_code == 200, response
    assert "attachment" in response["Content-Disposition"]
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def test_the_formats_say_the_same(open_data: None) -> None:
    table = list(csv.DictReader(io.StringIO(content("csv").decode("utf-8-sig"))))
    objects = json.loads(content("json"))
    sheet = load_workbook(io.BytesIO(content("xlsx"))).active
    places = json.loads(content("geojson"))
    parquet = pq.read_table(io.BytesIO(content("parquet")))
    assert len(table) == len(objects) == sheet.max_row - 1 == len(places["features"]) == parquet.num_rows == 40
    assert table[0]["park_name"] == objects[0]["park_name"] == sheet["A2"].value == "第1公园"
    assert places["features"][0]["geometry"]["coordinates"] == [110.11, 30.205]
    assert parquet.schema.names[0] == "_id"


def test_a_spreadsheet_runs_nothing(open_data: None) -> None:
    table = list(csv.DictReader(io.StringIO(content("csv").decode("utf-8-sig"))))
    assert table[6]["park_name"] == "'=1+1号公园"
    cell = load_workbook(io.BytesIO(content("xlsx"))).active["A8"]
    assert (cell.value, cell.data_type) == ("=1+1号公园", "s")


def test_csv_options(open_data: None) -> None:
    assert content("csv").startswith(b"\xef\xbb\xbf")
    assert content("csv", "?bom=0&labels=1").decode().startswith("公园名称,所在区,面积（平方米）")
    filtered = content("csv", "?filter=area:ge:39000&fields=park_name,area&bom=0").decode().splitlines()
    assert filtered == ["park_name,area", "第39公园,39000", "第40公园,40000"]


def test_a_sheet_that_no_office_computer_opens_is_refused_at_once(
    open_data: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yiwang.data.opendata.formats.MOST_SHEET_ROWS", 39)
    with pytest.raises(TooLarge):
        queries.download(ANONYMOUS, "city-parks", "xlsx")


def test_use_is_counted_by_day_without_a_trace(open_data: None) -> None:
    content("csv")
    content("json")
    names()
    figures = queries.figures(ANONYMOUS, queries.dataset(ANONYMOUS, "city-parks"))
    assert figures["total"] == {"view": 0, "download": 2, "api": 1}
    assert {field.name for field in Use._meta.get_fields()} == {"id", "dataset", "day", "kind", "count"}


def test_one_address_cannot_take_everything(open_data: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API", 6)
    for _time in range(3):  # the limit is shared by two processes
        names()
    with pytest.raises(TooOften):
        names()
