"""Front door for changing the library: draft, publish, withdraw; take over many entries at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.drafts import actions as drafts
from yiwang.foundation.drafts.queries import Draft
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import bodies
from .models import Entry, EntryVersion
from .queries import drafts_of, forget

__all__ = ["Taken", "draft", "drop_draft", "install", "publish", "take_over", "withdraw"]


def _kind(kind: str) -> Entry.Kind:
    if kind not in Entry.Kind.values:
        raise Missing(_("标准库里没有这一类内容。"))
    return Entry.Kind(kind)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


@act("standards.draft", gettext_lazy("起草标准"))
def draft(actor: Actor, kind: str, body: dict[str, Any], *, seen: int = 0) -> Draft:
    """Keep ``body`` as the next version of an entry while it is being written; it may still be wrong, but has a code and a name.

    ``seen`` is the revision of the draft that the writer had before them. Raises :class:`Conflict` when somebody saved since or the
    code was withdrawn, :class:`Invalid` for a body without code or name.
    """
    entry_kind, code = _kind(kind), str(body.get("code", ""))
    require(actor, NODE, subject=f"{kind}:{code}"[:120])
    wrong = [problem for problem in bodies.problems(entry_kind, body) if problem.field in ("", "code", "name")]
    if wrong:
        raise Invalid(_("草稿没有保存。"), problems=wrong)
    row = Entry.objects.filter(kind=entry_kind, code=code).first()
    _still_free(row)
    kept = drafts.keep(drafts_of(kind), code, body, title=body["name"], based_on=row.version if row else 0, seen=seen)
    record("standard", f"{kind}:{code}", {"draft": kept.revision, "digest": kept.digest})
    return kept


@act("standards.drop_draft", gettext_lazy("删除标准草稿"))
def drop_draft(actor: Actor, kind: str, code: str) -> None:
    """Drop the draft of an entry. Raises :class:`Missing`."""
    require(actor, NODE, subject=f"{_kind(kind)}:{code}"[:120])
    row = drafts.drop(drafts_of(kind), code)
    record("standard", f"{kind}:{code}", {"dropped": row.revision})


def _still_free(row: Entry | None) -> None:
    if row is not None and row.state == Entry.State.WITHDRAWN:
        raise Conflict(
            _("代码“%(code)s”用过并且已经停用，不能再用。请换一个新代码。") % {"code": row.code}, code="code-used"
        )


@act("standards.publish", gettext_lazy("发布标准"))
def publish(actor: Actor, kind: str, body: dict[str, Any], *, note: str = "") -> Entry:
    """Put a body in force as the next version of its entry; the body in force again changes nothing.

    Raises :class:`Invalid` with every mistake (also for a code that was published and is gone, or that got another meaning),
    :class:`Conflict` for a code that was withdrawn.
    """
    require(actor, NODE, subject=f"{_kind(kind)}:{body.get('code', '') if isinstance(body, dict) else ''}"[:120])
    row, changed = _put(actor, _kind(kind), body, note)
    record("standard", f"{kind}:{row.code}", {"version": row.version, "digest": row.digest, "changed": changed})
    drafts.published(drafts_of(kind), row.code, body)
    if changed:
        emit("standard.published", f"{kind}:{row.code}", {"version": row.version})
    return row


def _put(
    actor: Actor, kind: Entry.Kind, body: Any, note: str, known: Mapping[str, Entry] | None = None
) -> tuple[Entry, bool]:
    """The entry with this body in force, and whether that is new. Inside an act that has asked."""
    wrong = bodies.problems(kind, body)
    if wrong:
        raise Invalid(_("没有发布：有 %(n)d 处需要改正。") % {"n": len(wrong)}, problems=wrong)
    row = (
        known.get(body["code"])
        if known is not None
        else Entry.objects.select_for_update().filter(kind=kind, code=body["code"]).first()
    )
    _still_free(row)
    digest = _digest(body)
    if row is not None and row.digest == digest:
        return row, False
    if row is not None:
        wrong = bodies.against_former(kind, body, row.body)
        if wrong:
            raise Invalid(_("没有发布：发布过的代码不能收回。"), problems=wrong)
    if kind == Entry.Kind.ELEMENT and body.get("codes") and not Entry.objects.filter(
        kind=Entry.Kind.CODE_SET, code=body["codes"], state=Entry.State.PUBLISHED
    ).exists():  # fmt: skip
        message = _("标准库里没有代码集“%(code)s”，或者它已经停用。") % {"code": body["codes"]}
        raise Invalid(message, problems=[Problem("codes", "reference", message)])
    if row is None:
        row = Entry(kind=kind, code=body["code"], version=0)
    row.name, row.standard, row.body, row.digest = body["name"], body.get("standard", ""), body, digest
    row.type = body.get("status", "") if kind == Entry.Kind.NORM else body.get("type", "")
    row.version, row.published_at = row.version + 1, timezone.now()
    row.save()
    EntryVersion.objects.create(
        entry=row,
        version=row.version,
        body=body,
        digest=digest,
        note=note.strip()[:300],
        published_by=actor.reference(),
    )
    transaction.on_commit(forget)
    return row, True


@act("standards.withdraw", gettext_lazy("停用标准"))
def withdraw(actor: Actor, kind: str, code: str, reason: str, *, successor: str = "") -> Entry:
    """Take an entry out of force, for good: its code is never given again. ``successor`` is the entry to use instead."""
    require(actor, NODE, subject=f"{_kind(kind)}:{code}"[:120])
    row = Entry.objects.select_for_update().filter(kind=kind, code=code).first()
    if row is None:
        raise Missing(_("标准库里没有“%(code)s”。") % {"code": code[:60]})
    if row.state == Entry.State.WITHDRAWN:
        raise Conflict(_("“%(name)s”已经停用。") % {"name": row.name})
    if not reason.strip():
        message = _("请写明停用的原因。")
        raise Invalid(message, problems=[Problem("reason", "required", message)])
    if (
        successor
        and not Entry.objects.filter(kind=kind, code=successor, state=Entry.State.PUBLISHED).exclude(code=code).exists()
    ):
        message = _("替代的代码“%(code)s”不在标准库里。") % {"code": successor[:60]}
        raise Invalid(message, problems=[Problem("successor", "reference", message)])
    row.state, row.withdrawn_at = Entry.State.WITHDRAWN, timezone.now()
    row.withdrawn_reason, row.successor = reason.strip()[:300], successor
    row.save()
    transaction.on_commit(forget)
    record("standard", f"{kind}:{code}", {"version": row.version, "successor": successor})
    emit("standard.withdrawn", f"{kind}:{code}", {"version": row.version})
    return row


@dataclass(slots=True)
class Taken:
    """What came of taking entries over: how many are new, changed, the same; and those that were not taken, each (place, code, reason)."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def _take(actor: Actor, kind: Entry.Kind, entries: Sequence[dict[str, Any]], note: str, *, strict: bool) -> Taken:
    taken = Taken()
    codes = [body.get("code") for body in entries if isinstance(body, dict) and isinstance(body.get("code"), str)]
    known = {row.code: row for row in Entry.objects.select_for_update().filter(kind=kind, code__in=codes)}
    before = {code: row.version for code, row in known.items()}
    for place, body in enumerate(entries):
        try:
            row, changed = _put(actor, kind, body, note, known)
        except (Invalid, Conflict) as refusal:
            if strict:
                problems = [Problem(f"{kind}.{place}.{p.field}", p.rule, p.message) for p in refusal.problems]
                raise Invalid(
                    str(refusal), problems=problems or [Problem(f"{kind}.{place}", refusal.code, str(refusal))]
                ) from None
            code = str(body.get("code", "")) if isinstance(body, dict) else ""
            why = "；".join(problem.message for problem in refusal.problems) or str(refusal)
            taken.refused.append((place, code[:60], why))
            continue
        known[row.code] = row
        if not changed:
            taken.same += 1
        elif before.get(row.code):
            taken.changed += 1
        else:
            taken.new += 1
    return taken


@act("standards.take_over", gettext_lazy("批量导入标准"))
def take_over(actor: Actor, kind: str, entries: Sequence[dict[str, Any]], *, note: str = "") -> Taken:
    """Publish many entries at once, as a file of them has; wrong ones are left out, each with its reasons. The same file again changes nothing."""
    require(actor, NODE, subject=f"{_kind(kind)}:file")
    taken = _take(actor, _kind(kind), entries, note, strict=False)
    digest = hashlib.sha256(canonical_bytes([body for body in entries if isinstance(body, dict)])).hexdigest()
    record(
        "standard", f"{kind}:file",
        {"new": taken.new, "changed": taken.changed, "same": taken.same, "refused": len(taken.refused), "digest": digest},
    )  # fmt: skip
    return taken


@act("standards.install", gettext_lazy("安装标准"))
def install(actor: Actor, code: str, entries: Mapping[str, Sequence[dict[str, Any]]]) -> Taken:
    """Enter a library that comes with a pack, {kind: entries}, whole or not at all. Code sets come before the elements that name them.

    What the place has changed since stays: an entry of which the node has any version with this body, or a newer one, is left alone.
    """
    require(actor, NODE, subject=f"standards:{code}"[:120])
    total = Taken()
    for kind in (Entry.Kind.CODE_SET, Entry.Kind.ELEMENT, Entry.Kind.NORM):
        bodies_of_kind = list(entries.get(kind, ()))
        known = set(
            EntryVersion.objects.filter(
                entry__kind=kind, digest__in=[_digest(body) for body in bodies_of_kind]
            ).values_list("entry__code", "digest")
        )
        fresh = [body for body in bodies_of_kind if (body.get("code"), _digest(body)) not in known]
        taken = _take(actor, kind, fresh, code, strict=True)
        total.new, total.changed = total.new + taken.new, total.changed + taken.changed
        total.same += taken.same + len(bodies_of_kind) - len(fresh)
    record("standard", f"library:{code}", {"new": total.new, "changed": total.changed, "same": total.same})
    return total
