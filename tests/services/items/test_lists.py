"""A messy list from elsewhere is taken over: nothing is lost, nothing doubled, every doubt is named."""

from __future__ import annotations

import csv
import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.factories import citizen, city, official
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import system
from yiwang.foundation.ledger.models import Entry
from yiwang.foundation.orgs.models import Agency, Region
from yiwang.foundation.search.queries import search
from yiwang.kernel.refusals import Invalid
from yiwang.services.items import actions, importer, sheet
from yiwang.services.items.doubts import Examiner
from yiwang.services.items.models import Item, ItemImport, ItemVersion
from yiwang.services.items.queries import catalogue, guide, published

pytestmark = pytest.mark.django_db

HEAD = "department,group,name,item_code,area_code,task_type,department_code"
GOOD = "区财政局,未分类,会计代理记账许可,511A0001100001-511602000000-000-11511301MB0T669970-1-00,511602000000,1,11511301MB0T669970"


@pytest.fixture(autouse=True)
def _node() -> None:
    city()


def write(path: Path, *rows: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join((head, *rows)) + "\n", encoding=encoding)
    return path


def read(path: Path, **options: Any) -> importer.Report:
    return importer.run(system("command"), path, report=path.with_suffix(".report.csv"), **options)


def reasons(path: Path) -> list[dict[str, str]]:
    with path.with_suffix(".report.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def examined(row: str) -> Any:
    cells = next(csv.reader([row]))
    return Examiner().examine(sheet.Row(2, dict(zip(HEAD.split(","), cells, strict=True))))


def doubts(row: str) -> list[str]:
    return [doubt.code for doubt in examined(row).doubts]


@pytest.mark.slow
def test_the_real_list_is_listed_whole(shared: Path, tmp_path: Path, client: Client) -> None:
    source = shared / "data" / "service_items.csv"
    report = tmp_path / "report.csv"
    done = importer.run(system("command"), source, report=report)
    assert (done.rows, done.outcomes["new"], done.outcomes["refused"]) == (852, 852, 0)
    assert done.doubtful == 725
    assert done.doubts == Counter({
        "department-code": 704, "agency-mismatch": 264, "code-agency": 117, "department-code-varies": 44,
        "code-incomplete": 2, "same-name": 2, "area-mismatch": 1,
    })  # fmt: skip
    assert len(done.agencies) == 20
    with report.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 725
    assert catalogue().total == 852
    assert Item.objects.filter(doubtful=True).count() == 725
    for code in Item.objects.values_list("code", flat=True):
        assert guide(code).item.name
    with source.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            hits = [hit.key for hit in search(row["name"], limit=100).hits]
            assert row["item_code"] in hits, row["name"]
    code = "511A0064100070-511602000000-000-115113016823646795-1-00"
    assert "公司设立登记" in client.get(f"/items/{code}").content.decode()

    again = importer.run(system("command"), source)
    assert (again.outcomes["same"], again.outcomes["new"], len(again.agencies)) == (852, 0, 0)
    assert ItemVersion.objects.count() == Item.objects.count() == 852


def test_agencies_and_divisions_are_entered_as_needed(tmp_path: Path) -> None:
    done = read(write(tmp_path / "a.csv", GOOD))
    agency = Agency.objects.get(name="区财政局")
    assert (agency.code, agency.region_id, agency.uscc) == ("511602-qczj", "511602", "11511301MB0T669970")
    assert list(Region.objects.filter(code__startswith="51").order_by("code").values_list("name", "level")) == [
        ("四川省", "province"), ("广安市", "city"), ("广安区", "county"),
    ]  # fmt: skip
    assert done.agencies == ["511602-qczj"]
    item = Item.objects.get()
    assert (item.type, item.group, item.basic_id, item.letter) == ("01", "", "511A0001100001", "K")


def test_the_log_says_which_file_and_what_came_of_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", GOOD)
    done = read(path)
    [finished] = Entry.objects.filter(act="items.finish_import")
    assert hashlib.sha256(path.read_bytes()).hexdigest() in finished.content
    assert '"new":1' in finished.content
    [batch] = Entry.objects.filter(act="items.import_rows")
    version = ItemVersion.objects.get()
    line = f"{version.item.code} 1 {version.body_hash}\n"
    assert hashlib.sha256(line.encode()).hexdigest() in batch.content  # an auditor can make it again from the versions
    assert ItemImport.objects.get(id=done.import_id).finished_at


def test_a_changed_row_makes_a_new_version(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", GOOD)
    read(path)
    write(path, GOOD.replace("会计代理记账许可", "代理记账机构许可"))
    done = read(path)
    assert done.outcomes["changed"] == 1
    item = published("511A0001100001-511602000000-000-11511301MB0T669970-1-00")
    assert (item.version, item.name) == (2, "代理记账机构许可")
    assert [hit.title for hit in search("代理记账").hits] == ["代理记账机构许可"]


def test_what_staff_worked_out_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", GOOD)
    read(path)
    code = Item.objects.get().code
    worked_out = {**ItemVersion.objects.get().body, "conditions": ["在本市有固定场所"], "materials": []}
    actions.install(system("command"), worked_out)
    write(path, GOOD.replace("会计代理记账许可", "代理记账机构许可"))
    assert read(path).outcomes["draft"] == 1
    item = Item.objects.get()
    assert item.state == "changing"
    assert published(code).name == "会计代理记账许可"
    assert item.working is not None
    assert (item.working.body["name"], item.working.body["conditions"]) == ("代理记账机构许可", ["在本市有固定场所"])
    assert "放进了草稿" in reasons(path)[0]["reasons"]
    assert read(path).outcomes["same"] == 1


def test_a_withdrawn_item_does_not_come_back_by_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", GOOD)
    read(path)
    actions.withdraw(system("command"), Item.objects.get().code, "依据废止")
    assert read(path).outcomes["same"] == 1
    assert Item.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        (GOOD, []),
        (GOOD.replace(",1,", ",行政许可,"), []),
        (GOOD.replace(",1,", ",01,"), []),
        (GOOD.replace(",1,", ",77,"), ["type-unknown"]),
        (GOOD.replace(",1,", ",,"), ["type-missing"]),
        (GOOD.replace(",11511301MB0T669970", ",11511301MB0T669971"), ["department-code", "agency-mismatch"]),
        (GOOD.replace(",11511301MB0T669970", ",MB0T66997"), ["department-code"]),  # the old code of the same organ
        (GOOD.replace(",11511301MB0T669970", ",MB0T6699-7"), ["department-code"]),
        (GOOD.replace(",11511301MB0T669970", ",68236467-9"), ["department-code", "agency-mismatch"]),
        (GOOD.replace(",11511301MB0T669970", ","), ["department-code-missing"]),
        (GOOD.replace("-000-11511301MB0T669970-", "-000-2222222222222-"), ["code-agency", "agency-mismatch"]),
        (GOOD.replace(",511602000000,", ",511600000000,"), ["area-mismatch"]),
        (GOOD.replace("511602000000", "990100000000"), ["area-unknown"]),  # this examiner knows no division of the node
        (GOOD.replace("511602000000", "511602001000"), ["area-unknown"]),
        (GOOD.replace("511A0001100001-511602000000-000-11511301MB0T669970-1-00", "?".replace("?", "odd.code")), ["code-form"]),
        (GOOD.replace("511A0001100001-511602000000-000-11511301MB0T669970-1-00", "E-000004-001-11511301MB0T669970"), ["code-incomplete"]),
    ],
)  # fmt: skip
def test_doubts_are_named_and_the_row_is_listed(row: str, codes: list[str]) -> None:
    assert doubts(row) == codes
    assert examined(row).refused == ""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (GOOD.replace("会计代理记账许可", ""), "没有事项名称"),
        (GOOD.replace("会计代理记账许可", "长" * 201), "超过 200 个字"),
        (GOOD.replace("区财政局", ""), "没有部门名称"),
        (GOOD.replace("511A0001100001-511602000000-000-11511301MB0T669970-1-00", ""), "没有事项编码"),
        (GOOD.replace("511A0001100001-511602000000-000-11511301MB0T669970-1-00", "../../etc"), "不能用的字符"),
        (GOOD.replace("511A0001100001-511602000000-000-11511301MB0T669970-1-00", "x" * 61), "不在 3 至 60 位"),
    ],
)
def test_what_cannot_be_shown_or_addressed_is_refused(row: str, words: str) -> None:
    assert words in examined(row).refused


def test_a_valid_code_is_taken_from_the_item_code_where_the_old_one_is_its_part() -> None:
    row = "区行政审批局,未分类,公司设立登记,511A0064100070-511602000000-000-115113016823646795-1-00,511602000000,1,68236467-9"
    found = examined(row)
    assert found.uscc == "115113016823646795"
    assert "旧组织机构代码" in found.doubts[0].message


def test_repeated_rows_and_codes(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        GOOD,
        GOOD,
        GOOD.replace("会计代理记账许可", "另一个名称"),
        GOOD.replace("A0001100001", "A0001100002"),
    )
    done = read(path)
    assert dict(done.outcomes) == {"new": 2, "refused": 1, "repeated": 1}
    found = reasons(path)
    assert [row["line"] for row in found] == ["4", "5"]
    assert "保留先出现的一行" in found[0]["reasons"]
    assert found[1]["doubts"] == "same-name"


def test_departments_with_several_codes_are_doubted_where_they_leave_the_usual_one(tmp_path: Path) -> None:
    other = (
        GOOD.replace("A0001100001", "A0001100009")
        .replace("会计代理记账许可", "另一项")
        .replace(",11511301MB0T669970", ",x_1")
    )
    path = write(tmp_path / "a.csv", other, GOOD, GOOD.replace("A0001100001", "A0001100002").replace("会计", "财务"))
    read(path)
    assert ["department-code-varies" in row["doubts"] for row in reasons(path)] == [True]
    assert Agency.objects.filter(region_id="511602").count() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_in_use_are_read(tmp_path: Path, encoding: str) -> None:
    assert read(write(tmp_path / "a.csv", GOOD, encoding=encoding)).outcomes["new"] == 1
    assert Item.objects.get().name == "会计代理记账许可"


def test_other_headings_and_separators_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("事项名称\t实施编码\t部门名称\t备注\n某项许可\tabc-1\t区某局\t无\n", encoding="gb18030")
    assert read(path).outcomes["new"] == 1
    path.write_text("标题,编号,单位\n某项备案,abc-2,区某局\n", encoding="utf-8")
    with pytest.raises(Invalid, match="item_code、name、department"):
        read(path)
    done = read(path, columns={"name": "标题", "item_code": "编号", "department": "单位"})
    assert done.outcomes["new"] == 1
    assert set(done.doubts) == {"type-missing", "department-code-missing", "area-missing", "code-form"}
    assert Item.objects.get(code="abc-2").region_id == "990100"  # the node's own


@pytest.mark.parametrize("text", ["", "\n\n", "a,b,c\n1,2,3\n"])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(Invalid):
        read(tmp_path / "a.csv")
    with pytest.raises(Invalid, match="打不开"):
        read(tmp_path / "missing.csv")
    assert not ItemImport.objects.exists()


def test_broken_rows_do_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    broken = [
        b"only,three,cells",
        "区财政局,未分类,名称\x00里有控制字符,511A0001100003-511602000000-000-11511301MB0T669970-1-00,511602000000,1,11511301MB0T669970".encode(),
        b"\xff\xfe" + GOOD.replace("A0001100001", "A0001100004").encode(),
        b"," * 6,
        b'"' + b"x" * 30_000 + b'",,,,,,',
        GOOD.encode(),
    ]
    path.write_bytes(b"\n".join([HEAD.encode(), *broken, b""]))
    done = read(path)
    assert dict(done.outcomes) == {"new": 2, "refused": 3}
    assert set(Item.objects.values_list("name", flat=True)) == {"名称 里有控制字符", "会计代理记账许可"}
    found = [row["reasons"] for row in reasons(path)]
    assert "有 3 列，应为 7 列" in found[0]
    assert "读不出的字" in found[1]
    assert "超过 20000 个字" in found[2]


def test_a_formula_stays_text_in_the_report(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", GOOD.replace("会计代理记账许可", "=HYPERLINK(1)").replace(",1,", ",77,"))
    read(path)
    assert reasons(path)[0]["name"] == "'=HYPERLINK(1)"


def test_who_does_not_hold_the_node_may_not_import() -> None:
    editor = official("items-editor", ["items.*"])
    with recorded("items.begin_import"):
        started = actions.begin_import(system("command"), "a.csv", "0" * 64)
    for wrong in (citizen(), editor):
        refused(actions.begin_import, wrong, "a.csv", "0" * 64)
        refused(actions.import_rows, wrong, started.id, [])
        refused(actions.finish_import, wrong, started.id, {})
    with recorded("items.import_rows"):
        actions.import_rows(system("command"), started.id, [])
    with recorded("items.finish_import"):
        actions.finish_import(system("command"), started.id, {"rows": 0})


def test_a_batch_costs_statements_not_rows(tmp_path: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(count: int, name: str) -> int:
        rows = [
            GOOD.replace("A0001100001", f"{name}{number:09d}").replace("会计", f"第{number}") for number in range(count)
        ]
        path = write(tmp_path / f"{name}.csv", *rows)
        with CaptureQueriesContext(connection) as found:
            read(path)
        return len(found)

    statements(1, "X")
    assert statements(40, "Y") - statements(2, "Z") < 12  # a few more, where SQLite takes fewer values at once


def test_what_was_committed_before_a_stop_stays_and_the_rest_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [GOOD.replace("A0001100001", f"A{number:010d}").replace("会计", f"第{number}") for number in range(30)]
    path = write(tmp_path / "a.csv", *rows)
    performed = importer.import_rows
    calls = Counter[str]()

    def stops(*args: Any) -> Any:
        calls["batch"] += 1
        if calls["batch"] == 3:
            raise KeyboardInterrupt
        return performed(*args)

    monkeypatch.setattr(importer, "import_rows", stops)
    with pytest.raises(KeyboardInterrupt):
        read(path, batch=10)
    assert Item.objects.count() == 20
    monkeypatch.setattr(importer, "import_rows", performed)
    done = read(path, batch=10)
    assert dict(done.outcomes) == {"same": 20, "new": 10}
    assert ItemImport.objects.filter(finished_at=None).count() == 1


@pytest.mark.slow
def test_a_killed_import_is_completed_by_the_next_run(tmp_path: Path) -> None:
    rows = [GOOD.replace("A0001100001", f"A{number:010d}").replace("会计", f"第{number}") for number in range(2_000)]
    path = write(tmp_path / "a.csv", *rows)
    environment = {
        **os.environ, "DATABASE_URL": "", "YIWANG_DATA_DIR": str(tmp_path / "node"), "YIWANG_NODE_CODE": "511602",
    }  # fmt: skip
    command = [sys.executable, "-m", "yiwang.config.command"]
    subprocess.run([*command, "django", "migrate", "-v0"], env=environment, check=True, capture_output=True)
    words = [*command, "items", "import", str(path), "--report", str(tmp_path / "r.csv")]
    first = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert first.stderr is not None
    first.stderr.readline()  # the first batch is in
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert "2,000 rows" in second.stdout
    assert "unchanged" in second.stdout  # what was committed before
    third = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert "2,000  unchanged" in third.stdout
