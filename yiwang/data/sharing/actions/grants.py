"""The acts on grants: narrowing, suspending, resuming, revoking; and granting what the law of an item asks for (依法授权)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.protection.queries import stricter
from yiwang.data.sharing import grounds
from yiwang.data.sharing.granting import level_of, new_number, summary
from yiwang.data.sharing.models import Grant
from yiwang.data.sharing.modes import LOOK_UP, VERIFY
from yiwang.foundation.access.queries import NODE, Actor, Scope, act, allowed, require, running
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

LONGEST_WHY = 300
BY_LAW_UNTIL = dt.date(9999, 12, 31)  # holds as long as the item is in force
BY_LAW_ROWS = 1_000_000  # rows a day: a bound against a runaway, not a volume that somebody agreed to


def _locked(actor: Actor, number: str, *, holder: bool) -> Grant:
    """The grant, if the actor may change it: for its provider, or (``holder``) for the agency that holds it."""
    found = Grant.objects.select_for_update(of=("self",)).filter(number=number).first()
    if found is None:
        require(actor, NODE, subject=f"grant:{number[:30]}")
        raise Missing(_("没有编号为“%(number)s”的授权。") % {"number": number[:30]}, code="grant-missing")
    current = running()
    assert current is not None, "asked inside an act"
    mine = holder and allowed(actor, current.code, Scope(agency=found.agency_path))
    require(actor, Scope(agency=found.agency_path if mine else found.provider_path), subject=f"grant:{number}")
    return found


def _why(text: str) -> str:
    text = text.strip()
    if not 2 <= len(text) <= LONGEST_WHY:
        message = _("请写明原因，最多 %(n)d 个字。") % {"n": LONGEST_WHY}
        raise Invalid(message, problems=[Problem("why", "required", message)])
    return text


def _changed(grant: Grant, type: str) -> Grant:
    grant.revision += 1
    grant.save()
    record("grant", grant.number, summary(grant))
    emit(type, grant.number, {"resource": grant.resource, "state": str(grant.state)})
    grounds.forget()
    return grant


@act("sharing.suspend", gettext_lazy("暂停数据授权"))
def suspend(actor: Actor, number: str, why: str) -> Grant:
    """Stop the use for a time, at once; what runs under it stops at its next step. For the provider and the data bureau."""
    grant = _locked(actor, number, holder=False)
    why = _why(why)
    if grant.state != Grant.State.ACTIVE:
        raise Conflict(_("这个授权不在有效状态，请刷新页面。"), code="unchanged")
    grant.state, grant.why = Grant.State.SUSPENDED, why
    return _changed(grant, "grant.suspended")


@act("sharing.resume", gettext_lazy("恢复数据授权"))
def resume(actor: Actor, number: str) -> Grant:
    """Let a suspended grant be used again."""
    grant = _locked(actor, number, holder=False)
    if grant.state != Grant.State.SUSPENDED:
        raise Conflict(_("这个授权没有暂停，请刷新页面。"), code="unchanged")
    grant.state, grant.why = Grant.State.ACTIVE, ""
    return _changed(grant, "grant.resumed")


@act("sharing.revoke", gettext_lazy("收回数据授权"))
def revoke(actor: Actor, number: str, why: str) -> Grant:
    """End a grant for good: by the provider, the data bureau, or the agency that needs it no longer. Its subscriptions end."""
    grant = _locked(actor, number, holder=True)
    why = _why(why)
    if grant.state == Grant.State.REVOKED:
        raise Conflict(_("这个授权已经收回。"), code="unchanged")
    grant.state, grant.why = Grant.State.REVOKED, why
    grant.subscriptions.filter(ended_at=None).update(ended_at=timezone.now())
    return _changed(grant, "grant.revoked")


@act("sharing.narrow", gettext_lazy("缩小数据授权"))
def narrow(
    actor: Actor,
    number: str,
    *,
    fields: Sequence[str] | None = None,
    masks: Mapping[str, str] | None = None,
    modes: Sequence[str] | None = None,
    per_day: int | None = None,
    until: dt.date | None = None,
) -> Grant:
    """Give less: fewer fields, stricter masks, fewer ways, a smaller volume, an earlier end. More needs an application.

    Raises :class:`Invalid` for anything that would give more, :class:`Conflict` when nothing would change.
    """
    grant = _locked(actor, number, holder=True)
    if grant.state == Grant.State.REVOKED:
        raise Conflict(_("这个授权已经收回。"), code="unchanged")
    held = {field["name"]: field for field in grant.shape["fields"]}
    problems = []
    kept = list(held) if fields is None else [name for name in held if name in set(fields)]
    if not kept or set(fields or ()) - set(held):
        problems.append(Problem("fields", "range", _("请在已授权的数据项里选，至少留一项")))
    agreed = {name: (masks or {}).get(name) or held[name]["agreed"] for name in kept}
    problems += [
        Problem(f"masks.{name}", "range", _("“%(label)s”只能改得更严") % {"label": held[name]["label"]})
        for name, mask in agreed.items()
        if not stricter(mask, held[name]["agreed"])
    ]
    ways = grant.modes if modes is None else [mode for mode in grant.modes if mode in set(modes)]
    if not ways or set(modes or ()) - set(grant.modes):
        problems.append(Problem("modes", "range", _("请在已授权的使用方式里选，至少留一种")))
    volume, end = per_day or grant.per_day, until or grant.until
    if not 1 <= volume <= grant.per_day:
        problems.append(Problem("per_day", "range", _("每天用量只能改小")))
    if not timezone.localdate() <= end <= grant.until:
        problems.append(Problem("until", "range", _("期限只能改早，最早到今天")))
    if problems:
        raise Invalid(_("授权没有改动，请改好标出的地方。"), problems=problems)
    shape = {**grant.shape, "fields": [{**held[name], "agreed": agreed[name]} for name in kept]}
    if (shape, ways, volume, end) == (grant.shape, grant.modes, grant.per_day, grant.until):
        raise Conflict(_("内容没有变化。"), code="unchanged")
    grant.shape, grant.modes, grant.per_day, grant.until, grant.level = shape, ways, volume, end, level_of(shape)
    return _changed(grant, "grant.changed")


@act("sharing.grant_by_law", gettext_lazy("依法授权使用数据"))
def grant_by_law(
    actor: Actor,
    *,
    item: str,
    agency: str,
    resource: Mapping[str, Any],
    fields: Sequence[str],
    purpose: str,
    basis: str,
) -> Grant:
    """Grant an agency what the law of its item asks of another's data, when the item comes into force. The same again changes nothing.

    ``resource`` says what is used: {"code", "name", "provider", "place", "keys", "fields"}, the last two as in a grant's shape. The
    catalogue's entry of the place, where there is one, gives its name. An item that asks for less than before has less afterwards.
    """
    found = Agency.objects.filter(code=agency).first()
    require(actor, Scope(agency=found.path) if found else NODE, subject=f"item:{item[:60]}")
    provider = Agency.objects.filter(code=resource["provider"]).first()
    if found is None or provider is None:
        raise Missing(_("没有这个机构，请先录入。"))
    wanted = [field for field in resource["fields"] if field["name"] in set(fields)]
    shape = {"place": resource["place"], "version": 0, "keys": resource["keys"], "fields": wanted}
    values: dict[str, Any] = {
        "resource_name": resource["name"][:200], "agency": found, "agency_path": found.path, "provider": provider,
        "provider_path": provider.path, "purpose": purpose[:120], "basis": basis[:300], "modes": [LOOK_UP, VERIFY],
        "shape": shape, "level": level_of(shape), "per_day": BY_LAW_ROWS, "until": BY_LAW_UNTIL,
    }  # fmt: skip
    grant = (
        Grant.objects.select_for_update(of=("self",)).filter(item=item, resource=resource["code"], by_law=True).first()
    )
    if grant is None:
        grant = Grant(
            number=new_number(timezone.localdate()), item=item, resource=resource["code"], by_law=True,
            since=timezone.localdate(), revision=0,
        )  # fmt: skip
    elif grant.state == Grant.State.ACTIVE and all(getattr(grant, name) == value for name, value in values.items()):
        record("grant", grant.number, {"same": True, "revision": grant.revision})
        return grant
    for name, value in values.items():
        setattr(grant, name, value)
    grant.revision += 1
    if grant._state.adding:
        grant.save(force_insert=True)
    else:
        grant.save()
    record("grant", grant.number, summary(grant) | {"item": item})
    emit("grant.made" if grant.revision == 1 else "grant.changed", grant.number, {"resource": grant.resource})
    grounds.forget()
    return grant
