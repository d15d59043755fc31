"""Supply and demand 供需对接: an agency asks for data, the provider answers within a limit, the asker rates; objections to data."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import flows
from yiwang.data.catalogue.models import Demand, Entry, Item, Objection
from yiwang.data.catalogue.writing import locked, provider_of, scope_of
from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

GRADES = (1, 2, 3, 4, 5)  # GB/T 39046 A.8: 非常满意 … 非常不满意
_LONGEST = {"title": 200, "wanted": 2000, "why": 500, "basis": 300}


def _texts(given: dict[str, str], labels: dict[str, str]) -> list[Problem]:
    wrong = []
    for name, label in labels.items():
        longest = _LONGEST[name]
        if not given[name].strip():
            wrong.append(Problem(name, "required", _("请填写“%(label)s”。") % {"label": label}))
        elif len(given[name]) > longest:
            wrong.append(
                Problem(name, "max-length", _("“%(label)s”最多 %(n)d 个字。") % {"label": label, "n": longest})
            )
    return wrong


@act("catalogue.demand", gettext_lazy("提出数据需求"))
def demand(
    actor: Actor, agency: str, title: str, *, wanted: str, why: str, basis: str, due_on: dt.date, provider: str = "", resource: str = "",
) -> Demand:  # fmt: skip
    """Ask for data on behalf of ``agency``: which fields (``wanted``), for what, by which law, by when.

    ``resource`` is the code of a published resource that may meet it; its provider is asked then, else ``provider``. Opens a case there with an answer
    limit of ten working days. Raises :class:`Invalid` with a problem for each field.
    """
    asking = provider_of(agency)
    require(actor, scope_of(asking), subject=f"demand:{agency}"[:120])
    given = {"title": title, "wanted": wanted, "why": why, "basis": basis}
    wrong = _texts(
        given, {"title": _("需要什么数据"), "wanted": _("需要哪些信息项"), "why": _("用来做什么"), "basis": _("依据")}
    )
    if due_on <= timezone.localdate(actor.now()):
        wrong.append(Problem("due_on", "future", _("需要的日期应在今天以后。")))
    entry = Entry.objects.select_related("provider").filter(code=resource, listed=True).first() if resource else None
    if resource and entry is None:
        wrong.append(Problem("resource", "reference", _("目录里没有这个信息资源，或者它没有发布。")))
    holder = None
    if entry is not None:
        holder = provider_of(entry.provider_id)
    elif provider:
        holder = provider_of(provider)
    else:
        wrong.append(Problem("provider", "required", _("请选择向哪个单位要数据。")))
    if holder is not None and holder.code == asking.code:
        wrong.append(Problem("provider", "own", _("不用向自己单位要数据。")))
    if wrong or holder is None:
        raise Invalid(_("需求没有提交：有 %(n)d 处需要改正。") % {"n": len(wrong)}, problems=wrong)
    heading = _("%(agency)s需要：%(title)s") % {"agency": asking.short_name or asking.name, "title": title.strip()}
    case = flows.open_case(actor, flows.DEMAND, heading, holder, _("提出数据需求"))
    made = Demand(
        agency=asking, provider=holder, title=title.strip(), wanted=wanted.strip(), why=why.strip(), basis=basis.strip(), due_on=due_on,
        entry=entry, case=case, made_by=actor.reference(),
    )  # fmt: skip
    made.save(force_insert=True)
    record(
        "demand", made.id, {"agency": asking.code, "provider": holder.code, "resource": resource, "case": case.number}
    )
    emit("demand.made", str(made.id), {"agency": asking.code, "provider": holder.code})
    return made


@act("catalogue.answer_demand", gettext_lazy("答复数据需求"))
def answer_demand(
    actor: Actor, task_id: UUID | str, outcome: str, opinion: str = "", *, resource: str = "", basis: str = ""
) -> Demand:
    """Answer a demand at its step "answer": ``supply`` with the resource that meets it, or ``refuse`` with the law that forbids it.

    Refusing goes to the data bureau, which lets it stand or sends it back. Raises :class:`Invalid` when the resource or the law is missing.
    """
    task = case_queries.task(actor, task_id)
    require(actor, case_queries.scope_of(task.case), subject=f"case:{task.case.number}")
    made = Demand.objects.select_for_update(of=("self",)).filter(case=task.case).first()
    if made is None:
        raise Missing(_("这个办件不是数据需求。"))
    if outcome == "supply" and resource:
        made.entry = Entry.objects.filter(code=resource, listed=True).first()
        if made.entry is None:
            message = _("目录里没有这个信息资源，或者它没有发布。")
            raise Invalid(message, problems=[Problem("resource", "reference", message)])
    elif outcome == "refuse":
        made.answer_basis = basis.strip()[:300]
    made.save()
    cases.complete(actor, task_id, outcome, opinion)
    record("demand", made.id, {"outcome": outcome, "resource": resource, "case": task.case.number})
    return Demand.objects.select_related("entry").get(pk=made.pk)


@act("catalogue.rate_demand", gettext_lazy("评价数据需求的答复"))
def rate_demand(actor: Actor, demand_id: UUID | str, grade: int, comment: str = "") -> Demand:
    """Rate how a demand was answered, once: 1 非常满意 … 5 非常不满意. Only the agency that asked may."""
    made = Demand.objects.select_for_update(of=("self",)).select_related("agency__region").filter(id=demand_id).first()
    if made is None:
        raise Missing(_("没有这个数据需求。"))
    require(actor, scope_of(made.agency), subject=f"demand:{made.id}")
    if made.state not in (Demand.State.SUPPLIED, Demand.State.REFUSED):
        raise Conflict(_("答复以后才能评价。"), code="not-answered")
    if made.grade is not None:
        raise Conflict(_("这个需求已经评价过，评价不能修改。"), code="already-rated")
    if grade not in GRADES:
        message = _("请选择满意程度，五个里选一个。")
        raise Invalid(message, problems=[Problem("grade", "choice", message)])
    made.grade, made.comment, made.rated_at = grade, comment.strip()[:300], timezone.now()
    made.save(update_fields=["grade", "comment", "rated_at"])
    record("demand", made.id, {"grade": grade})
    return made


@act("catalogue.object_to", gettext_lazy("对数据提出异议"))
def object_to(actor: Actor, agency: str, code: str, what: str, *, field: str = "") -> Objection:
    """Say, for an agency that uses a resource, that its data is wrong: a case for the provider, whose answer comes back here."""
    asking = provider_of(agency)
    require(actor, scope_of(asking), subject=f"resource:{code}")
    entry = locked(code)
    wrong = []
    if not entry.listed:
        wrong.append(Problem("resource", "reference", _("这个资源没有发布。")))
    if not what.strip() or len(what) > 500:
        wrong.append(
            Problem(
                "what", "required", _("请写明哪里不对、依据是什么，最多 500 个字。不要写个人信息，写编号或特征即可。")
            )
        )
    if field and not Item.objects.filter(entry=entry, name=field).exists():
        wrong.append(Problem("field", "reference", _("这个资源没有您选的信息项。")))
    if wrong:
        raise Invalid(_("异议没有提交：有 %(n)d 处需要改正。") % {"n": len(wrong)}, problems=wrong)
    title = _("数据异议：%(name)s") % {"name": entry.name}
    case = flows.open_case(actor, flows.OBJECTION, title, entry.provider, _("提出数据异议"))
    made = Objection(entry=entry, agency=asking, field=field, what=what.strip(), case=case, made_by=actor.reference())
    made.save(force_insert=True)
    record("objection", made.id, {"resource": code, "field": field, "agency": asking.code, "case": case.number})
    emit("objection.made", code, {"agency": asking.code, "provider": entry.provider_id})
    return made
