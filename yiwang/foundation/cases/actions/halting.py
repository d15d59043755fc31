"""Standing still and ending before the procedure does: suspending, resuming, terminating; the party's withdrawal."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, Scope, act, deny, later, require
from yiwang.foundation.cases import clocks, rights, settling, slots
from yiwang.foundation.cases.models import Case, Clock, Task
from yiwang.foundation.cases.timing import Clockwork
from yiwang.foundation.cases.wording import note_of, sha256, words_of
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import queries as orgs
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

LONGEST_SUSPENSION = 250  # working days; nothing the law knows takes longer

REMEDY = gettext_lazy(
    "不服本决定的，可以自收到之日起六十日内申请行政复议，或者六个月内提起行政诉讼。"
)  # 行政复议法第二十条，行政诉讼法第四十六条


def _case(actor: Actor, number: str) -> Case:
    """The case, for its office only: nobody halts their own."""
    case = rights.locked_case(number)
    if case is not None and rights.own_case(actor, case):
        deny(actor, subject=f"case:{number[:40]}", message=_("这是您自己或您单位的事，应当回避，请由同事办理。"))
    require(actor, rights.office_scope(case) if case is not None else Scope(agency="-"), subject=f"case:{number[:40]}")
    if case is None:
        raise Missing(_("没有编号为 %(number)s 的办件，请核对编号。") % {"number": number[:40]})
    return case


@act("cases.suspend", gettext_lazy("暂停办理"))
def suspend(actor: Actor, number: str, reason: str, days: int, note: str = "") -> Case:
    """Let a case and all its clocks stand still for a reason that the law knows, for at most ``days`` working days.

    The party is told why and how long (行政许可法第四十五条). The end of the suspension is watched: a job warns when it is passed. Raises
    :class:`Invalid` for an unknown reason or no limit, :class:`Conflict` when the case has ended or stands still already.
    """
    case = _case(actor, number)
    rights.is_running(case)
    if reason not in clocks.REASONS:
        message = _("请选择暂停的法定事由。")
        raise Invalid(message, problems=[Problem("reason", "choice", message)])
    if not 1 <= days <= LONGEST_SUSPENSION:
        message = _("请写明最多暂停几个工作日（1 到 %(most)s）。") % {"most": LONGEST_SUSPENSION}
        raise Invalid(message, problems=[Problem("days", "range", message)])
    note = note_of(note)
    now = actor.now()
    until = orgs.calendar().count(timezone.localdate(now), days).due
    work = Clockwork.of(case, now)
    still = work.suspend(reason, due_on=until)
    work.keep()
    case.held = reason
    case.revision += 1
    case.save(update_fields=["held", "revision", "due_on", "warn_on", "paused"])
    _repeat(case)
    words = str(clocks.REASONS[reason])
    entry = record("case", case.number, {
        "reason": reason, "until": until, "clocks": [clock.kind for clock in still], "note_sha256": sha256(note),
    })  # fmt: skip
    text = _("暂停办理：%(reason)s，最晚到%(day)s") % {"reason": words, "day": _day(until)}
    later(settling.line(case, actor, "cases.suspend", text, now, note=note, entry=entry.id))
    settling.tell(case, "case-suspended", reason=words, until=_day(until))
    emit("case.suspended", case.number, {"case": case.id, "kind": case.kind, "reason": reason, "until": until})
    return case


@act("cases.resume", gettext_lazy("恢复办理"))
def resume(actor: Actor, number: str, note: str = "") -> Case:
    """End a suspension that an official began. Raises :class:`Conflict` when the case does not stand still."""
    case = _case(actor, number)
    if not case.held or case.closed_at is not None:
        raise Conflict(_("这件事没有暂停，不用恢复。"), code="not-held")
    note = note_of(note)
    now = actor.now()
    work = Clockwork.of(case, now)
    work.resume()
    work.keep()
    case.held = ""
    case.revision += 1
    case.save(update_fields=["held", "revision", "due_on", "warn_on", "paused"])
    _repeat(case)
    entry = record("case", case.number, {"note_sha256": sha256(note)})
    later(settling.line(case, actor, "cases.resume", _("恢复办理，时限继续计算"), now, note=note, entry=entry.id))
    settling.tell(case, "case-resumed")
    emit("case.resumed", case.number, {"case": case.id, "kind": case.kind})
    return case


def _repeat(case: Case) -> None:
    case.tasks.filter(state=Task.State.OPEN).update(due_on=case.due_on, warn_on=case.warn_on)


def _day(date: dt.date) -> str:
    return _("%(year)s年%(month)s月%(day)s日") % {"year": date.year, "month": date.month, "day": date.day}


@act("cases.terminate", gettext_lazy("终止办理"))
def terminate(actor: Actor, number: str, reason: str, remedy: str = "") -> Case:
    """End a case that can no longer be brought to a decision, with the reason and what can be done against it (``remedy``; the usual
    words when empty). Raises :class:`Invalid` without a reason, :class:`Conflict` when it has ended."""
    case = _case(actor, number)
    if case.closed_at is not None:
        raise Conflict(_("这件事已经办结。"), code="case-closed")
    reason = words_of(reason, "reason", _("请写明终止的理由和依据。"))
    remedy = note_of(remedy, "remedy") or str(REMEDY)
    now = actor.now()
    settling.close(case, "terminated", _("终止办理"), now)
    entry = record("case", case.number, {"reason_sha256": sha256(reason), "remedy_sha256": sha256(remedy)})
    note = f"{reason}\n{remedy}"
    later(settling.line(case, actor, "cases.terminate", _("终止办理"), now, note=note, entry=entry.id))
    slots.kinds[case.kind].after_done(actor, case, slots.Done("terminate", "terminated", "", reason, (), True))
    settling.tell(case, "case-terminated", reason=reason.rstrip("。；"), remedy=remedy)
    emit("case.stepped", case.number, {"case": case.id, "kind": case.kind, "step": "terminate", "ended": "terminated"})
    return case


@act("cases.withdraw", gettext_lazy("撤回申请"), party=True, level=Level.FACE)
def withdraw(actor: Actor, number: str, reason: str = "") -> Case:
    """The party takes the case back before it is decided. Open tasks are cancelled, clocks stop, the case is closed as withdrawn.

    Raises :class:`Conflict` when it is decided: it has ended, or its limits are met and only the node still works on it.
    """
    case = rights.locked_case(number)
    require(
        actor,
        Scope(party=case.party_id if case else None, matter=case.type_code if case else ""),
        subject=f"case:{number[:40]}",
    )
    if case is None:  # only a role over the whole node comes this far
        raise Missing(_("没有编号为 %(number)s 的办件，请核对编号。") % {"number": number[:40]})
    if case.closed_at is not None:
        raise Conflict(_("这件事已经办结，不能再撤回。"), code="case-closed")
    doers = set(case.tasks.filter(state=Task.State.OPEN).values_list("doer", flat=True))
    if doers == {Task.Doer.NODE} and not case.clocks.exclude(state=Clock.State.STOPPED).exists():
        raise Conflict(_("决定已经作出，正在制作结果，不能再撤回。"), code="case-decided")
    now = actor.now()
    settling.close(case, "withdrawn", _("申请人撤回"), now)
    entry = record("case", case.number, {"reason_sha256": sha256(reason)})
    later(settling.line(case, actor, "cases.withdraw", _("撤回申请"), now, note=reason, entry=entry.id))
    slots.kinds[case.kind].after_done(actor, case, slots.Done("withdraw", "withdrawn", "", reason, (), True))
    emit("case.stepped", case.number, {"case": case.id, "kind": case.kind, "step": "withdraw", "ended": "withdrawn"})
    return case
