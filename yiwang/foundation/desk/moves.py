"""The office's moves on a case page: each a short form of its own, and the act behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases import queries as cases
from yiwang.kernel.refusals import Invalid, Problem

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Task
    from yiwang.foundation.cases.queries import CaseView, Possible

PREFIX = "move."  # how the address of a page names a move where it otherwise names an outcome: move.<code>.<task>


@dataclass(frozen=True, slots=True)
class Ask:
    """One field of a move's form."""

    name: str
    label: str
    type: str = "textarea"
    required: bool = True
    options: Sequence[tuple[str, str]] = ()
    help: str = ""
    unit: str = ""
    value: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A move: its words, what it asks, and what it does. ``leaves``: afterwards the person goes back to the list."""

    label: Any
    icon: str
    hint: Any
    done: Any
    asks: Callable[[Actor, CaseView, Task | None], list[Ask]]
    act: Callable[[Actor, CaseView, Task | None, QueryDict], object]
    tone: str = "primary"
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A move as the page offers it; ``code`` names it in the address."""

    code: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class Open:
    """The form of the move that was chosen."""

    code: str
    label: str
    hint: str
    tone: str
    asks: list[Ask]


def _people(actor: Actor, task: Task | None, *, to_review: bool = False) -> list[tuple[str, str]]:
    assert task is not None, "this move is about a task"
    return [(str(one.id), one.name) for one in cases.colleagues(actor, task.id, to_review=to_review)]


def _to(post: QueryDict) -> int:
    chosen = post.get("to", "")
    if not chosen.isdecimal():
        message = _("请选择一位同事。")
        raise Invalid(message, problems=[Problem("to", "required", message)])
    return int(chosen)


def _number(post: QueryDict, name: str) -> int:
    text = post.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 6 else 0  # 0 is out of range: the act says what is in it


def _ask_delegate(actor: Actor, view: CaseView, task: Task | None) -> list[Ask]:
    return [
        Ask("to", _("转给谁"), "select", options=_people(actor, task), help=_("只列出有这个岗位的同事。")),
        Ask("note", _("说明"), required=False),
    ]


def _ask_reviewer(actor: Actor, view: CaseView, task: Task | None) -> list[Ask]:
    when = [("before", _("先答复，我再办（前加签）")), ("after", _("我办完后再答复，同意才往下走（后加签）"))]
    return [
        Ask("to", _("请谁看"), "select", options=_people(actor, task, to_review=True)),
        Ask("when", _("什么时候答复"), "radio", options=when, value="before"),
        Ask("question", _("请看什么")),
    ]


def _ask_back(actor: Actor, view: CaseView, task: Task | None) -> list[Ask]:
    assert task is not None, "this move is about a task"
    steps = [(step.code, step.name) for step in cases.return_targets(actor, task.id)]
    return [Ask("step", _("退回到哪个环节"), "radio", options=steps), Ask("reason", _("理由"))]


def _reasons(actor: Actor, view: CaseView, task: Task | None) -> list[Ask]:
    return [
        Ask("reason", _("法定事由"), "select", options=cases.suspension_reasons()),
        Ask("days", _("最多暂停"), "text", unit=_("个工作日"), help=_("到期还没恢复会提醒。")),
        Ask("note", _("说明"), required=False),
    ]


def _ending(actor: Actor, view: CaseView, task: Task | None) -> list[Ask]:
    return [
        Ask("reason", _("理由和依据"), help=_("当事人看得到。")),
        Ask("remedy", _("告知救济途径"), required=False, value=str(actions.REMEDY)),
    ]


def _note(label: Any) -> Callable[[Actor, CaseView, Task | None], list[Ask]]:
    return lambda actor, view, task: [Ask("note", str(label), required=False)]


def _nothing(actor: Actor, view: CaseView, task: Task | None) -> list[Ask]:
    return []


MOVES: dict[str, Move] = {
    "delegate": Move(
        later("转办"), "user-share", later("转给有同一岗位的同事办，经过里会记下来。"), later("已转办"), _ask_delegate,
        lambda actor, view, task, post: actions.delegate(actor, _id(task), _to(post), post.get("note", "")), leaves=True,
    ),
    "add_reviewer": Move(
        later("加签"), "user-plus", later("请一位同事提意见，答复以后这一步才能往下走。"), later("已请同事加签"), _ask_reviewer,
        lambda actor, view, task, post: actions.add_reviewer(
            actor, _id(task), _to(post), post.get("question", ""), after=post.get("when") == "after"
        ),
    ),
    "ask_party": Move(
        later("请申请人补充"), "message-question", later("退回申请人补充说明。答复以前时限不走。"), later("已请申请人补充"),
        lambda actor, view, task: [Ask("question", _("要补充什么"), help=_("申请人看得到，请一次说全。"))],
        lambda actor, view, task, post: actions.ask_party(actor, _id(task), post.get("question", "")),
    ),
    "send_back": Move(
        later("退回环节"), "arrow-back", later("退回到前面的环节重办，后面的环节要重新走。时限照走。"), later("已退回"), _ask_back,
        lambda actor, view, task, post: actions.send_back(actor, _id(task), post.get("step", ""), post.get("reason", "")),
        leaves=True,
    ),
    "take_back": Move(
        later("撤回我办的这一步"), "arrow-back-up", later("还没有人接着办，可以撤回来重办。"), later("已撤回，请重新办理"), _nothing,
        lambda actor, view, task, post: actions.take_back(actor, _id(task)),
    ),
    "urge": Move(
        later("催办"), "bell-ringing", later("经办人的待办里会标出来。一天只能催一次。"), later("已催办"), _note(later("说明")),
        lambda actor, view, task, post: actions.urge(actor, view.case.number, post.get("note", "")),
    ),
    "suspend": Move(
        later("暂停办理"), "player-pause", later("依法暂停，时限不走，也不能办理。会告知当事人。"), later("已暂停办理"), _reasons,
        lambda actor, view, task, post: actions.suspend(
            actor, view.case.number, post.get("reason", ""), _number(post, "days"), post.get("note", "")
        ),
    ),
    "resume": Move(
        later("恢复办理"), "player-play", later("恢复以后时限接着算。会告知当事人。"), later("已恢复办理"), _note(later("说明")),
        lambda actor, view, task, post: actions.resume(actor, view.case.number, post.get("note", "")),
    ),
    "terminate": Move(
        later("终止办理"), "ban", later("这件事不再办理，没有决定。不能恢复。"), later("已终止办理"), _ending,
        lambda actor, view, task, post: actions.terminate(
            actor, view.case.number, post.get("reason", ""), post.get("remedy", "")
        ),
        tone="danger",
    ),
}  # fmt: skip


def _id(task: Task | None) -> Any:
    assert task is not None, "this move is about a task"
    return task.id


def _tasks(view: CaseView, actor: Actor, found: Possible) -> dict[str, Task | None]:
    """The moves that the person has, each with its task."""
    mine = view.task_for(actor)
    codes: dict[str, Task | None] = {code: mine.task for code in MOVES if mine is not None and code in found.arrange}
    for task in found.delegate:
        codes[f"delegate.{task.id}"] = task
    if found.take_back is not None:
        codes["take_back"] = found.take_back
    return codes | {code: None for code in MOVES if code in found.halt}


def offered(actor: Actor, view: CaseView) -> list[Offered]:
    """The moves that a person has with a case, in the order in which an office uses them."""
    found = []
    for code, task in _tasks(view, actor, cases.possible(actor, view)).items():
        move = MOVES[code.partition(".")[0]]
        label = str(move.label)
        if "." in code and task is not None:
            label = _("%(move)s：%(task)s") % {"move": label, "task": task.name}
        found.append(Offered(PREFIX + code, label, move.icon))
    return found


def opened(actor: Actor, view: CaseView, chosen: str, post: QueryDict, problems: Sequence[Problem] = ()) -> Open | None:
    """The form of the move that ``chosen`` names, as it was typed; None when the person has no such move."""
    found = _find(actor, view, chosen)
    if found is None:
        return None
    move, task = found
    errors = {problem.field: problem.message for problem in reversed(problems)}
    asks = [
        Ask(ask.name, ask.label, ask.type, ask.required, ask.options, ask.help, ask.unit, post.get(ask.name, ask.value), errors.get(ask.name, ""))
        for ask in move.asks(actor, view, task)
    ]  # fmt: skip
    return Open(chosen, str(move.label), str(move.hint), move.tone, asks)


def _find(actor: Actor, view: CaseView, chosen: str) -> tuple[Move, Task | None] | None:
    code = chosen.removeprefix(PREFIX)
    tasks = _tasks(view, actor, cases.possible(actor, view))
    if not chosen.startswith(PREFIX) or code not in tasks:
        return None
    return MOVES[code.partition(".")[0]], tasks[code]


def make(actor: Actor, view: CaseView, chosen: str, post: QueryDict) -> Move | None:
    """Make the move; returns it, or None when the person has no such move (any more). Raises what the act raises."""
    found = _find(actor, view, chosen)
    if found is None:
        return None
    move, task = found
    move.act(actor, view, task, post)
    return move
