"""The life of an entry: entered, checked, reviewed, published, changed, withdrawn."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import bodies, listing, sourcing
from yiwang.data.catalogue.models import Entry, EntryVersion, Item, System
from yiwang.data.catalogue.writing import (
    body_hash,
    end,
    locked,
    provider_of,
    put_in_force,
    scope_of,
    state_of,
    write_version,
)
from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.search import actions as search
from yiwang.kernel.refusals import Conflict, Invalid, Problem

State = EntryVersion.State


def _kept_whole(body: Any) -> None:
    wrong = bodies.shape_problems(body)
    if not wrong:
        wrong = [problem for problem in bodies.problems(body) if problem.field in ("code", "name", "provider")]
    if wrong:
        raise Invalid(_("没有保存：有 %(n)d 处需要改正。") % {"n": len(wrong)}, problems=wrong)


@act("catalogue.enter", gettext_lazy("登记信息资源"))
def enter(actor: Actor, body: dict[str, Any], *, note: str = "") -> EntryVersion:
    """Enter a resource as a draft; it may still be wrong in all but code, name and provider. Raises :class:`Invalid`, and
    :class:`Conflict` for a code that is taken."""
    _kept_whole(body)
    agency = provider_of(body["provider"])
    require(actor, scope_of(agency), subject=f"resource:{body['code']}")
    if Entry.objects.filter(code=body["code"]).exists():
        raise Conflict(_("代码“%(code)s”已经用过，请换一个。") % {"code": body["code"]}, code="code-used")
    version, _new = write_version(actor, None, body, agency, note)
    record("resource", body["code"], {"version": version.number, "hash": version.body_hash, "provider": agency.code})
    return version


@act("catalogue.change", gettext_lazy("修改信息资源"))
def change(actor: Actor, code: str, body: dict[str, Any], *, note: str = "", seen: int | None = None) -> EntryVersion:
    """Write the next version of an entry as a draft. What is published stays in force until the new version is.

    ``seen`` is the number of the newest version that the writer looked at: if another one was made meanwhile, :class:`Conflict`.
    A former draft is dropped; the same body again is the same version.
    """
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    _kept_whole(body)
    if body["code"] != code:
        message = _("代码不能改。要换代码，请登记一个新资源，再撤销这一个。")
        raise Invalid(message, problems=[Problem("code", "fixed", message)])
    agency = provider_of(body["provider"])
    require(actor, scope_of(agency), subject=f"resource:{code}")
    version, changed = write_version(actor, entry, body, agency, note, seen)
    record("resource", code, {"version": version.number, "hash": version.body_hash, "changed": changed})
    return version


def _working(entry: Entry, number: int, *states: str) -> EntryVersion:
    """The working version, if it is the one that the actor saw and in one of ``states``."""
    version = entry.working
    if version is None:
        raise Conflict(_("这个资源没有正在修改的版本。"))
    if version.number != number:
        raise Conflict(
            _("您看到的是第 %(seen)s 版，现在正在修改的是第 %(now)s 版，请重新打开。")
            % {"seen": number, "now": version.number}, code="moved",
        )  # fmt: skip
    if version.state not in states:
        wanted = "、".join(str(State(state).label) for state in states)
        raise Conflict(
            _("第 %(n)s 版现在是“%(state)s”，要在“%(wanted)s”时才能这样做。")
            % {"n": number, "state": version.get_state_display(), "wanted": wanted}
        )
    return version


def _move(entry: Entry, version: EntryVersion, state: str, **values: Any) -> None:
    version.state = state
    for name, value in values.items():
        setattr(version, name, value)
    version.save(update_fields=["state", *values])
    entry.state = state_of(entry)
    entry.save(update_fields=["state"])


def _checked(body: Any) -> None:
    wrong = bodies.problems(body)
    if wrong:
        raise Invalid(_("目录内容有 %(n)s 处需要改正。") % {"n": len(wrong)}, problems=wrong)


@act("catalogue.submit", gettext_lazy("提交目录审核"))
def submit(actor: Actor, code: str, number: int) -> EntryVersion:
    """Send a draft to the data bureau. Raises :class:`Invalid` with every fault that is left in it."""
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    version = _working(entry, number, State.DRAFT)
    _checked(version.body)
    _move(entry, version, State.REVIEW)
    record("resource", code, {"version": number, "hash": version.body_hash})
    emit("resource.submitted", code, {"version": number, "provider": entry.provider_id})
    return version


@act("catalogue.review", gettext_lazy("审核目录"))
def review(actor: Actor, code: str, number: int, *, passed: bool, opinion: str = "") -> EntryVersion:
    """Pass a version, or send it back with an opinion. Not by the one who wrote it."""
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    version = _working(entry, number, State.REVIEW)
    if version.made_by == actor.reference() and not actor.system:
        raise Conflict(_("这一版是您自己登记的，请由另一位同事审核。"), code="own-draft")
    if not passed and not opinion.strip():
        message = _("退回时请写明要改什么。")
        raise Invalid(message, problems=[Problem("opinion", "required", message)])
    _move(
        entry, version, State.REVIEWED if passed else State.DRAFT,
        reviewed_by=actor.reference(), reviewed_at=timezone.now(), opinion=opinion.strip()[:500],
    )  # fmt: skip
    record("resource", code, {"version": number, "hash": version.body_hash, "passed": passed})
    return version


@act("catalogue.publish", gettext_lazy("发布目录"))
def publish(actor: Actor, code: str, number: int) -> EntryVersion:
    """Make a reviewed version the one that holds, and announce it ("resource.published"). An element that nobody was the source of
    gets this resource as its source; where there is one already, nothing changes: a second claim is :func:`claim`."""
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    version = _working(entry, number, State.REVIEWED)
    _checked(version.body)
    put_in_force(entry, version)
    record("resource", code, {"version": number, "hash": version.body_hash, "provider": entry.provider_id})
    return version


@act("catalogue.drop", gettext_lazy("放弃修改目录"))
def drop(actor: Actor, code: str, number: int) -> Entry:
    """Give up the working version; what is published stays as it is."""
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    end(_working(entry, number, State.DRAFT, State.REVIEW, State.REVIEWED), State.DROPPED)
    entry.working = None
    entry.state = state_of(entry)
    entry.save(update_fields=["working", "state"])
    record("resource", code, {"version": number})
    return entry


@act("catalogue.withdraw", gettext_lazy("撤销信息资源"))
def withdraw(actor: Actor, code: str, reason: str) -> Entry:
    """Take a resource out of the catalogue. It is no longer the source of any element; grants on it end by "resource.withdrawn"."""
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    if entry.current is None:
        raise Conflict(_("这个资源没有发布，不需要撤销。"))
    if not reason.strip():
        message = _("请写明撤销的原因，例如系统已经停用。")
        raise Invalid(message, problems=[Problem("reason", "required", message)])
    number = entry.current.number
    end(entry.current, State.REPLACED)
    if entry.working is not None:
        end(entry.working, State.DROPPED)
    entry.current = entry.working = None
    entry.state, entry.withdrawn_at, entry.withdrawn_reason = (
        Entry.State.WITHDRAWN,
        timezone.now(),
        reason.strip()[:300],
    )
    entry.save()
    Item.objects.filter(entry=entry).delete()
    sourcing.give_up(entry)
    search.remove(listing.KIND, code)
    emit("resource.withdrawn", code, {"version": number, "provider": entry.provider_id})
    record("resource", code, {"version": number})
    return entry


@act("catalogue.install", gettext_lazy("安装信息资源"))
def install(actor: Actor, body: dict[str, Any], *, note: str = "") -> EntryVersion:
    """Enter and publish in one act, for declarations that were reviewed before they were shipped (packs). Needs the whole node.

    A body that was published before changes nothing, so that installing a pack again does not undo what the place has changed since.
    """
    require(actor, NODE, subject=f"resource:{body.get('code', '') if isinstance(body, dict) else ''}"[:120])
    _checked(body)
    agency = provider_of(body["provider"])
    entry = (
        Entry.objects.select_for_update(of=("self",))
        .select_related("provider", "current", "working")
        .filter(code=body["code"])
        .first()
    )
    digest = body_hash(body)
    if (
        entry is not None
        and entry.current is not None
        and entry.versions.filter(body_hash=digest).exclude(published_at=None).exists()
    ):
        record(
            "resource", entry.code, {"version": entry.current.number, "hash": entry.current.body_hash, "changed": False}
        )
        return entry.current
    version, _new = write_version(actor, entry, body, agency, note)
    put_in_force(version.entry, version)
    record("resource", version.entry.code, {"version": version.number, "hash": version.body_hash, "changed": True})
    return version


@act("catalogue.enter_system", gettext_lazy("登记信息系统"))
def enter_system(
    actor: Actor, code: str, name: str, agency_code: str, *, purpose: str = "", state: str = "running", level: int = 0,
    store: str = "", cloud: bool = False, built_on: dt.date | None = None,
) -> System:  # fmt: skip
    """List an information system of an agency, or change what is said of it. ``level`` is its grade of protection, 1 … 4 (0: none)."""
    agency = provider_of(agency_code)
    require(actor, scope_of(agency), subject=f"system:{code}"[:120])
    former = System.objects.select_for_update().select_related("agency__region").filter(code=code).first()
    if former is not None and former.agency_id != agency.code:
        require(actor, scope_of(former.agency), subject=f"system:{code}"[:120])
    wrong = []
    if not bodies.SYSTEM_CODE.fullmatch(code):
        wrong.append(Problem("code", "format", _("系统代码只能用小写英文字母、数字和连字符，最长 60 个字符。")))
    if not name.strip() or len(name) > 200:
        wrong.append(Problem("name", "required", _("请写系统名称，最多 200 个字。")))
    if state not in System.State.values:
        wrong.append(Problem("state", "choice", _("系统状态应为在用、在建或停用。")))
    if not 0 <= level <= 4:
        wrong.append(Problem("level", "choice", _("等级保护级别应为 0 至 4。")))
    if wrong:
        raise Invalid(_("系统没有登记：有 %(n)d 处需要改正。") % {"n": len(wrong)}, problems=wrong)
    found = System(
        code=code, name=name.strip(), agency=agency, purpose=purpose.strip()[:500], state=state, level=level, store=store.strip()[:60],
        cloud=cloud, built_on=built_on,
    )  # fmt: skip
    found.save()
    record("system", code, {"agency": agency.code, "state": state, "new": former is None})
    return found
