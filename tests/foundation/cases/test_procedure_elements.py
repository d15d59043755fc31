"""会签, inclusive gateways, called procedures, messages from outside and timers, each through the acts."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.factories import citizen, official
from tests.factories.cases import notices, open_permit, open_task
from tests.factories.moves import (
    HEAD,
    WORKER,
    do,
    end,
    joint,
    procedure_of,
    start,
    steps,
    task,
)  # fmt: skip
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.jobs import fire_due_timers, recount_provisional
from yiwang.foundation.cases.models import Case, Procedure, Task, TimerEvent
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.orgs.queries import forget_calendar
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def answer(actor: Actor, case: Case, role: str, outcome: str) -> actions.Finished:
    task = Task.objects.filter(case=case, state="open", role=role).earliest("place")
    return actions.complete(actor, task.id, outcome, "意见")


def reviewed(rule: str, *, sequential: bool = False) -> Case:
    nodes = start() + joint("review", "inspector chief", rule, sequential=sequential) + task("decide") + task("again")
    nodes += '<bpmn:exclusiveGateway id="fine" default="f3"/>' + end()
    flows = """start > review
        review > fine
        fine > decide [outcomes.review == 'agree']
        fine > again
        decide > done
        again > done"""
    return open_permit(citizen(), bpmn=procedure_of(nodes, flows), code="small")


def test_a_joint_review_waits_for_all(people: dict[str, Actor]) -> None:
    case = reviewed("all")
    assert steps(case) == ["review", "review"]
    assert answer(people["chief"], case, "chief", "disagree").opened == ()
    assert steps(case) == ["review"]
    assert [row.step for row in answer(people["inspector"], case, "inspector", "agree").opened] == ["again"]
    agreed = reviewed("all")
    answer(people["chief"], agreed, "chief", "agree")
    answer(people["inspector"], agreed, "inspector", "agree")
    assert steps(agreed) == ["decide"]


def test_one_veto_decides_at_once(people: dict[str, Actor]) -> None:
    case = reviewed("veto")
    answer(people["chief"], case, "chief", "disagree")
    assert steps(case) == ["again"]
    assert Task.objects.get(case=case, role="inspector").state == "cancelled"


def test_one_after_another(people: dict[str, Actor]) -> None:
    case = reviewed("all", sequential=True)
    assert [row.role for row in Task.objects.filter(case=case, state="open")] == ["inspector"]
    answer(people["inspector"], case, "inspector", "agree")
    assert [row.role for row in Task.objects.filter(case=case, state="open")] == ["chief"]
    answer(people["chief"], case, "chief", "agree")
    assert steps(case) == ["decide"]


def test_nobody_signs_twice_in_one_joint_review() -> None:
    nodes = start() + joint("review", "expert expert") + end()
    case = open_permit(citizen(), bpmn=procedure_of(nodes, "start > review\nreview > done"), code="small")
    first, second = official("expert", WORKER), official("expert", WORKER)
    answer(first, case, "expert", "agree")
    with pytest.raises(Conflict) as caught:
        answer(first, case, "expert", "agree")
    assert caught.value.code == "signed-already"
    answer(second, case, "expert", "agree")
    case.refresh_from_db()
    assert case.outcome == "done"


def test_a_half_signed_review_survives_a_return_on_another_branch(people: dict[str, Actor]) -> None:
    nodes = start() + '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>' + end()
    nodes += joint("review", "inspector chief") + task("first", "window-clerk") + task("second", "window-clerk")
    flows = """start > fork
        fork > review
        fork > first
        first > second
        second > join
        review > join
        join > done"""
    case = open_permit(citizen(), bpmn=procedure_of(nodes, flows), code="small")
    do(people["window-clerk"], case, "first", "agree")
    answer(people["chief"], case, "chief", "agree")
    actions.send_back(people["window-clerk"], open_task(case, "second").id, "first", "重来")
    assert steps(case) == ["first", "review"]
    answer(people["inspector"], case, "inspector", "agree")
    assert steps(case) == ["first"]
    do(people["window-clerk"], case, "first", "agree")
    do(people["window-clerk"], case, "second", "agree")
    case.refresh_from_db()
    assert case.outcome == "done"


@pytest.mark.parametrize(("outcome", "opened"), [("both", ["left", "right"]), ("one", ["left"])])
def test_an_inclusive_gateway_opens_what_is_needed_and_waits_for_just_that(
    people: dict[str, Actor], outcome: str, opened: list[str]
) -> None:
    nodes = start() + task("ask", "chief", "both", "one") + task("left") + task("right") + end()
    nodes += '<bpmn:inclusiveGateway id="some"/><bpmn:inclusiveGateway id="all"/>'
    flows = """start > ask
        ask > some
        some > left [outcomes.ask in ['both', 'one']]
        some > right [outcomes.ask == 'both']
        left > all
        right > all
        all > done"""
    case = open_permit(citizen(), bpmn=procedure_of(nodes, flows), code="small")
    do(people["chief"], case, "ask", outcome)
    assert steps(case) == opened
    for step in opened:
        case.refresh_from_db()
        assert case.closed_at is None
        do(people["chief"], case, step, "agree")
    case.refresh_from_db()
    assert case.outcome == "done"


INNER = procedure_of(
    start() + task("inner", "inspector") + '<bpmn:exclusiveGateway id="well" default="f2"/>' + end("good", "good") + end("bad", "bad"),
    "start > inner\ninner > well\nwell > bad\nwell > good [outcomes.inner == 'agree']",
    code="inner_check",
)  # fmt: skip
OUTER = procedure_of(
    start() + '<bpmn:callActivity id="check" name="核查" calledElement="inner_check"/>' + task("decide")
    + '<bpmn:exclusiveGateway id="fine" default="f3"/>' + end() + end("no", "no"),
    "start > check\ncheck > fine\nfine > decide [outcomes.check == 'good']\nfine > no\ndecide > done",
    code="outer",
)  # fmt: skip


def test_a_called_procedure_is_pinned_and_hands_back_what_it_came_to(people: dict[str, Actor]) -> None:
    first = actions.publish_procedure(system(), "inner_check", "核查", INNER)
    case = open_permit(citizen(), bpmn=OUTER, code="outer")
    assert case.procedure.calls == {"inner_check": str(first.id)}
    newer = INNER.replace('name="inner"', 'name="新核查"')
    actions.publish_procedure(system(), "inner_check", "核查", newer)
    assert open_task(case, "inner").name == "inner"
    do(people["inspector"], case, "inner", "agree")
    assert steps(case) == ["decide"]
    actions.send_back(people["chief"], open_task(case, "decide").id, "inner", "重新核查")
    do(people["inspector"], case, "inner", "disagree")
    case.refresh_from_db()
    assert case.outcome == "no"
    later = open_permit(
        citizen(), bpmn=OUTER, code="outer"
    )  # published again: the same drawing, a newer called version
    assert (later.procedure.version, open_task(later, "inner").name) == (2, "新核查")


def test_a_call_that_leads_nowhere_is_refused(people: dict[str, Actor]) -> None:
    for called in ("nothing", "outer"):
        with pytest.raises(Invalid) as caught:
            actions.publish_procedure(system(), "outer", "外", OUTER.replace("inner_check", called))
        assert ("check", "call") in [(problem.field, problem.rule) for problem in caught.value.problems]
    actions.publish_procedure(system(), "inner_check", "核查", INNER)
    with pytest.raises(Invalid) as caught:  # a step of the same name in both
        actions.publish_procedure(
            system(), "outer", "外", OUTER.replace('id="decide"', 'id="inner"').replace("decide", "inner")
        )
    assert "inner" in [problem.field for problem in caught.value.problems]


REPORT = (
    '<bpmn:receiveTask id="report" name="等检验报告" messageRef="m1"><bpmn:extensionElements>'
    '<yiwang:outcome code="pass" label="合格" done="检验合格"/><yiwang:outcome code="fail" label="不合格" done="检验不合格"/>'
    "</bpmn:extensionElements></bpmn:receiveTask>"
)
WAITING = procedure_of(
    start() + REPORT + task("decide") + end(), "start > report\nreport > decide\ndecide > done",
    messages='<bpmn:message id="m1" name="laboratory.report"/>',
)  # fmt: skip


def test_a_message_reaches_the_case_that_waits_for_it(people: dict[str, Actor]) -> None:
    case = open_permit(citizen(), bpmn=WAITING, code="small")
    assert (steps(case), case.stage) == (["report"], "等检验报告")
    refused(actions.receive, people["chief"], case.number, "laboratory.report", "pass")
    with pytest.raises(Conflict):
        actions.receive(people["head"], case.number, "bank.payment", "pass")
    with pytest.raises(Invalid):
        actions.receive(people["head"], case.number, "laboratory.report", "perhaps")
    with recorded("cases.receive", by=people["head"], kind="case", subject=case.number):
        actions.receive(people["head"], case.number, "laboratory.report", "pass", "报告 2026-118")
    assert steps(case) == ["decide"]
    with pytest.raises(Conflict):
        actions.receive(people["head"], case.number, "laboratory.report", "pass")


def boundary(text: str, *, interrupts: bool, working: bool = False) -> str:
    days = '<bpmn:extensionElements><yiwang:timer days="working"/></bpmn:extensionElements>' if working else ""
    return (
        f'<bpmn:boundaryEvent id="late" name="到期未办" attachedToRef="review" cancelActivity="{str(interrupts).lower()}">{days}'
        f"<bpmn:timerEventDefinition><bpmn:timeDuration>{text}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )


def timed(timer: str) -> Case:
    nodes = start() + task("review", "inspector") + timer + task("escalated") + end() + end("other", "escalated")
    flows = "start > review\nreview > done\nlate > escalated\nescalated > other"
    return open_permit(citizen(), bpmn=procedure_of(nodes, flows), code="small")


def pass_time(to: str, clock: time_machine.Coordinates) -> None:
    clock.move_to(dt.datetime.fromisoformat(to))
    fire_due_timers()
    Worker().run(once=True)


@pytest.mark.django_db(transaction=True)
def test_a_boundary_timer_takes_the_step_away_when_it_is_late(people: dict[str, Actor]) -> None:
    notices(2026)
    with time_machine.travel("2026-11-05T09:00:00+08:00", tick=False) as clock:
        case = timed(boundary("P2D", interrupts=True, working=True))  # 6 and 9 November: over when the 10th begins
        pass_time("2026-11-09T23:59:00+08:00", clock)
        assert steps(case) == ["review"]
        pass_time("2026-11-10T00:01:00+08:00", clock)
        assert steps(case) == ["escalated"]
        assert TimerEvent.objects.get(case=case).state == "fired"
        pass_time("2026-11-11T00:01:00+08:00", clock)
        do(people["chief"], case, "escalated", "agree")
    case.refresh_from_db()
    assert case.outcome == "escalated"


@pytest.mark.django_db(transaction=True)
def test_a_timer_that_does_not_interrupt_opens_a_task_beside(people: dict[str, Actor]) -> None:
    with time_machine.travel("2026-11-05T09:00:00+08:00", tick=False) as clock:
        case = timed(boundary("PT2H", interrupts=False))
        pass_time("2026-11-05T11:01:00+08:00", clock)
        assert steps(case) == ["escalated", "review"]


@pytest.mark.django_db(transaction=True)
def test_a_step_done_in_time_cancels_its_timer(people: dict[str, Actor]) -> None:
    with time_machine.travel("2026-11-05T09:00:00+08:00", tick=False) as clock:
        case = timed(boundary("P1D", interrupts=True))
        do(people["inspector"], case, "review", "agree")
        pass_time("2026-11-08T09:00:00+08:00", clock)
    case.refresh_from_db()
    assert (case.outcome, TimerEvent.objects.get(case=case).state) == ("done", "cancelled")


def test_a_step_that_is_done_again_at_once_has_its_timer_anew(people: dict[str, Actor]) -> None:
    nodes = start() + task("review", "inspector") + boundary("P1D", interrupts=True) + task("escalated") + end()
    nodes += '<bpmn:exclusiveGateway id="fine" default="f2"/>' + end("other", "escalated")
    flows = """start > review
        review > fine
        fine > review
        fine > done [outcomes.review == 'agree']
        late > escalated
        escalated > other"""
    with time_machine.travel("2026-11-05T09:00:00+08:00", tick=False) as clock:
        case = open_permit(citizen(), bpmn=procedure_of(nodes, flows), code="small")
        clock.shift(dt.timedelta(hours=20))
        do(people["inspector"], case, "review", "disagree")
    assert steps(case) == ["review"]
    timer = TimerEvent.objects.get(case=case, state="waiting")
    assert timer.fires_at == dt.datetime.fromisoformat("2026-11-07T05:00:00+08:00")
    assert TimerEvent.objects.filter(case=case, state="cancelled").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_case_waits_until_a_publication_is_over_and_not_while_it_stands_still(people: dict[str, Actor]) -> None:
    event = (
        '<bpmn:intermediateCatchEvent id="published" name="公示期"><bpmn:timerEventDefinition>'
        "<bpmn:timeDate>2026-11-10T00:00:00+08:00</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    )
    xml = procedure_of(start() + event + task("decide") + end(), "start > published\npublished > decide\ndecide > done")
    with time_machine.travel("2026-11-05T09:00:00+08:00", tick=False) as clock:
        case = open_permit(citizen(), bpmn=xml, code="small")
        assert (steps(case), case.stage) == (["published"], "公示期")
        head = official("head", HEAD)
        actions.suspend(head, case.number, "hearing", 10)
        pass_time("2026-11-10T08:00:00+08:00", clock)
        assert steps(case) == ["published"]
        actions.resume(head, case.number)
        pass_time("2026-11-10T09:00:00+08:00", clock)
        assert steps(case) == ["decide"]
        timer = TimerEvent.objects.get(case=case)
        refused(actions.fire_timer, head, timer.id)
        actions.fire_timer(system(), timer.id)  # once is once
        assert steps(case) == ["decide"]


def test_timers_in_working_days_move_when_a_notice_is_loaded() -> None:
    notices(2026)
    with time_machine.travel("2026-12-31T09:00:00+08:00", tick=False):
        case = timed(boundary("P1D", interrupts=True, working=True))
        timer = TimerEvent.objects.get(case=case)
        assert timer.fires_at == dt.datetime.fromisoformat("2027-01-05T00:00:00+08:00")  # 1 January off, then a weekend
        notices(2027, days={"2027-01-01": ("元旦", False), "2027-01-04": ("元旦", False)})
        forget_calendar()
        recount_provisional.func()
    timer.refresh_from_db()
    assert timer.fires_at == dt.datetime.fromisoformat("2027-01-06T00:00:00+08:00")


@pytest.mark.parametrize(
    ("change", "where", "rule"),
    [
        (("P2D", "P2M"), "late", "timer"),
        (("P2D", "soon"), "late", "timer"),
        (('attachedToRef="review"', 'attachedToRef="start"'), "late", "attached"),
        (("timerEventDefinition", "signalEventDefinition"), "late", "element"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(change: tuple[str, str], where: str, rule: str) -> None:
    nodes = start() + task("review") + boundary("P2D", interrupts=True) + end() + end("other")
    xml = procedure_of(nodes, "start > review\nreview > done\nlate > other")
    with pytest.raises(Invalid) as caught:
        actions.publish_procedure(system(), "small", "小", xml.replace(*change))
    assert (where, rule) in [(problem.field, problem.rule) for problem in caught.value.problems]
    assert not Procedure.objects.exists()


@pytest.mark.parametrize(
    "change",
    [('roles="inspector chief"', 'roles="chief"'), ('agrees="agree"', 'agrees="maybe"'), ('rule="all"', 'rule="most"')],
)
def test_what_is_wrong_with_a_joint_review_is_named(change: tuple[str, str]) -> None:
    xml = procedure_of(start() + joint("review", "inspector chief") + end(), "start > review\nreview > done")
    assert change[0] in xml
    with pytest.raises(Invalid) as caught:
        actions.publish_procedure(system(), "small", "小", xml.replace(*change))
    assert ("review", "joint") in [(problem.field, problem.rule) for problem in caught.value.problems]


@pytest.mark.parametrize("sequential", [False, True])
def test_an_opinion_can_be_taken_back_until_the_review_closes(people: dict[str, Actor], sequential: bool) -> None:
    case = reviewed("all", sequential=sequential)
    signed = answer(people["inspector"], case, "inspector", "disagree").task
    refused(actions.take_back, people["chief"], signed.id)
    view = queries.view(people["inspector"], case.number)
    assert getattr(queries.possible(people["inspector"], view).take_back, "id", None) == signed.id
    with recorded("cases.take_back", by=people["inspector"], kind="case", subject=case.number):
        again = actions.take_back(people["inspector"], signed.id)
    open_tasks = set(Task.objects.filter(case=case, state="open").values_list("role", "place"))
    assert open_tasks == {("inspector", 0)} | (set() if sequential else {("chief", 1)})
    assert (again.assignee_id, again.opinion) == (people["inspector"].account_id, "")
    answer(people["inspector"], case, "inspector", "agree")
    answer(people["chief"], case, "chief", "agree")
    assert steps(case) == ["decide"]
    with pytest.raises(Conflict):
        actions.take_back(people["inspector"], again.id)
    told = [entry.text for entry in queries.journal(case, public=False)]
    assert told[1:3] == ["review：disagree", "review：撤回“disagree”"]


def test_who_is_next_in_turn_and_has_begun_keeps_the_opinion_before(people: dict[str, Actor]) -> None:
    case = reviewed("all", sequential=True)
    signed = answer(people["inspector"], case, "inspector", "agree").task
    actions.claim(people["chief"], Task.objects.get(case=case, role="chief", state="open").id)
    with pytest.raises(Conflict) as caught:
        actions.take_back(people["inspector"], signed.id)
    assert caught.value.code == "acted-upon"


def test_a_parallel_gateway_whose_second_inflow_is_a_loop_is_refused(people: dict[str, Actor]) -> None:
    """It would wait for a token that only it can send."""
    nodes = start() + '<bpmn:parallelGateway id="fork" name="分头审查"/><bpmn:parallelGateway id="join"/>' + end()
    nodes += task("left") + task("right") + task("decide", "chief", "agree", "again")
    nodes += '<bpmn:exclusiveGateway id="fine" name="还要再审吗" default="f{}"/>'
    flows = """start > fork
        fork > left
        fork > right
        left > join
        right > join
        join > decide
        decide > fine
        fine > {} [outcomes.decide == 'again']
        fine > done"""
    looping = procedure_of(nodes.format(8), flows.format("fork"), code="looping")
    with pytest.raises(Invalid) as caught:
        actions.publish_procedure(system(), "looping", "绕回来", looping)
    [problem] = [one for one in caught.value.problems if one.rule == "deadlock"]
    assert problem.field == "fork"
    assert "分头审查" in problem.message
    assert "还要再审吗" in problem.message
    through = flows.replace("start > fork", "start > before\nbefore > fork").format("before")
    fit = nodes.format(9) + '<bpmn:exclusiveGateway id="before"/>'
    case = open_permit(citizen(), bpmn=procedure_of(fit, through), code="small")
    for outcome in ("again", "agree"):
        do(people["chief"], case, "left", "agree")
        do(people["chief"], case, "right", "agree")
        do(people["chief"], case, "decide", outcome)
    case.refresh_from_db()
    assert case.outcome == "done"


def test_lines_of_one_instant_keep_their_order(people: dict[str, Actor]) -> None:
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False):
        case = reviewed("all")
        for turn in range(12):
            signed = answer(people["inspector"], case, "inspector", "disagree" if turn % 2 else "agree").task
            actions.take_back(people["inspector"], signed.id)
    told = [entry.text for entry in queries.journal(case, public=False)][1:]
    wanted = [
        ("review：disagree", "review：撤回“disagree”") if turn % 2 else ("review：agree", "review：撤回“agree”")
        for turn in range(12)
    ]
    assert told == [line for pair in wanted for line in pair]


@pytest.mark.parametrize(("order", "outcome"), [(("left", "right"), "right"), (("right", "left"), "left")])
def test_where_branches_end_apart_the_last_end_decides(
    people: dict[str, Actor], order: tuple[str, str], outcome: str
) -> None:
    nodes = start() + '<bpmn:parallelGateway id="fork"/>' + task("left") + task("right")
    nodes += end("end_left", "left") + end("end_right", "right")
    flows = "start > fork\nfork > left\nfork > right\nleft > end_left\nright > end_right"
    case = open_permit(citizen(), bpmn=procedure_of(nodes, flows), code="small")
    do(people["chief"], case, order[0], "agree")
    case.refresh_from_db()
    assert (case.outcome, steps(case)) == ("", [order[1]])
    do(people["chief"], case, order[1], "agree")
    case.refresh_from_db()
    assert case.outcome == outcome
