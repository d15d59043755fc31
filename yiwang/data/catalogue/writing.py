"""Writing versions of entries and putting them in force: what the acts of the catalogue share. Private to this room; inside acts that
have asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Scope
from yiwang.foundation.events.actions import emit
from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.search import actions as search
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import listing, sourcing
from .bodies import CODE
from .models import Entry, EntryVersion, Item, System

State = EntryVersion.State


def body_hash(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical body."""
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


def scope_of(agency: Agency) -> Scope:
    """Where what an agency provides lies."""
    return Scope(agency=agency.path, region=agency.region.path)


def provider_of(code: Any) -> Agency:
    """The agency that a body names. Raises :class:`Invalid`."""
    found = Agency.objects.select_related("region").filter(code=str(code), until=None).first()
    if found is None:
        message = _("没有代码为“%(code)s”的机构，或者它已经撤销。") % {"code": str(code)[:40]}
        raise Invalid(message, problems=[Problem("provider", "reference", message)])
    return found


def next_code(front: str) -> str:
    """The next free code under 类/项/目/细目 ``front``. Raises :class:`Invalid` for what is no such front."""
    if not CODE.fullmatch(f"{front}-000001"):
        message = _("请填资源代码，或者填 6 位以上的类目代码（类1位、项2位、目3位、细目若干位）。")
        raise Invalid(message, problems=[Problem("code", "required", message)])
    last = Entry.objects.filter(code__startswith=f"{front}-").order_by("-code").values_list("code", flat=True).first()
    serial = int(last.partition("-")[2]) + 1 if last else 1
    return f"{front}-{serial:06d}"


def locked(code: str) -> Entry:
    """The entry ``code``, locked, with its provider. Raises :class:`Missing`."""
    rows = Entry.objects.select_for_update(of=("self",)).select_related("provider__region", "current", "working")
    found = rows.filter(code=code).first()
    if found is None:
        raise Missing(_("目录里没有代码为“%(code)s”的信息资源。") % {"code": code[:60]})
    return found


def write_version(
    actor: Actor, entry: Entry | None, body: Mapping[str, Any], agency: Agency, note: str, seen: int | None = None
) -> tuple[EntryVersion, bool]:
    """The working version with this body, and whether it is new. Inside an act; access has been asked."""
    digest, newest = body_hash(body), None
    if entry is not None:
        newest = entry.versions.order_by("-number").first()
        if seen is not None and newest is not None and newest.number != seen:
            raise Conflict(
                _("这个资源已经有了更新的版本(第 %(n)s 版)，请重新打开后再改。") % {"n": newest.number}, code="moved"
            )
        if entry.working is not None:
            if entry.working.body_hash == digest:
                return entry.working, False
            end(entry.working, State.DROPPED)
    if entry is None:
        entry = Entry(code=body["code"], provider=agency, state=Entry.State.DRAFT, **listing.columns(body))
        entry.save(force_insert=True)
    version = EntryVersion(
        entry=entry, number=newest.number + 1 if newest else 1, body=dict(body), body_hash=digest, state=State.DRAFT,
        note=note.strip()[:300], made_by=actor.reference(),
    )  # fmt: skip
    version.save(force_insert=True)
    entry.working = version
    if not entry.current_id:
        entry.provider = agency
        repeat(entry, body)
    entry.state = state_of(entry)
    entry.save()
    return version, True


def repeat(entry: Entry, body: Mapping[str, Any]) -> None:
    for name, value in listing.columns(body).items():
        setattr(entry, name, value)
    entry.system = System.objects.filter(code=body.get("system", "")).first()


def state_of(entry: Entry) -> str:
    if entry.current_id and entry.working_id:
        return Entry.State.CHANGING
    if entry.current_id:
        return Entry.State.PUBLISHED
    if entry.working is not None:
        return str(entry.working.state)
    return Entry.State.WITHDRAWN


def end(version: EntryVersion, state: str) -> None:
    version.state, version.ended_at = state, timezone.now()
    version.save(update_fields=["state", "ended_at"])


def put_in_force(entry: Entry, version: EntryVersion) -> None:
    """What publication does, whichever act it belongs to."""
    former, body, now = entry.current, version.body, timezone.now()
    agency = provider_of(body["provider"])
    if former is not None and former.id != version.id:
        end(former, State.REPLACED)
    version.state, version.published_at = State.PUBLISHED, now
    version.save(update_fields=["state", "published_at"])
    entry.current, entry.provider, entry.published_at = version, agency, now
    entry.withdrawn_at, entry.withdrawn_reason = None, ""
    if entry.working_id == version.id:
        entry.working = None
    repeat(entry, body)
    entry.state = state_of(entry)
    entry.save()
    Item.objects.filter(entry=entry).delete()
    Item.objects.bulk_create(listing.items(entry, body))
    sourcing.take_free(entry, body)
    if body["open"] == "refused":
        search.remove(listing.KIND, entry.code)
    else:
        search.index_many([listing.entered(entry, body, agency.name)])
    emit(
        "resource.published",
        entry.code,
        {"version": version.number, "provider": agency.code, "changed": former is not None},
    )
