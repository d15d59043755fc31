"""The life of an item: drafted, reviewed, published, paused, changed, withdrawn."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import queries as orgs
from yiwang.foundation.search import actions as search
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem
from yiwang.services.items import duties, listing, slots
from yiwang.services.items.body import LARGEST, check
from yiwang.services.items.codes import basic_code
from yiwang.services.items.levels import conflicts
from yiwang.services.items.models import BasicItem, Item, ItemTag, ItemVersion
from yiwang.services.items.themes import shipped_synonyms

State = ItemVersion.State


def body_hash(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical body."""
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


def scope_of(item: Item) -> Scope:
    """Where an item lies. ``item.agency`` and ``item.region`` should have been read with it."""
    return Scope(agency=item.agency.path, region=item.region.path)


def _locked(code: str) -> Item:
    item = Item.objects.select_for_update(of=("self",)).select_related("agency", "region").filter(code=code).first()
    if item is None:
        raise Missing(_("没有编码为“%(code)s”的事项。") % {"code": code})
    return item


def _checked(body: Any) -> None:
    problems = check(body)
    if not problems and len(canonical_bytes(body)) > LARGEST:
        problems = [Problem("", "max-length", _("事项内容太长，请控制在 512 KB 以内。"))]
    if problems:
        raise Invalid(_("事项内容有 %(n)s 处需要改正。") % {"n": len(problems)}, problems=problems)


def _home(body: Mapping[str, Any]) -> tuple[Any, Any]:
    """The agency and the region that a body names. Raises :class:`Invalid`."""
    try:
        agency = orgs.agency(body["agency"])
    except ObjectDoesNotExist:
        raise _unknown("agency", body["agency"]) from None
    if "region" not in body or body["region"] == agency.region_id:
        return agency, agency.region
    try:
        return agency, orgs.region(body["region"])
    except ObjectDoesNotExist:
        raise _unknown("region", body["region"]) from None


def _unknown(field: str, code: str) -> Invalid:
    words = (
        _("没有代码为“%(code)s”的机构，请先录入机构。")
        if field == "agency"
        else _("没有代码为“%(code)s”的区划，请先录入区划。")
    )
    return Invalid(words % {"code": code}, problems=[Problem(field, "reference", words % {"code": code})])


def _basic(body: Mapping[str, Any]) -> str | None:
    """The basic item of a body, entered in the basic list if it is not there."""
    given = body.get("basic", {})
    code = given.get("code") or basic_code(body["code"])
    if not code:
        return None
    BasicItem.objects.get_or_create(code=code, defaults={"name": given.get("name", body["name"]), "type": body["type"]})
    return str(code)


def _state_of(item: Item) -> str:
    """The state of an item, from its versions."""
    if item.current_id and item.working_id:
        return Item.State.CHANGING
    if item.current_id:
        return Item.State.PUBLISHED
    if item.working:
        return str(item.working.state)
    return Item.State.WITHDRAWN


@act("items.draft", gettext_lazy("起草事项"))
def draft(actor: Actor, body: dict[str, Any], *, note: str = "", seen: int | None = None) -> ItemVersion:
    """Write a body as the next version of its item (made here, if the code is new), and make it the working version.

    A former working version is dropped. The same body again is the same version. ``seen`` is the number of the newest version
    that the writer looked at: if another one was made meanwhile, :class:`Conflict`. Raises :class:`Invalid` with one problem for each
    fault of the body.
    """
    _checked(body)
    agency, region = _home(body)
    require(actor, Scope(agency=agency.path, region=region.path), subject=f"item:{body['code']}"[:120])
    item = (
        Item.objects.select_for_update(of=("self",))
        .select_related("agency", "region")
        .filter(code=body["code"])
        .first()
    )
    if item is not None:
        require(actor, scope_of(item), subject=f"item:{item.code}"[:120])
    version, changed = write_version(actor, item, body, agency.code, region.code, note=note, seen=seen)
    record(
        "item",
        version.item.code,
        {"version": version.number, "hash": version.body_hash, "changed": changed, "agency": agency.code},
    )
    return version


def write_version(
    actor: Actor,
    item: Item | None,
    body: Mapping[str, Any],
    agency: str,
    region: str,
    *,
    note: str = "",
    seen: int | None = None,
) -> tuple[ItemVersion, bool]:
    """The working version with this body, and whether it is new. Inside an act; access has been asked."""
    digest = body_hash(body)
    newest = None
    if item is not None:
        newest = ItemVersion.objects.filter(item=item).order_by("-number").first()
        if seen is not None and newest is not None and newest.number != seen:
            raise Conflict(_("这个事项已经有了更新的版本(第 %(n)s 版)，请重新打开后再改。") % {"n": newest.number})
        if item.working is not None:
            if item.working.body_hash == digest:
                return item.working, False
            _end(item.working, State.DROPPED)
    if item is None:
        item = Item(
            code=body["code"], agency_id=agency, region_id=region, basic_id=_basic(body), state=Item.State.DRAFT,
            **listing.columns(body),
        )  # fmt: skip
        item.save(force_insert=True)
    version = ItemVersion(
        item=item, number=newest.number + 1 if newest else 1, body=dict(body), body_hash=digest, state=State.DRAFT,
        note=note[:300], made_by=actor.reference(),
    )  # fmt: skip
    version.save(force_insert=True)
    item.working = version
    if not item.current_id:
        for name, value in {
            **listing.columns(body),
            "agency_id": agency,
            "region_id": region,
            "basic_id": _basic(body),
        }.items():
            setattr(item, name, value)
    item.state = _state_of(item)
    item.save()
    return version, True


def _end(version: ItemVersion, state: str) -> None:
    version.state, version.ended_at = state, timezone.now()
    version.save(update_fields=["state", "ended_at"])


def _working(item: Item, number: int, *states: str) -> ItemVersion:
    """The working version, if it is the one that the actor saw and in one of ``states``."""
    version = item.working
    if version is None:
        raise Conflict(_("这个事项没有正在修改的版本。"))
    if version.number != number:
        raise Conflict(
            _("您看到的是第 %(seen)s 版，现在正在修改的是第 %(now)s 版，请重新打开。")
            % {"seen": number, "now": version.number}
        )
    if version.state not in states:
        wanted = "、".join(str(State(state).label) for state in states)
        raise Conflict(
            _("第 %(n)s 版现在是“%(state)s”，要在“%(wanted)s”时才能这样做。")
            % {"n": number, "state": version.get_state_display(), "wanted": wanted}
        )
    return version


def _move(item: Item, version: ItemVersion, state: str, **values: Any) -> None:
    version.state = state
    for name, value in values.items():
        setattr(version, name, value)
    version.save(update_fields=["state", *values])
    item.state = _state_of(item)
    item.save(update_fields=["state"])


@act("items.submit", gettext_lazy("提交事项审核"))
def submit(actor: Actor, code: str, number: int) -> ItemVersion:
    """Send a draft to the review of legality 合法性审核. Raises :class:`Invalid` where it departs from what levels above have published."""
    item = _locked(code)
    require(actor, scope_of(item), subject=f"item:{code}"[:120])
    version = _working(item, number, State.DRAFT)
    problems = conflicts(version.body, item.region.path)
    if problems:
        raise Invalid(_("同一事项在各级应当一致，请先改正。"), problems=problems)
    _move(item, version, State.REVIEW)
    record("item", code, {"version": number, "hash": version.body_hash})
    return version


@act("items.review", gettext_lazy("审核事项"))
def review(actor: Actor, code: str, number: int, *, passed: bool, opinion: str = "") -> ItemVersion:
    """Pass a version, or send it back with an opinion. Not by the one who drafted it."""
    item = _locked(code)
    require(actor, scope_of(item), subject=f"item:{code}"[:120])
    version = _working(item, number, State.REVIEW)
    if version.made_by == actor.reference() and not actor.system:
        raise Conflict(_("这一版是您自己起草的，请由另一位同事审核。"), code="own-draft")
    if not passed and not opinion.strip():
        message = _("退回时请写明要改什么。")
        raise Invalid(message, problems=[Problem("opinion", "required", message)])
    _move(
        item, version, State.REVIEWED if passed else State.DRAFT,
        reviewed_by=actor.reference(), reviewed_at=timezone.now(), opinion=opinion.strip()[:500],
    )  # fmt: skip
    record("item", code, {"version": number, "hash": version.body_hash, "passed": passed})
    return version


@act("items.publish", gettext_lazy("发布事项"))
def publish(actor: Actor, code: str, number: int) -> ItemVersion:
    """Make a reviewed version the one that holds: it is listed, found by search, and announced ("item.published")."""
    item = _locked(code)
    require(actor, scope_of(item), subject=f"item:{code}"[:120])
    version = _working(item, number, State.REVIEWED)
    put_in_force(item, version)
    record("item", code, {"version": number, "hash": version.body_hash, "agency": item.agency_id})
    return version


def put_in_force(item: Item, version: ItemVersion, *, whole: bool = True) -> None:
    """What publication does, whichever act it belongs to.

    Raises :class:`Invalid` when a part that the body names is missing, unless it need not be ``whole``.
    """
    body = version.body
    agency, region = _home(body)
    problems = [
        Problem(kind, "reference", error)
        for kind, exists in slots.parts.items()
        if whole and body.get(kind) and (error := exists(body[kind]))
    ]
    if problems:
        raise Invalid(_("事项里用到的内容还没有准备好，暂时不能发布。"), problems=problems)
    former = item.current
    if former is not None and former.id != version.id:
        _end(former, State.REPLACED)
    version.state, version.published_at = State.PUBLISHED, timezone.now()
    version.save(update_fields=["state", "published_at"])
    values = listing.columns(body)
    item.current, item.agency, item.region, item.basic_id = version, agency, region, _basic(body)
    item.withdrawn_at, item.withdrawn_reason = None, ""
    if item.working_id == version.id:
        item.working = None
    for name, value in values.items():
        setattr(item, name, value)
    item.state = _state_of(item)
    item.save()
    ItemTag.objects.filter(item=item).delete()
    ItemTag.objects.bulk_create(listing.tags(item.id, body))
    search.index_many([listing.entered(body, agency.code, agency.name, agency.short_name)])
    duties.settle({**body, "agency": agency.code})
    emit("item.published", item.code, {"version": version.number, "agency": agency.code, "changed": former is not None})


@act("items.drop", gettext_lazy("放弃修改"))
def drop(actor: Actor, code: str, number: int) -> Item:
    """Give up the working version; what is published stays as it is. An item that was never published is then withdrawn."""
    item = _locked(code)
    require(actor, scope_of(item), subject=f"item:{code}"[:120])
    version = _working(item, number, State.DRAFT, State.REVIEW, State.REVIEWED)
    _end(version, State.DROPPED)
    item.working = None
    item.state = _state_of(item)
    item.save(update_fields=["working", "state"])
    record("item", code, {"version": number})
    return item


@act("items.withdraw", gettext_lazy("取消事项"))
def withdraw(actor: Actor, code: str, reason: str) -> Item:
    """Take an item out of the catalogue, with the reason that its page will show. Cases that began keep their version."""
    item = _locked(code)
    require(actor, scope_of(item), subject=f"item:{code}"[:120])
    if item.current is None:
        raise Conflict(_("这个事项没有发布，不需要取消。"))
    if not reason.strip():
        message = _("请写明取消的原因，例如法规依据已经废止。")
        raise Invalid(message, problems=[Problem("reason", "required", message)])
    number = item.current.number
    _end(item.current, State.REPLACED)
    if item.working is not None:
        _end(item.working, State.DROPPED)
    item.current = item.working = None
    item.state, item.withdrawn_at, item.withdrawn_reason = Item.State.WITHDRAWN, timezone.now(), reason.strip()[:300]
    item.save()
    ItemTag.objects.filter(item=item).delete()
    search.remove(listing.KIND, code)
    emit("item.withdrawn", code, {"version": number, "agency": item.agency_id})
    record("item", code, {"version": number})
    return item


@act("items.set_service", gettext_lazy("调整事项服务状态"))
def set_service(
    actor: Actor,
    code: str,
    status: str,
    *,
    reason: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> ItemVersion:
    """Open, pause or close an item now, without a review: a flooded hall cannot wait for one. Makes and publishes a version.

    A version that is being prepared stays as it is and must take the new status over before it is published.
    """
    item = _locked(code)
    require(actor, scope_of(item), subject=f"item:{code}"[:120])
    if item.current is None:
        raise Conflict(_("这个事项没有发布，不能调整服务状态。"))
    service: dict[str, str] = {"status": status}
    if reason.strip():
        service["reason"] = reason.strip()
    service |= {name: day.isoformat() for name, day in (("since", since), ("until", until)) if day}
    body = {**item.current.body, "service": service}
    _checked(body)
    newest = ItemVersion.objects.filter(item=item).order_by("-number").values_list("number", flat=True)[0]
    version = ItemVersion(
        item=item, number=newest + 1, body=body, body_hash=body_hash(body), state=State.REVIEWED,
        note=reason.strip()[:300], made_by=actor.reference(),
    )  # fmt: skip
    version.save(force_insert=True)
    put_in_force(item, version, whole=False)  # closing must not fail for a form that is gone
    record("item", code, {"version": version.number, "hash": version.body_hash, "service": status})
    return version


@act("items.install", gettext_lazy("安装事项"))
def install(actor: Actor, body: dict[str, Any], *, note: str = "") -> ItemVersion:
    """Draft and publish in one act, for declarations that were reviewed before they were shipped (packs). Needs the whole node.

    A body that was published before changes nothing, so that installing a pack again does not undo what the place has changed
    since; the version that holds is returned.
    """
    require(actor, NODE, subject=f"item:{body.get('code', '') if isinstance(body, dict) else ''}"[:120])
    _checked(body)
    agency, region = _home(body)
    item = (
        Item.objects.select_for_update(of=("self",))
        .select_related("agency", "region")
        .filter(code=body["code"])
        .first()
    )
    digest = body_hash(body)
    known = item is not None and item.versions.filter(body_hash=digest).exclude(published_at=None).exists()
    if item is not None and item.current is not None and known:
        record("item", item.code, {"version": item.current.number, "hash": item.current.body_hash, "changed": False})
        return item.current
    version, _new = write_version(actor, item, body, agency.code, region.code, note=note)
    put_in_force(version.item, version)
    record("item", version.item.code, {"version": version.number, "hash": version.body_hash, "changed": True})
    return version


@act("items.set_synonyms", gettext_lazy("设置搜索近义词"))
def set_synonyms(actor: Actor, pairs: Sequence[tuple[str, str]] = ()) -> int:
    """Say for what words of the catalogue everyday phrases stand; the shipped list when no pairs are given."""
    require(actor, NODE)
    chosen = list(pairs) or list(shipped_synonyms())
    search.set_synonyms(chosen)
    record("synonyms", "search", {"count": len(chosen), "hash": hashlib.sha256(canonical_bytes(chosen)).hexdigest()})
    return len(chosen)
