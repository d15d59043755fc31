"""The acts of applying for data and deciding on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.protection.queries import chosen, possible
from yiwang.data.sharing import granting, kind
from yiwang.data.sharing.models import DataRequest, Grant
from yiwang.data.sharing.modes import MODES
from yiwang.foundation.access.queries import NODE, Actor, Scope, act, later, once, require, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.queries import Task
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

if TYPE_CHECKING:
    from yiwang.data.catalogue.resources import Resource

MOST_PER_DAY = 10_000_000
LONGEST_TERM = dt.timedelta(days=3 * 366)
LONGEST_CACHE = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agency asks for. ``until`` is the last day; ``per_day`` counts rows; ``renews`` is the number of a grant to extend or widen."""

    agency: str
    resource: str
    fields: Sequence[str]
    purpose: str
    basis: str
    modes: Sequence[str]
    per_day: int
    until: dt.date
    item: str = ""
    renews: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider agrees to: no more than was asked. ``masks`` by field; ``cache`` are the seconds for which answers may be kept."""

    fields: Sequence[str]
    masks: Mapping[str, str] = field(default_factory=dict)
    modes: Sequence[str] = ()
    per_day: int = 0
    until: dt.date | None = None
    cache: int = 0


@act("sharing.apply", gettext_lazy("申请使用数据"))
def apply(actor: Actor, wish: Wish, *, key: str = "") -> DataRequest:
    """Apply for a resource of the catalogue, as an official of the agency that wants it. What is shared without conditions is granted at once.

    ``key`` is an Idempotency-Key. Raises :class:`Invalid` with all that is wrong, :class:`Missing` for an unknown resource,
    :class:`Conflict` when the same is being decided.
    """
    agency = Agency.objects.filter(code=wish.agency).first()
    require(actor, Scope(agency=agency.path) if agency else NODE, subject=f"resource:{wish.resource[:60]}")
    resource = catalogue.resource(wish.resource)
    problems = _wrong(wish, resource)
    if agency is None:
        problems.append(Problem("agency", "missing", _("请选择由哪个单位申请")))
    if problems or agency is None:
        raise Invalid(_("申请没有提交，请改好标出的地方。"), problems=problems)
    new: list[DataRequest] = []  # its row is written at the end of the act

    def make() -> str:
        new.append(_apply(actor, wish, agency, resource))
        return str(new[0].id)

    made, _now = once(actor, key, {name: getattr(wish, name) for name in Wish.__slots__}, make)
    return new[0] if new else DataRequest.objects.select_related("case", "grant").get(id=made)


def _wrong(wish: Wish, resource: Resource) -> list[Problem]:
    found = []
    if resource.share == "refused":
        found.append(
            Problem("resource", "refused", _("这个资源不予共享：%(why)s") % {"why": resource.share_reason or "—"})
        )
    names = {item.name: item for item in resource.fields}
    unknown = [name for name in wish.fields if name not in names or names[name].share == "refused"]
    if unknown:
        found.append(
            Problem("fields", "unknown", _("这些数据项不共享：%(names)s") % {"names": "、".join(unknown)[:200]})
        )
    if not wish.fields:
        found.append(Problem("fields", "required", _("请选择需要的数据项，只选办事必需的")))
    for name, label, most in (
        ("purpose", _("使用目的"), 120),
        ("basis", _("法律依据"), 300),
    ):
        if not 2 <= len(getattr(wish, name).strip()) <= most:
            found.append(Problem(name, "required", _("请填写%(label)s，最多 %(n)d 个字") % {"label": label, "n": most}))
    if len(wish.item) > 120:
        found.append(Problem("item", "max-length", _("所办事项最多 120 个字")))
    if not wish.modes or set(wish.modes) - set(MODES):
        found.append(Problem("modes", "choice", _("请至少选一种使用方式")))
    if not resource.key and {"look-up", "verify", "batch"} & set(wish.modes):
        found.append(Problem("modes", "no-key", _("这个资源没有主键，只能用文件交付或变更订阅")))
    if not 1 <= wish.per_day <= MOST_PER_DAY:
        found.append(Problem("per_day", "range", _("每天用量应在 1 到 %(n)d 条之间") % {"n": MOST_PER_DAY}))
    today = timezone.localdate()
    if not today < wish.until <= today + LONGEST_TERM:
        found.append(Problem("until", "range", _("期限应在明天到三年之内")))
    return found


def _apply(actor: Actor, wish: Wish, agency: Agency, resource: Resource) -> DataRequest:
    renews = None
    if wish.renews:
        renews = Grant.objects.filter(number=wish.renews, agency=agency, resource=resource.code, by_law=False).first()
        if renews is None or renews.state == Grant.State.REVOKED:
            raise Missing(_("没有可以续期的授权“%(number)s”。") % {"number": wish.renews[:30]})
    waiting = DataRequest.objects.filter(agency=agency, resource=resource.code, case__closed_at=None, renews=renews)
    if waiting.filter(item=wish.item.strip(), purpose=wish.purpose.strip()).exists():
        raise Conflict(_("同样的申请正在审核，请等结果。"), code="waiting")
    provider = Agency.objects.get(code=resource.provider)
    new = cases.NewCase(
        kind=kind.KIND, type_code="data-request", type_name="数据共享申请",
        title=f"{agency.short_name or agency.name}申请《{resource.name}》"[:200], procedure=kind.publish(system(actor.channel)).id,
        agency_code=provider.code, agency_path=provider.path, region_path=provider.region.path, party_id=None,
        limits=kind.LIMITS, starts=("answer",), words=str(_("提交申请")),
    )  # fmt: skip
    fields = [item.name for item in resource.fields if item.name in set(wish.fields)]
    instant = kind.at_once(resource, fields)
    case, _words = cases.open_case(actor, new, facts={"instant": instant, "bureau": False})
    terms = {
        "fields": fields, "masks": {}, "modes": list(wish.modes), "per_day": wish.per_day,
        "until": wish.until.isoformat(), "cache": 0,
    } if instant else {}  # fmt: skip
    request = DataRequest(
        case=case, agency=agency, agency_path=agency.path, provider=provider, resource=resource.code,
        resource_name=resource.name, resource_version=resource.version, fields=fields, purpose=wish.purpose.strip(),
        basis=wish.basis.strip(), item=wish.item.strip(), modes=list(dict.fromkeys(wish.modes)), per_day=wish.per_day,
        until=wish.until, terms=terms, renews=renews,
    )  # fmt: skip
    record(
        "data-request", request.id,
        {"case": case.number, "resource": resource.code, "version": resource.version, "agency": agency.code,
         "fields": fields, "modes": request.modes, "per_day": wish.per_day, "until": wish.until, "instant": instant},
    )  # fmt: skip
    emit("data-request.submitted", case.number, {"resource": resource.code, "ended": case.outcome})
    if case.outcome == "granted":
        request.grant = granting.drafted(actor, request, resource)
        record("grant", request.grant.number, granting.summary(request.grant) | {"request": request.id})
        emit("grant.made", request.grant.number, {"resource": resource.code})
    later(*([request.grant] if request.grant and renews is None else []), request)
    return request


@act("sharing.decide", gettext_lazy("审核数据申请"))
def decide(actor: Actor, task_id: UUID | str, terms: Terms, opinion: str = "") -> DataRequest:
    """Agree as the provider, on ``terms``; finishes the provider's task. Refusing is the task's other outcome.

    Raises :class:`Invalid` for terms beyond what was asked, or a mask that a field may not have.
    """
    task = Task.objects.select_related("case").filter(id=task_id, case__kind=kind.KIND, step="provide").first()
    if task is None:
        require(actor, NODE, subject=f"task:{task_id}")
        raise Missing(_("没有这个待办，可能已经办过了。"))
    require(actor, Scope(agency=task.agency_path), subject=f"case:{task.case.number}")
    request = DataRequest.objects.select_for_update(of=("self",)).get(case=task.case)
    resource = catalogue.resource(request.resource)
    until = terms.until or request.until
    fields = [name for name in request.fields if name in set(terms.fields)]
    problems = []
    if not fields or set(terms.fields) - set(request.fields):
        problems.append(Problem("fields", "range", _("请在申请的数据项里选，至少一项；一项都不给，请选“不同意共享”")))
    masks = {}
    for name in fields:
        item = resource.field(name)
        masks[name] = terms.masks.get(name) or chosen(item)
        if masks[name] not in possible(item):
            problems.append(
                Problem(f"masks.{name}", "choice", _("“%(label)s”不能用这种方式给出") % {"label": item.label})
            )
    modes = [mode for mode in request.modes if mode in set(terms.modes or request.modes)]
    per_day = terms.per_day or request.per_day
    if not modes:
        problems.append(Problem("modes", "range", _("请至少同意一种申请的使用方式")))
    if not 1 <= per_day <= request.per_day:
        problems.append(Problem("per_day", "range", _("每天用量不能超过申请的 %(n)d 条") % {"n": request.per_day}))
    if not timezone.localdate() < until <= request.until:
        problems.append(Problem("until", "range", _("期限不能超过申请的 %(day)s") % {"day": request.until}))
    if not 0 <= terms.cache <= LONGEST_CACHE:
        problems.append(Problem("cache", "range", _("最多允许缓存 24 小时")))
    if problems:
        raise Invalid(_("审核没有提交，请改好标出的地方。"), problems=problems)
    request.terms = {
        "fields": fields, "masks": masks, "modes": modes, "per_day": per_day, "until": until.isoformat(),
        "cache": terms.cache,
    }  # fmt: skip
    request.save(update_fields=["terms"])
    record("data-request", request.id, {"terms": request.terms})
    cases.complete(actor, task.id, "agree", opinion)
    return request
