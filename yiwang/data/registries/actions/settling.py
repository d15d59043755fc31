"""A steward's acts on what a register says: correcting it, settling where sources differ, asking a source."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries import declarations, questions
from yiwang.data.registries.declarations import Declaration
from yiwang.data.registries.elements import Wrong
from yiwang.data.registries.fusion import Fusion, content_hash_of
from yiwang.data.registries.models import Conflict as Differing
from yiwang.data.registries.models import Question, Register, RegisterRecord
from yiwang.data.registries.reading import register_of
from yiwang.data.registries.records import Records
from yiwang.data.registries.sources import OVER, RULING, same_text
from yiwang.foundation.access.queries import Actor, Scope, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

__all__ = ["ask", "correct", "settle"]

LONGEST_REASON = 200


def steward_scope(register: Register, level: int | None = None) -> Scope:
    """Where the data of ``register`` lies, up to its highest level unless ``level`` is given."""
    agency = Agency.objects.get(code=register.owner_id)
    return Scope(agency=agency.path, level=declarations.of(register).level() if level is None else level)


def reason_of(text: str) -> str:
    """A stated reason, trimmed. Raises :class:`Invalid` when there is none."""
    text = text.strip()
    if not 2 <= len(text) <= LONGEST_REASON:
        message = _("请写明依据，2 至 200 个字，例如核对了什么材料。")
        raise Invalid(message, problems=[Problem("reason", "required", message)])
    return text


@act("registries.correct", gettext_lazy("更正基础库记录"))
def correct(
    actor: Actor,
    register_code: str,
    key: str,
    changes: dict[str, Any],
    *,
    reason: str,
    from_day: dt.date | None = None,
    to_day: dt.date | None = None,
) -> int:
    """Say what is right about a record from ``from_day`` (today) on, or until the day before ``to_day``; returns how many observations changed.

    What was known before the correction stays readable as such. Where sources are declared the correction is a ruling: it stands until a source
    says something that it has not set aside. Raises :class:`Missing` for a key that is not held then, :class:`Invalid` for an
    unknown element, a wrong value, or days the wrong way round.
    """
    register = register_of(register_code, lock=True)
    declaration = declarations.of(register)
    require(actor, steward_scope(register), subject=f"register:{register.code}")
    reason = reason_of(reason)
    data = _read_changes(declaration, changes)
    from_day = from_day or timezone.localdate()
    if to_day is not None and to_day <= from_day:
        message = _("结束日期应晚于开始日期。")
        raise Invalid(message, problems=[Problem("to_day", "order", message)])
    key_hash = declaration.hash_of(key.strip().upper())
    done = make_right(register, declaration, key_hash, data, from_day, to_day, actor)
    record(
        "register", register.code,
        {"elements": sorted(data), "from": from_day.isoformat(), "to": to_day.isoformat() if to_day else "", "reason": content_hash_of({"reason": reason})},
    )  # fmt: skip
    if done:
        emit("register.corrected", register.code, {"elements": sorted(data)})
    return done


def _read_changes(declaration: Declaration, changes: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, raw in changes.items():
        element = declaration.elements.get(name)
        if element is None or name == declaration.key:
            problems.append(Problem(name, "unknown", _("这一项不能更正：%(name)s") % {"name": name}))
            continue
        try:
            data[name] = element.read(raw)
        except Wrong as wrong:
            problems.append(Problem(name, "format", f"{element.label}：{wrong}"))
            continue
        if data[name] is None:
            problems.append(Problem(name, "required", _("请填写正确的内容。")))
    if not problems and not data:
        problems.append(Problem("changes", "required", _("请填写要更正的内容。")))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return data


def make_right(
    register: Register, declaration: Declaration, key_hash: str, data: dict[str, Any], from_day: dt.date,
    to_day: dt.date | None, actor: Actor,
) -> int:  # fmt: skip
    now = timezone.now()
    known = list(
        RegisterRecord.objects.filter(register=register, key_hash=key_hash, until=None)
        .exclude(content_hash="")
        .order_by("as_of")
    )
    before = next((row for row in reversed(known) if row.as_of <= from_day), None)
    if before is None:
        raise Missing(_("这一天“%(name)s”里还没有这条记录。") % {"name": register.name})
    days = {from_day: before.data}
    days |= {row.as_of: row.data for row in known if row.as_of > from_day and (to_day is None or row.as_of < to_day)}
    until = next((row.data for row in reversed(known) if to_day is not None and row.as_of <= to_day), None)
    if not declaration.sources:
        records = Records(register, [key_hash], now, None)
        done = 0
        for day, held in sorted(days.items()):
            right = {**held, **data}
            done += records.place(key_hash, day, content_hash_of(right), right)
        if to_day is not None and until is not None and done:
            records.place(key_hash, to_day, content_hash_of(until), until)
        records.write()
        return done
    fusion = Fusion(register, declaration, [key_hash], "", now, None, actor.reference())
    rule(fusion, key_hash, data, from_day, to_day)
    fusion.write()
    return len(days)


def rule(fusion: Fusion, key_hash: str, data: dict[str, Any], from_day: dt.date, to_day: dt.date | None = None) -> None:
    """Enter a ruling for ``data`` into ``fusion``, which sets aside whatever else the sources say of these elements."""
    former = {day: _ruled(fusion, key_hash, day) for day in (from_day, to_day) if day is not None}
    aside = {name: _values(fusion, key_hash, name, right) for name, right in data.items()}
    ruling = {**former[from_day], **data, OVER: {**former[from_day].get(OVER, {}), **aside}}
    fusion.say(key_hash, from_day, ruling, source=RULING)
    if to_day is not None:
        fusion.say(key_hash, to_day, former[to_day], source=RULING)


def _ruled(fusion: Fusion, key_hash: str, day: dt.date) -> dict[str, Any]:
    return next((dict(told.data) for told in fusion.told(key_hash, day) if told.source == RULING), {})


def _values(fusion: Fusion, key_hash: str, name: str, right: Any) -> list[Any]:
    """What the sources ever said of an element that is not the right value."""
    found: list[Any] = []
    for source, line in fusion.claims.get(key_hash, {}).items():
        for spoken in line.entries if source != RULING else ():
            value = spoken.data.get(name)
            if value is not None and same_text(value) != same_text(right) and value not in found:
                found.append(value)
    return found


def differing(conflict_id: UUID | str) -> Differing:
    """A conflict, its register locked. Raises :class:`Missing`."""
    found = Differing.objects.filter(Q(id=conflict_id)).first()
    if found is None:
        raise Missing(_("没有这条冲突，可能来源已经一致。"))
    found.register = register_of(found.register_id, lock=True)
    found.refresh_from_db(fields=["state", "closed_at", "rule", "sources"])
    return found


@act("registries.settle", gettext_lazy("裁定数据冲突"))
def settle(actor: Actor, conflict_id: UUID | str, source: str, *, reason: str) -> Differing:
    """Settle where sources differ: what ``source`` says is right. It stands until a source says something new.

    Raises :class:`Conflict` for a conflict that is over, :class:`Invalid` for a source that says nothing of it or without a reason.
    """
    conflict = differing(conflict_id)
    register = conflict.register
    declaration = declarations.of(register)
    level = declaration.level((conflict.element,))
    require(actor, steward_scope(register, level), subject=f"register:{register.code}")
    if conflict.closed_at is not None:
        raise Conflict(_("这条冲突已经处理过了。"), code="conflict-over")
    reason = reason_of(reason)
    now = timezone.now()
    fusion = Fusion(register, declaration, [conflict.key_hash], "", now, None, actor.reference())
    last = fusion.records.lines[conflict.key_hash].last()
    assert last is not None
    value = next(
        (told.data.get(conflict.element) for told in fusion.told(conflict.key_hash, last.as_of) if told.source == source), None
    )  # fmt: skip
    if value is None:
        message = _("请选择以哪个来源为准。")
        raise Invalid(message, problems=[Problem("source", "unknown", message)])
    conflict.state, conflict.closed_at, conflict.closed_by = Differing.State.SETTLED, now, actor.reference()
    conflict.reason = reason
    conflict.save(update_fields=["state", "closed_at", "closed_by", "reason"])
    rule(fusion, conflict.key_hash, {conflict.element: value}, last.as_of)
    fusion.write()
    record("conflict", conflict.id, {"register": register.code, "element": conflict.element, "source": source})
    emit("register.corrected", register.code, {"elements": [conflict.element]})
    return conflict


@act("registries.ask", gettext_lazy("向数据来源核实"))
def ask(actor: Actor, conflict_id: UUID | str, source: str, text: str = "") -> Question:
    """Ask one source whether what it says is right: a case of the source's agency, to be answered within five working days.

    Raises :class:`Conflict` when that source is being asked already or the conflict is over, :class:`Invalid` for a source that is no part of it.
    """
    conflict = differing(conflict_id)
    register = conflict.register
    declaration = declarations.of(register)
    require(actor, steward_scope(register, declaration.level((conflict.element,))), subject=f"register:{register.code}")
    if conflict.closed_at is not None:
        raise Conflict(_("这条冲突已经处理过了。"), code="conflict-over")
    if source not in conflict.sources or source not in declaration.sources:
        message = _("请选择向哪个来源核实。")
        raise Invalid(message, problems=[Problem("source", "unknown", message)])
    if len(text) > questions.LONGEST_TEXT:
        message = _("问题最长 300 个字，请写得短一些。")
        raise Invalid(message, problems=[Problem("text", "max-length", message)])
    if Question.objects.filter(conflict=conflict, source=source, answer="").exists():
        raise Conflict(_("已经问过这个来源，正在等它答复。"), code="question-open")
    question = questions.open_question(actor, conflict, declaration, source, text.strip())
    Differing.objects.filter(pk=conflict.pk).update(state=Differing.State.ASKED)
    record("conflict", conflict.id, {"register": register.code, "element": conflict.element, "asked": source})
    return question
