"""A list leaves as a file only with a purpose, and no cell of it runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from tests.factories import citizen, official
from tests.factories.cases import open_permit
from tests.factories.desk import browser, clerk, whole_node
from tests.helpers import recorded, refused
from yiwang.foundation.desk import actions, files
from yiwang.foundation.desk.models import Export
from yiwang.kernel.refusals import Invalid, Missing

pytestmark = pytest.mark.django_db


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")  # so that it opens in Chinese
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def rows_above_the_foot(lines: Sequence[list[str]]) -> list[list[str]]:
    return lines[1 : lines.index([])]


def test_what_is_shown_is_exported_with_who_and_why() -> None:
    me = clerk(name="王芳")
    late = open_permit(citizen("欧阳晓梅"), title="逾期的事")
    open_permit(citizen(), title="别的事")
    client = browser(me)
    asked = client.get("/desk/export/queue?q=逾期")
    assert "导出做什么用" in asked.content.decode()
    with recorded("desk.export", by=None, kind="export") as entries:
        answer = client.post("/desk/export/queue?q=逾期&case=1", {"purpose": "周例会"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    lines = table(answer.content)
    [row] = rows_above_the_foot(lines)
    assert row[0].replace(" ", "") == late.number  # in groups, or a spreadsheet rounds it
    assert row[1:5] == ["逾期的事", "逾期的事", "欧***", "受理"]
    foot = {line[0]: line[1] for line in lines[lines.index([]) + 1 :]}
    assert (foot["导出人"], foot["用途"], foot["筛选条件"], foot["行数"]) == ("王芳", "周例会", "q=逾期", "1")
    kept = Export.objects.get()
    assert (kept.rows, kept.purpose.plain(), kept.account_id) == (1, "周例会", me.account_id)
    assert "周例会" not in entries[0].content
    assert kept.sha256 in entries[0].content


def test_no_purpose_no_file() -> None:
    client = browser(clerk())
    answer = client.post("/desk/export/queue", {"purpose": "  "})
    assert answer.status_code == 422
    assert "请写明导出做什么用" in answer.content.decode()
    with pytest.raises(Invalid):
        actions.export(clerk(), "queue", "", "长" * 201)
    with pytest.raises(Missing):
        actions.export(clerk(), "everything", "", "看看")
    assert not Export.objects.exists()


def test_who_may_read_but_not_export_is_refused() -> None:
    reader = official("reader", ["cases.read", "cases.complete"])
    refused(actions.export, reader, "queue", "", "看看")
    assert browser(reader).get("/desk/export/queue").status_code == 403
    assert "/desk/export/" not in browser(reader).get("/desk/").content.decode()


def test_an_export_reaches_no_further_than_the_list() -> None:
    open_permit(citizen())
    exporter = official("exporter", ["desk.export"])
    assert browser(exporter).post("/desk/export/cases", {"purpose": "看看"}).status_code == 403
    assert browser(exporter).post("/desk/export/denials", {"purpose": "看看"}).status_code == 403


def test_all_pages_of_the_list_are_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for _index in range(4):
        open_permit(citizen())
    me = clerk()
    made = actions.export(me, "cases", "state=all", "盘点")
    assert (made.rows, made.cut) == (4, False)
    monkeypatch.setattr(files, "MOST", 3)
    made = actions.export(me, "cases", "state=all", "盘点")
    assert (made.rows, made.cut) == (3, True)
    assert "后面的没有导出" in made.content.decode()


def test_denials_are_exported_by_the_auditor() -> None:
    case = open_permit(citizen())
    browser(citizen("邻居")).get(f"/desk/cases/{case.number}")
    made = actions.export(whole_node("auditor", ["desk.denials", "desk.export"]), "denials", "", "月度审计")
    assert made.rows == 1
    assert "邻居" in made.content.decode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("老街面馆", "老街面馆"),
        (-3, "-3"),
        (None, ""),
        ("99010026112100000001", "9901 0026 1121 0000 0001"),
        ("164000000010", "164000000010"),
    ],
)
def test_a_cell_is_shown_and_never_run(value: object, shown: str) -> None:
    assert files.cell(value) == shown
