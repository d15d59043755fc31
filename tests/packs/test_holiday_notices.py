"""An administrator loads the notice of the coming year; whoever counted on a guess is told to count again."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.factories import citizen
from tests.helpers import recorded, refused
from yiwang.config.command import main
from yiwang.foundation.access.queries import system
from yiwang.foundation.establishment import actions
from yiwang.foundation.events.models import Event
from yiwang.foundation.orgs.actions import SpecialDate
from yiwang.foundation.orgs.queries import calendar
from yiwang.kernel.refusals import Invalid
from yiwang.packs import notices, reading

pytestmark = pytest.mark.django_db
D = dt.date
SOURCE = "国务院办公厅关于2027年部分节假日安排的通知（试验）"
DAYS_2027 = [
    ("2026-12-31", "元旦", False), ("2026-12-27", "元旦", True), ("2027-01-01", "元旦", False), ("2027-01-02", "元旦", False),
    ("2027-05-01", "劳动节", False), ("2027-05-02", "劳动节", False),
    ("2027-10-01", "国庆节", False), ("2027-10-02", "国庆节", False), ("2027-10-03", "国庆节", False),
]  # fmt: skip


def shipped_years() -> None:
    """The notices that the demo city brings: 2018 to 2026."""
    for document in reading.read(reading.find("yunzhou")).documents:
        if document.kind == "calendars":
            body = document.body
            actions.load_notice(system(), body["year"], body["source"], notices.special_dates(body["days"]))


def notice_2027() -> list[SpecialDate]:
    return [SpecialDate(D.fromisoformat(day), name, works) for day, name, works in DAYS_2027]


def test_a_limit_across_new_year_is_provisional_until_the_notice_is_loaded() -> None:
    shipped_years()
    before = calendar().count(D(2026, 12, 28), 10)
    assert before.provisional
    assert not calendar().count(D(2026, 11, 21), 20).provisional
    with recorded("establishment.load_notice", kind="calendar", subject=2027):
        loaded = actions.load_notice(system(), 2027, SOURCE, notice_2027())
    after = calendar().count(D(2026, 12, 28), 10)
    assert not after.provisional
    assert after.due > before.due  # 31 December was taken off
    assert D(2026, 12, 31) in loaded.changed
    event = Event.objects.filter(type="calendar.changed", subject="2027").get()
    assert event.data["first"] == "2026-12-27"
    assert event.data["last"] == "2027-12-31"


def test_the_same_notice_again_announces_nothing() -> None:
    for _again in range(2):
        actions.load_notice(system(), 2027, SOURCE, notice_2027())
    assert Event.objects.filter(type="calendar.changed").count() == 1


def test_an_amendment_names_the_days_that_changed() -> None:
    actions.load_notice(system(), 2027, SOURCE, notice_2027())
    changed = actions.load_notice(system(), 2027, "调整", [*notice_2027(), SpecialDate(D(2027, 5, 3), "劳动节", False)])
    assert (changed.edition, changed.changed) == (2, (D(2027, 5, 3),))


def test_only_an_administrator_loads_one() -> None:
    refused(actions.load_notice, citizen(), 2027, SOURCE, notice_2027())


class TestFiles:
    def csv(self, *lines: str) -> bytes:
        rows = [f"{day},{name},{'work' if works else 'off'}" for day, name, works in DAYS_2027]
        return "\n".join(["date,name,day", *rows, *lines]).encode()

    def test_csv_and_json_say_the_same(self) -> None:
        body = {
            "year": 2027,
            "source": SOURCE,
            "days": [dict(zip(("date", "name", "works"), day, strict=True)) for day in DAYS_2027],
        }
        [from_csv] = notices.read("n.csv", self.csv(), source=SOURCE)
        [from_json] = notices.read("n.json", json.dumps(body).encode())
        assert from_csv == from_json  # the days of December belong to the notice of 2027

    @pytest.mark.parametrize(
        ("name", "content", "where"),
        [
            ("n.csv", b"day,what\n2027-01-01,x\n", "n.csv:1"),
            ("n.csv", b"date,name,day\n2027-13-01,x,off\n", "n.csv:2"),
            ("n.csv", "date,name,day\n2027-01-01,元旦,rest\n".encode(), "n.csv:2"),
            ("n.csv", b"date,name,day\n", "n.csv"),
            ("n.json", b"{", "n.json:"),
            (
                "n.json",
                b'{"year": 2027, "source": "abcd", "days": [{"date": "2027-02-30", "name": "ab", "works": true}]}',
                "n.json:1",
            ),
            ("n.yaml", b"year: 2027\n", "n.yaml:1"),
            ("n.csv", "date,name,day\n2027-01-01,元旦,off\n".encode("gb18030"), "n.csv"),
        ],
    )
    def test_a_wrong_file_is_told_with_its_line(self, name: str, content: bytes, where: str) -> None:
        with pytest.raises(Invalid) as refusal:
            notices.read(name, content, source=SOURCE)
        assert refusal.value.problems[0].field.startswith(where)

    def test_the_command_loads_once(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "2027.csv"
        file.write_bytes(self.csv())
        assert main(["calendar", "load", str(file)]) == 1  # which notice is it?
        assert "--source" in capsys.readouterr().err
        assert main(["calendar", "load", str(file), "--source", SOURCE]) == 0
        assert "edition 1" in capsys.readouterr().out
        assert main(["calendar", "load", str(file), "--source", SOURCE]) == 0
        assert "nothing to do" in capsys.readouterr().out
        assert main(["calendar", "load", str(tmp_path / "nowhere.csv")]) == 1
