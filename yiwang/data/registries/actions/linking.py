"""Acts on links between rows without a key and records: running the model, keeping what it is sure of, deciding, undoing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries import declarations, strays
from yiwang.data.registries.fusion import Fusion
from yiwang.data.registries.models import Link, Linking, Register, Stray
from yiwang.data.registries.reading import register_of
from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .settling import LONGEST_REASON, steward_scope

if TYPE_CHECKING:
    from yiwang.data.registries.matching import Judged

STEPS = 4  # reading records, reading rows, comparing, keeping
SAME, DIFFERENT, UNDECIDED = "same", "different", "undecided"


@act("registries.link", gettext_lazy("比对没有主键的数据"))
def link(actor: Actor, register_code: str) -> Linking:
    """Have the register's model run over its rows without a key, in a job; the run tells its progress.

    Raises :class:`Invalid` for a register without a model, :class:`Conflict` while a run is under way.
    """
    from yiwang.data.registries.jobs import run_linking

    register = register_of(register_code, lock=True)
    require(actor, steward_scope(register), subject=f"register:{register.code}")
    if declarations.of(register).linking is None:
        message = _("“%(name)s”没有声明比对模型。") % {"name": register.name}
        raise Invalid(message, problems=[Problem("linking", "missing", message)])
    if Linking.objects.filter(register=register, state__in=[Linking.State.WAITING, Linking.State.RUNNING]).exists():
        raise Conflict(_("正在比对，请等这一次做完。"), code="linking-running")
    run = Linking.objects.create(register=register, declared=register.version, steps=STEPS, by=actor.reference())
    enqueue(run_linking, linking_id=str(run.id))
    record("linking", run.id, {"register": register.code, "declaration": register.version})
    return run


@act("registries.keep_links", gettext_lazy("保存比对结果"))
def keep_links(actor: Actor, linking_id: UUID | str, judged: Sequence[Judged]) -> tuple[int, int]:
    """Keep what a run found: sure pairs are linked and speak of their records at once, unsure ones wait for a steward.

    What was linked or decided before stays. Doing it twice changes nothing. Returns how many were linked and how many wait.
    """
    run = Linking.objects.select_related("register").get(id=linking_id)
    register = register_of(run.register_id, lock=True)
    require(actor, steward_scope(register), subject=f"register:{register.code}")
    now = timezone.now()
    rows = {
        (row.source, row.own_hash): row
        for row in Stray.objects.filter(register=register, own_hash__in={one.own_hash for one in judged}, until=None)
    }
    known = Link.objects.filter(register=register, own_hash__in={one.own_hash for one in judged}).exclude(
        state__in=[Link.State.UNDONE, Link.State.OVER]
    )
    standing = {(one.source, one.own_hash, one.key_hash) for one in known}
    linked = {(one.source, one.own_hash) for one in known if one.state == Link.State.LINKED}
    taken = set(
        Link.objects.filter(
            register=register, key_hash__in={one.key_hash for one in judged}, state=Link.State.LINKED
        ).values_list("source", "key_hash")
    )
    fresh: list[Link] = []
    for one in judged:
        place = (one.source, one.own_hash)
        if place not in rows or place in linked or (*place, one.key_hash) in standing:
            continue
        sure = one.sure and (one.source, one.key_hash) not in taken
        fresh.append(
            Link(
                register=register, source=one.source, own_hash=one.own_hash, key_hash=one.key_hash, linking=run,
                probability=one.probability, levels=one.levels,
                state=Link.State.LINKED if sure else Link.State.UNSURE, decided_at=now if sure else None,
            )
        )  # fmt: skip
        if sure:
            linked.add(place)
            taken.add((one.source, one.key_hash))
    Link.objects.bulk_create(fresh)
    sure_ones = [one for one in fresh if one.state == Link.State.LINKED]
    _speak(register, sure_ones, rows, now, actor)
    record("linking", run.id, {"linked": len(sure_ones), "unsure": len(fresh) - len(sure_ones)})
    if sure_ones:
        emit("register.linked", register.code, {"linked": len(sure_ones)})
    return len(sure_ones), len(fresh) - len(sure_ones)


def _speak(
    register: Register, links: Sequence[Link], rows: dict[tuple[str, str], Stray], now: dt.datetime, actor: Actor
) -> None:
    found = [(one, rows[(one.source, one.own_hash)]) for one in links]
    strays.say(register, [(one, row.data, row.as_of) for one, row in found], now, None, actor.reference())


def _link(link_id: UUID | str) -> Link:
    found = Link.objects.filter(id=link_id).first()
    if found is None:
        raise Missing(_("没有这一对记录，可能已经处理过。"))
    found.register = register_of(found.register_id, lock=True)
    found.refresh_from_db(fields=["state", "by", "decided_at"])
    return found


@act("registries.decide_link", gettext_lazy("判断是否同一主体"))
def decide_link(actor: Actor, link_id: UUID | str, verdict: str, note: str = "") -> Link:
    """Say of an unsure pair that it is the "same", "different", or "undecided" for now.

    "same" links the row: it speaks of the record from then on, and its other pairs are over. Raises :class:`Conflict` when the pair is decided
    already or another row of the same source is linked to the record, :class:`Missing` when the row is no longer there.
    """
    found = _link(link_id)
    register = found.register
    require(actor, steward_scope(register), subject=f"register:{register.code}")
    if verdict not in (SAME, DIFFERENT, UNDECIDED):
        message = _("请选择“是同一个”“不是”或“暂时定不了”。")
        raise Invalid(message, problems=[Problem("verdict", "unknown", message)])
    if len(note) > LONGEST_REASON:
        message = _("说明最长 200 个字。")
        raise Invalid(message, problems=[Problem("note", "max-length", message)])
    if found.state not in (Link.State.UNSURE, Link.State.UNDECIDED):
        raise Conflict(_("这一对已经有结论了。"), code="link-decided")
    now = timezone.now()
    if verdict == SAME:
        _link_now(found, register, now, actor)
    found.state = {SAME: Link.State.LINKED, DIFFERENT: Link.State.DIFFERENT, UNDECIDED: Link.State.UNDECIDED}[verdict]
    found.by, found.decided_at, found.note = actor.reference(), now, note.strip()
    found.save(update_fields=["state", "by", "decided_at", "note"])
    if verdict == SAME:
        row = Stray.objects.get(register=register, source=found.source, own_hash=found.own_hash, until=None)
        strays.say(register, [(found, row.data, row.as_of)], now, None, actor.reference())
    record("link", found.id, {"register": register.code, "source": found.source, "verdict": verdict})
    return found


def _link_now(found: Link, register: Register, now: dt.datetime, actor: Actor) -> None:
    others = Link.objects.filter(register=register, source=found.source).exclude(pk=found.pk)
    if others.filter(key_hash=found.key_hash, state=Link.State.LINKED).exists():
        raise Conflict(_("这个来源已有一行关联到这条记录。如果关联错了，请先撤销那一条。"), code="record-taken")
    if not Stray.objects.filter(register=register, source=found.source, own_hash=found.own_hash, until=None).exists():
        raise Missing(_("来源已不再提供这一行。"))
    waiting = Q(state__in=[Link.State.UNSURE, Link.State.UNDECIDED])
    others.filter(waiting, own_hash=found.own_hash).update(state=Link.State.OVER, decided_at=now, by=actor.reference())


@act("registries.undo_link", gettext_lazy("撤销关联判断"))
def undo_link(actor: Actor, link_id: UUID | str, reason: str = "") -> Link:
    """Take back a decision: a linked row no longer speaks of the record, and the pair waits for a steward again.

    That it was linked, by whom and when it was undone stays in the table. Raises :class:`Conflict` for a pair that is not decided.
    """
    found = _link(link_id)
    register = found.register
    require(actor, steward_scope(register), subject=f"register:{register.code}")
    if found.state not in (Link.State.LINKED, Link.State.DIFFERENT, Link.State.UNDECIDED):
        raise Conflict(_("这一对没有可以撤销的结论。"), code="link-open")
    if len(reason) > LONGEST_REASON:
        message = _("说明最长 200 个字。")
        raise Invalid(message, problems=[Problem("reason", "max-length", message)])
    now = timezone.now()
    was = found.state
    if was == Link.State.LINKED:
        fusion = Fusion(register, declarations.of(register), [found.key_hash], "", now, None, actor.reference())
        fusion.silence(found.key_hash, found.source, found.pk)
        fusion.write()
    Link.objects.filter(pk=found.pk).update(state=Link.State.UNDONE)
    again = Link.objects.create(
        register=register, source=found.source, own_hash=found.own_hash, key_hash=found.key_hash, linking_id=found.linking_id,
        probability=found.probability, levels=found.levels, state=Link.State.UNSURE, note=reason.strip(), by=actor.reference(),
    )  # fmt: skip
    record("link", found.id, {"register": register.code, "source": found.source, "undone": was, "again": str(again.id)})
    return again
