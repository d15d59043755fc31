"""A log of past cases goes through the procedure: on its own dates, once, and never where the procedure forbids it."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from django.utils import timezone

from tests.factories import agency, citizen, official
from tests.factories.replays import fine, fines_plan, log_file
from tests.helpers import recorded, refused, row_counts
from yiwang.config.command import main
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor, afterwards, system
from yiwang.foundation.cases import replaying
from yiwang.foundation.cases.models import Case, Clock, JournalEntry, Task
from yiwang.foundation.cases.replaying_plan import Plan, read_plan
from yiwang.foundation.cases.replaying_report import NotAllowed, Summary, summarise, write_report
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Denied, Invalid, Missing

pytestmark = pytest.mark.django_db

PAID = fine("A1", ("Create Fine", "2007-03-20", "22.0"), ("Send Fine", "2007-07-17"), ("Payment", "2007-07-20", "100"), ("Payment", "2007-07-21", "220"))  # fmt: skip
COLLECTED = fine(
    "A2", ("Create Fine", "2006-09-11", "21.0"), ("Send Fine", "2006-12-29"), ("Insert Fine Notification", "2007-01-09"),
    ("Add penalty", "2007-03-10", "42.5"), ("Payment", "2007-04-05", "320"), ("Send for Credit Collection", "2009-03-30"),
    ("Send Appeal to Prefecture", "2009-04-01"),
)  # fmt: skip
APPEALED = fine(
    "A3", ("Create Fine", "2008-01-02", "36.0"), ("Send Fine", "2008-02-01"), ("Insert Date Appeal to Prefecture", "2008-02-02"),
    ("Insert Fine Notification", "2008-02-03"), ("Towed Away", "2008-02-04"), ("Insert Date Appeal to Prefecture", "2008-02-05"),
    ("Send Appeal to Prefecture", "2008-02-05"), ("Create Fine", "2008-02-06", "36.0"),
)  # fmt: skip
HEADLESS = fine("A4", ("Send Fine", "2008-02-01"))


@pytest.fixture
def plan() -> Plan:
    return fines_plan()


def replayed(plan: Plan, file: Path, actor: Actor | None = None) -> Summary:
    log = replaying.read_log(file, plan)
    replaying.run(actor or system("command"), plan, log)
    return summarise(plan, log)


def the_case(plan: Plan, name: str) -> Case:
    return Case.objects.get(id=replaying.case_id(plan, name))


def test_events_are_acts_on_their_own_dates(plan: Plan, tmp_path: Path) -> None:
    began = timezone.now()
    with recorded("cases.take_over", kind="case"), recorded("cases.complete", times=3) as steps:
        summary = replayed(plan, log_file(tmp_path, PAID))
    assert summary.agrees
    case = the_case(plan, "A1")
    assert (case.outcome, case.number[6:12]) == ("paid", "070320")
    assert case.closed_at is not None
    assert timezone.localdate(case.closed_at) == dt.date(2007, 7, 21)
    days = [timezone.localdate(line.at).isoformat() for line in case.journal.order_by("at", "id")]
    assert days == ["2007-03-20", "2007-03-20", "2007-07-17", "2007-07-20", "2007-07-21", "2007-07-21"]
    first = json.loads(Entry.objects.get(id=steps[0].id).content)
    assert first["took_place"].startswith("2007-07-17T01:00:00")  # nine in the morning in China
    assert steps[0].at >= began, "the ledger says when the act was recorded"


def test_payments_in_part_go_on_and_the_rest_ends_the_case(plan: Plan, tmp_path: Path) -> None:
    replayed(plan, log_file(tmp_path, PAID))
    done = Task.objects.filter(case=the_case(plan, "A1"), step="payment", state="done").order_by("done_at")
    assert [(task.outcome, task.opinion) for task in done] == [
        ("part", "累计缴款 10 元"),
        ("full", "累计缴款 32 元"),
    ]
    assert not Task.objects.filter(case=the_case(plan, "A1"), state="open").exists()


def test_what_the_procedure_does_not_allow_is_set_down_and_not_forced(plan: Plan, tmp_path: Path) -> None:
    with recorded(replaying.SET_DOWN, times=4):
        summary = replayed(plan, log_file(tmp_path, COLLECTED, APPEALED))
    assert summary.agrees
    found = {(line.case, str(line.date), line.activity): line.reason for line in summary.not_allowed}
    assert found[("A2", "2009-04-01", "Send Appeal to Prefecture")] == "办件已经办结（移送强制执行）"
    assert "当时待办：收缴罚款、登记送达" in found[("A3", "2008-02-02", "Insert Date Appeal to Prefecture")]
    assert found[("A3", "2008-02-04", "Towed Away")] == "流程没有这一步"
    assert found[("A3", "2008-02-06", "Create Fine")] == "这件已经立案"
    assert len(found) == 4
    assert summary.refused.total() == 4
    assert not JournalEntry.objects.filter(act=replaying.SET_DOWN, public=True).exists()
    open_steps = set(Task.objects.filter(case=the_case(plan, "A3"), state="open").values_list("step", flat=True))
    assert open_steps == {"payment", "penalise", "result"}


def test_clocks_count_from_the_dates_of_the_file(plan: Plan, tmp_path: Path) -> None:
    summary = replayed(plan, log_file(tmp_path, PAID, APPEALED))
    clock = Clock.objects.get(case=the_case(plan, "A1"), kind="statutory")
    assert (clock.started_on, clock.stopped_on) == (dt.date(2007, 3, 20), dt.date(2007, 7, 17))
    assert clock.due_on == dt.date(2007, 6, 18)
    assert (summary.clocks["statutory"].started, summary.clocks["statutory"].over) == (2, 1)
    assert summary.clocks["statutory"].most_days == 29
    assert summary.clocks["answer"].started == 1


def test_a_second_run_does_nothing_and_an_interrupted_one_is_continued(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 1)
    log = replaying.read_log(log_file(tmp_path, PAID, COLLECTED, APPEALED), plan)

    def stop(done: replaying.Progress) -> None:
        if done.cases == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replaying.run(system("command"), plan, log, told=stop)
    assert Case.objects.count() == 2
    done = replaying.run(system("command"), plan, log)
    assert (done.cases, done.there) == (1, 2)
    before = row_counts()
    assert replaying.run(system("command"), plan, log).there == 3
    assert row_counts() == before
    assert summarise(plan, log).agrees


def test_a_case_whose_beginning_is_missing_is_told_and_not_made(plan: Plan, tmp_path: Path) -> None:
    summary = replayed(plan, log_file(tmp_path, HEADLESS, PAID))
    assert (summary.unopened, summary.cases, summary.agrees) == (["A4"], 1, True)


def test_an_official_with_the_roles_may_do_it_and_is_named(plan: Plan, tmp_path: Path) -> None:
    police = agency("gaj-traffic")
    may = ["cases.take_over", "cases.set_down", "access.backdate"]
    officer = official("fines-officer", may, at=police, name="周警官")
    file = log_file(tmp_path, fine("A9", ("Create Fine", "2007-03-20", "22.0"), ("Send Fine", "2007-07-17")))
    replayed(plan, file, officer)
    task = Task.objects.get(case=the_case(plan, "A9"), step="send")
    assert task.done_by_id == officer.account_id
    without = official("fines-cashier", ["cases.take_over"], at=police)
    with pytest.raises(Denied):
        replayed(plan, log_file(tmp_path, PAID), without)
    assert Case.objects.count() == 1, "a case that cannot be entered afterwards is not made"


def test_strangers_may_not(plan: Plan, tmp_path: Path) -> None:
    replayed(plan, log_file(tmp_path, PAID))
    place = replaying.place_of(plan)
    stranger = citizen("路人")
    refused(replaying._take_over, stranger, plan, place, "B1", "", "罚款")
    refused(replaying._set_down, stranger, the_case(plan, "A1"), "Payment", "不允许")
    with pytest.raises(Denied):
        replayed(plan, log_file(tmp_path, COLLECTED), stranger)
    assert Denial.objects.filter(account_id=stranger.account_id).count() == 3


def test_the_command_compares_with_the_file_and_writes_what_is_not_allowed(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, figures = tmp_path / "report.csv", tmp_path / "figures.json"
    file = log_file(tmp_path, COLLECTED, APPEALED, HEADLESS)
    assert main(["cases", "replay", str(file), "--report", str(report), "--json", str(figures)]) == 0
    out = capsys.readouterr().out
    assert "✓ agrees with the file" in out
    assert "2 cases, 15 events" in out
    rows = list(csv.DictReader(report.open(encoding="utf-8-sig")))
    assert [row["case"] for row in rows] == ["A2", "A3", "A3", "A3", "A4"]
    found = json.loads(figures.read_text())
    assert found["events"]["Create Fine"] == {"in_file": 3, "performed": 2, "not_allowed": 1}
    assert main(["cases", "replay", str(file), "--limit", "1"]) == 0
    assert "0 cases, 0 events" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"events": {"X": {"step": "nowhere", "outcome": "sent"}}}, "events.X"),
        ({"events": {"X": {"step": "send", "outcome": "lost"}}}, "events.X"),
    ],
)
def test_a_plan_that_does_not_fit_its_procedure_is_refused(
    plan: Plan, tmp_path: Path, change: dict[str, object], field: str
) -> None:
    import yaml

    from tests.factories.replays import PACK

    body = {**yaml.safe_load((PACK / "replay.yaml").read_text()), **change}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(body))
    with pytest.raises(Invalid) as caught:
        replaying.place_of(read_plan(tmp_path / "plan.yaml"))
    assert [problem.field for problem in caught.value.problems] == [field]


def test_a_plan_with_mistakes_names_each(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(
        "{name: x, procedure: p, kind: enforcement, type: {code: c, name: n}, title: t, agency: a, columns: {case: c}, "
        "limits: {nothing: {count: 1}}, events: {A: {step: s}, B: {opens: true, colour: red, sets: {x: '1 +'}}}}"
    )
    with pytest.raises(Invalid) as caught:
        read_plan(tmp_path / "plan.yaml")
    assert {problem.rule for problem in caught.value.problems} == {"required", "unknown", "expression", "clock"}
    assert len(caught.value.problems) == 6


def test_a_log_with_a_wrong_date_or_without_a_column_is_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"log.csv:2: Invalid isoformat"):
        replaying.read_log(log_file(tmp_path, fine("A1", ("Create Fine", "20-03-2007"))), plan)
    (tmp_path / "log.csv").write_text("case_id,activity\nA1,Create Fine\n")
    with pytest.raises(Invalid, match="has no column timestamp"):
        replaying.read_log(tmp_path / "log.csv", plan)


def test_a_formula_in_a_log_stays_text_in_the_report(tmp_path: Path) -> None:
    line = NotAllowed("=HYPERLINK(1)", "1", dt.date(2007, 3, 20), "+1", "@SUM(A1)")
    write_report(tmp_path / "r.csv", Summary(not_allowed=[line], unopened=["-2"]))
    report = (tmp_path / "r.csv").read_text("utf-8-sig")
    assert "'=HYPERLINK(1),1,2007-03-20,'+1,'@SUM(A1)" in report
    assert "'-2," in report


def test_without_the_procedure_it_says_what_to_install(tmp_path: Path) -> None:
    from tests.factories.replays import PACK

    with pytest.raises(Missing, match="yiwang pack install traffic_fines"):
        replaying.place_of(read_plan(PACK / "replay.yaml"))


def test_nothing_is_entered_for_tomorrow() -> None:
    with pytest.raises(Invalid):
        afterwards(system(), timezone.now() + dt.timedelta(days=1))


def test_the_first_real_cases_agree_with_the_file(plan: Plan, shared: Path) -> None:
    log = replaying.read_log(shared / "data" / "traffic_fines.csv", plan, limit=60)
    replaying.run(system("command"), plan, log)
    summary = summarise(plan, log)
    assert summary.agrees
    assert summary.cases == 60
    assert summary.in_file["Create Fine"] == 60
    assert len(summary.not_allowed) == summary.refused.total() < 5
