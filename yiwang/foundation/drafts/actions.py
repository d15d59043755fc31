"""Keeping and dropping drafts, inside the acts of the rooms whose declarations they are."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Again, UnfinishedAct, running
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .models import Draft

LARGEST = 1024 * 1024  # bytes of one body


def keep(kind: str, code: str, body: dict[str, Any], *, title: str, based_on: int, seen: int) -> Draft:
    """Keep ``body`` as the draft of (kind, code), in the act under way, which has asked and records.

    ``seen`` is the revision that the writer had before them, 0 for none. Raises :class:`Conflict` when somebody else has saved
    since, :class:`Invalid` for what cannot be kept at all.
    """
    act = _act()
    try:
        written = canonical_bytes(body)
    except (TypeError, ValueError, RecursionError):
        message = _("草稿里有不能保存的内容：小数类型的数值、残缺的字符，或者嵌套太深。")
        raise Invalid(message, problems=[Problem("", "type", message)]) from None
    if len(written) > LARGEST or b"\\u0000" in written:
        message = _("草稿太大，或者里面有空字符，没有保存。最多 %(n)d KB。") % {"n": LARGEST // 1024}
        raise Invalid(message, problems=[Problem("", "too-large", message)])
    row = Draft.objects.select_for_update().filter(kind=kind, code=code).first()
    if (row.revision if row else 0) != seen:
        raise Conflict(
            _("这份草稿刚刚被别人保存过，您的修改还没有保存。请先下载您的修改，再打开最新的草稿。"), code="draft-moved"
        )
    if row is None:
        row = Draft(kind=kind, code=code, revision=0, based_on=based_on)
    row.title, row.body, row.digest = title[:200], body, hashlib.sha256(written).hexdigest()
    row.revision, row.saved_at, row.saved_by = row.revision + 1, timezone.now(), act.actor.reference()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # two began a draft at the same moment
        raise Again from None
    return row


def drop(kind: str, code: str) -> Draft:
    """Drop the draft of (kind, code), in the act under way. Raises :class:`Missing`."""
    _act()
    row = Draft.objects.select_for_update().filter(kind=kind, code=code).first()
    if row is None:
        raise Missing(_("草稿已经不在了，可能刚刚发布或者被删掉。"))
    row.delete()
    return row


def published(kind: str, code: str, body: dict[str, Any]) -> None:
    """``body`` was published, in the act under way: its draft has done its work. Any other draft stays."""
    _act()
    digest = hashlib.sha256(canonical_bytes(body)).hexdigest()
    Draft.objects.filter(kind=kind, code=code, digest=digest).delete()


def _act() -> Any:
    act = running()
    if act is None:
        raise UnfinishedAct("drafts are kept and dropped inside an act")
    return act
