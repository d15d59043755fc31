"""The provider's acts: preparing a resource for opening, having it checked, submitting it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.catalogue.resources import Resource
from yiwang.data.opendata import disclosure, treatments
from yiwang.data.opendata.models import Dataset, Preparation
from yiwang.data.opendata.preparing import Prepared
from yiwang.data.opendata.words import LICENCES, PERIODS, THEMES
from yiwang.data.opendata.writing import locked, scope_of
from yiwang.foundation.access.queries import Actor, Scope, act, require
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Problem

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{1,59}")
_TEXTS = {"name": 200, "abstract": 4000}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a resource is to be opened. ``fields`` maps names to {"treatment", "option", "role", "meaning"}; what is not named is suggested."""

    code: str
    resource: str
    theme: str
    subject: str
    licence: str = "open-attribution"
    name: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    threshold: int = disclosure.THRESHOLD
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    note: str = ""


@act("opendata.prepare", gettext_lazy("准备开放一个数据集"))
def prepare(actor: Actor, plan: Plan) -> Preparation:
    """Begin, or go on with, preparing a published resource for opening; returns the one preparation of the dataset that may be edited.

    A dataset that is open already keeps its edition until the next is released. Raises :class:`Missing` for a resource that is not published,
    :class:`Invalid` with all that is wrong, :class:`Conflict` while the former preparation is being checked or reviewed.
    """
    resource = catalogue.resource(plan.resource)
    agency = Agency.objects.select_related("region").get(code=resource.provider)
    scope = Scope(agency=resource.provider_path, region=agency.region.path)
    require(actor, scope, subject=f"resource:{resource.code}")
    fields = _checked(plan, resource)
    dataset = Dataset.objects.select_for_update().filter(code=plan.code).first()
    if dataset is not None and dataset.resource != resource.code:
        message = _("名称代码“%(code)s”已经用在另一个数据集上，请换一个。") % {"code": plan.code}
        raise Invalid(message, problems=[Problem("code", "taken", message)])
    if dataset is None:
        dataset = Dataset(code=plan.code, resource=resource.code)
    now = timezone.now()
    described = {
        "name": plan.name.strip() or resource.name, "abstract": plan.abstract.strip() or resource.abstract, "theme": plan.theme,
        "keywords": list(plan.keywords), "licence": plan.licence, "subject": plan.subject,
    }  # fmt: skip
    fixed = {
        "provider": agency, "agency_path": resource.provider_path, "region_path": agency.region.path, "open_kind": resource.open,
        "update_period": resource.update_period if resource.update_period in PERIODS else "irregular",
    }  # fmt: skip
    if dataset.state == Dataset.State.PREPARING:
        dataset.changed_at = now
    for name, value in (described | fixed).items():
        setattr(dataset, name, value)
    dataset.save()
    preparation = dataset.preparations.order_by("-number").first()
    if preparation is None or preparation.state == Preparation.State.RELEASED:
        last = dataset.preparations.aggregate(most=Max("number"))["most"] or 0
        preparation = Preparation(dataset=dataset, number=last + 1)
    elif not preparation.editable:
        raise Conflict(_("这次准备正在检查或审核，现在不能改。"), code="not-editable")
    preparation.state, preparation.resource_version = Preparation.State.DRAFT, resource.version
    preparation.fields = [each.as_dict() for each in fields]
    preparation.threshold, preparation.note = plan.threshold, plan.note.strip()
    preparation.report, preparation.profile, preparation.failure = {}, {}, ""
    preparation.save()
    record(
        "dataset",
        dataset.code,
        {"preparation": preparation.number, "resource": resource.code, "version": resource.version},
    )
    return preparation


def _checked(plan: Plan, resource: Resource) -> list[treatments.Treated]:
    problems: list[Problem] = []

    def wrong(name: str, rule: str, words: str) -> None:
        problems.append(Problem(name, rule, words))

    if not _CODE.fullmatch(plan.code):
        wrong("code", "format", _("名称代码用小写字母、数字、减号或下划线，2 至 60 位"))
    if resource.open == "refused":
        wrong("resource", "refused", _("这个资源在目录里是不予开放的"))
    if plan.theme not in THEMES:
        wrong("theme", "choice", _("请选择主题"))
    if plan.subject not in Dataset.Subject.values:
        wrong("subject", "choice", _("请选择每一行说的是什么"))
    if plan.licence not in LICENCES or (LICENCES[plan.licence].open != (resource.open == "unconditional")):
        wrong("licence", "choice", _("请选择和开放方式相配的许可"))
    if not disclosure.LEAST <= plan.threshold <= disclosure.MOST:
        wrong(
            "threshold",
            "range",
            _("阈值请填 %(least)d 至 %(most)d") % {"least": disclosure.LEAST, "most": disclosure.MOST},
        )
    for name, most in _TEXTS.items():
        if len(getattr(plan, name)) > most:
            wrong(name, "max-length", _("最多写 %(most)d 个字") % {"most": most})
    if len(plan.keywords) > 20 or any(not 0 < len(word) <= 30 for word in plan.keywords):
        wrong("keywords", "max-length", _("关键词最多 20 个，每个最多 30 个字"))
    if len(plan.note) > 300:
        wrong("note", "max-length", _("最多写 300 个字"))
    fields: list[treatments.Treated] = []
    try:
        fields = treatments.chosen(resource, plan.subject, plan.fields)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        raise Invalid(_("还没有保存，请改好标出的地方。"), problems=problems)
    return fields


@act("opendata.check", gettext_lazy("对要开放的数据做安全检查"))
def check(actor: Actor, preparation_id: UUID | str, *, enqueued: bool = True) -> Preparation:
    """Ask for the disclosure check of a preparation; a job makes the file and the report. Raises :class:`Conflict` when it is under review.

    The holder of the resource is read for this, on behalf of the actor: this act is the trace of it. ``enqueued`` False leaves the work to the
    caller (a pack that is being installed).
    """
    preparation = locked(preparation_id)
    require(actor, scope_of(preparation.dataset), subject=f"preparation:{preparation.id}")
    if not preparation.editable:
        raise Conflict(_("这次准备正在检查或审核，不用再检查。"), code="not-editable")
    preparation.state, preparation.failure = Preparation.State.CHECKING, ""
    preparation.save()
    plan = canonical_bytes([{**row} for row in preparation.fields])
    record("dataset", preparation.dataset.code, {"preparation": preparation.number, "fields": len(plan)})
    if enqueued:
        from yiwang.data.opendata.jobs import run_check

        enqueue(run_check, preparation_id=str(preparation.id))
    return preparation


@act("opendata.finish_check", gettext_lazy("登记安全检查的结果"))
def finish_check(actor: Actor, preparation_id: UUID | str, found: Prepared | None, failure: str = "") -> Preparation:
    """Keep what the check found. For the node's job: nobody else says that a check was passed."""
    require(actor, subject=f"preparation:{preparation_id}")
    preparation = locked(preparation_id)
    if preparation.state != Preparation.State.CHECKING:
        raise Conflict(_("这次准备没有在检查。"), code="not-checking")
    if found is None:
        preparation.state, preparation.failure = Preparation.State.FAILED, failure[:300]
    else:
        passed = bool(found.report["passed"])
        preparation.state = Preparation.State.CHECKED if passed else Preparation.State.FAILED
        preparation.report, preparation.profile = found.report, found.profile
        preparation.sha256, preparation.rows, preparation.size = found.sha256, found.rows, found.size
        preparation.as_of = found.as_of
    preparation.save()
    outcome: dict[str, Any] = {"preparation": preparation.number, "state": preparation.state}
    if found is not None:
        failed = sorted({each["code"] for each in found.report["findings"] if each["severity"] == disclosure.FAIL})
        outcome |= {"sha256": found.sha256, "rows": found.rows, "k": found.report["k"], "failed": failed}
    record("dataset", preparation.dataset.code, outcome)
    return preparation


@act("opendata.submit", gettext_lazy("提交开放审核"))
def submit(actor: Actor, preparation_id: UUID | str, note: str = "") -> Preparation:
    """Hand the checked file to the data bureau for review. Raises :class:`Conflict` when the check was not passed."""
    preparation = locked(preparation_id)
    require(actor, scope_of(preparation.dataset), subject=f"preparation:{preparation.id}")
    if len(note.strip()) > 300:
        raise Invalid(_("说明太长。"), problems=[Problem("note", "max-length", _("最多写 300 个字"))])
    if preparation.state != Preparation.State.CHECKED:
        raise Conflict(_("安全检查通过后才能提交。"), code="not-checked")
    preparation.state, preparation.note = Preparation.State.SUBMITTED, note.strip() or preparation.note
    preparation.submitted_by_id, preparation.submitted_at = actor.account_id, actor.now()
    preparation.save()
    record("dataset", preparation.dataset.code, {"preparation": preparation.number, "sha256": preparation.sha256})
    return preparation
