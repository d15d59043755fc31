"""The data bureau's acts: releasing what was reviewed, sending it back, withdrawing what should not be open."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.engine.queries import lake
from yiwang.data.opendata import store, treatments
from yiwang.data.opendata.models import Change, Dataset, Edition, Preparation
from yiwang.data.opendata.writing import KIND, index, locked, scope_of
from yiwang.foundation.access.queries import NODE, Actor, act, deny, require
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.search import actions as search
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .preparing import Plan, check, prepare, submit


def _reason(text: str, field: str, missing: str) -> str:
    text = text.strip()
    if not text or len(text) > 300:
        words = missing if not text else _("最多写 300 个字")
        raise Invalid(words, problems=[Problem(field, "max-length" if text else "required", words)])
    return text


@act("opendata.release", gettext_lazy("发布开放数据"))
def release(actor: Actor, preparation_id: UUID | str, opinion: str = "") -> Edition:
    """Release the submitted file as the next edition of its dataset, exactly as it was checked.

    Who submitted it does not release it. Raises :class:`Conflict` when it was not submitted or when the file is not the one that was
    checked ("file-changed").
    """
    preparation = locked(preparation_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("provider").get(pk=preparation.dataset_id)
    require(actor, scope_of(dataset), subject=f"preparation:{preparation.id}")
    if preparation.submitted_by_id is not None and preparation.submitted_by_id == actor.account_id:
        deny(actor, subject=f"preparation:{preparation.id}", message=_("您提交的数据要由别人审核发布。"))
    if preparation.state != Preparation.State.SUBMITTED:
        raise Conflict(_("这次准备还没有提交审核，或者已经处理过。"), code="not-submitted")
    if len(opinion.strip()) > 300:
        raise Invalid(_("意见太长。"), problems=[Problem("opinion", "max-length", _("最多写 300 个字"))])
    written = lake().find(store.path_of(dataset.code, preparation.id))
    if written is None or written.manifest.sha256 != preparation.sha256 or not lake().intact(written):
        raise Conflict(_("文件和检查时的不一样，请退回后重新检查。"), code="file-changed")
    now = actor.now()
    number = (dataset.editions.aggregate(most=Max("number"))["most"] or 0) + 1
    fields = treatments.read(preparation.fields)
    edition = Edition.objects.create(
        dataset=dataset, number=number, preparation=preparation, fields=[each.opened() for each in fields if each.kept],
        profile=preparation.profile, sha256=preparation.sha256, rows=preparation.rows, size=preparation.size, as_of=preparation.as_of,
        note=preparation.note, released_at=now,
    )  # fmt: skip
    preparation.state, preparation.opinion = Preparation.State.RELEASED, opinion.strip()
    preparation.save()
    first = dataset.released_at is None
    dataset.state, dataset.current, dataset.changed_at = Dataset.State.RELEASED, edition, now
    dataset.released_at = dataset.released_at or now
    dataset.withdrawn_at, dataset.withdrawn_reason = None, ""
    dataset.save()
    kind = Change.Kind.RELEASED if first else Change.Kind.EDITION
    Change.objects.create(at=now, dataset=dataset, kind=kind, edition=number)
    index(dataset)
    record(
        "dataset",
        dataset.code,
        {"edition": number, "sha256": edition.sha256, "rows": edition.rows, "preparation": preparation.number},
    )
    emit("dataset.released", dataset.code, {"edition": number, "sha256": edition.sha256, "rows": edition.rows})
    if not first:
        from yiwang.data.opendata.jobs import tell_subscribers

        enqueue(tell_subscribers, dataset_code=dataset.code, edition=number)
    return edition


@act("opendata.install", gettext_lazy("安装开放数据集"))
def install(actor: Actor, plan: Plan) -> Edition | None:
    """Prepare, check, submit and release in one act, for declarations that were reviewed before they were shipped (packs). Needs the whole node.

    A dataset that is or was open is left as it is. None: the check was not passed, and the preparation says why.
    """
    require(actor, NODE, subject=f"dataset:{plan.code}"[:120])
    known = Dataset.objects.select_related("current").filter(code=plan.code, released_at__isnull=False).first()
    if known is not None:
        record("dataset", plan.code, {"changed": False})
        return known.current
    from yiwang.data.opendata.jobs import check_now

    preparation = check(actor, prepare(actor, plan).id, enqueued=False)
    check_now(str(preparation.id))
    preparation.refresh_from_db()
    passed = preparation.state == Preparation.State.CHECKED
    record("dataset", plan.code, {"changed": passed})
    return release(actor, submit(actor, preparation.id).id) if passed else None


@act("opendata.send_back", gettext_lazy("退回开放申请"))
def send_back(actor: Actor, preparation_id: UUID | str, opinion: str) -> Preparation:
    """Give a submitted preparation back to its provider with what is to be changed."""
    preparation = locked(preparation_id)
    require(actor, scope_of(preparation.dataset), subject=f"preparation:{preparation.id}")
    if preparation.state != Preparation.State.SUBMITTED:
        raise Conflict(_("这次准备还没有提交审核，或者已经处理过。"), code="not-submitted")
    preparation.opinion = _reason(opinion, "opinion", _("请写明要改什么"))
    preparation.state = Preparation.State.RETURNED
    preparation.save()
    record("dataset", preparation.dataset.code, {"preparation": preparation.number, "returned": True})
    return preparation


def _dataset(code: str) -> Dataset | None:
    return (
        Dataset.objects.select_for_update(of=("self",)).select_related("provider", "current").filter(code=code).first()
    )


@act("opendata.withdraw", gettext_lazy("撤下开放数据集"))
def withdraw(actor: Actor, code: str, reason: str) -> Dataset:
    """Take a dataset with all its editions from the public, with the reason that its address shows from then on."""
    dataset = _dataset(code)
    if dataset is None:
        raise Missing(_("没有这个数据集，请核对后再试。"))
    require(actor, scope_of(dataset), subject=f"dataset:{code}")
    reason = _reason(reason, "reason", _("请写明为什么撤下"))
    if dataset.state != Dataset.State.RELEASED:
        raise Conflict(_("这个数据集现在没有开放。"), code="not-open")
    now = actor.now()
    dataset.state, dataset.withdrawn_at, dataset.withdrawn_reason = Dataset.State.WITHDRAWN, now, reason
    dataset.changed_at = now
    dataset.save()
    Change.objects.create(
        at=now, dataset=dataset, kind=Change.Kind.WITHDRAWN, edition=dataset.current.number if dataset.current else 0
    )
    search.remove(KIND, dataset.code)
    record("dataset", dataset.code, {"withdrawn": True})
    emit("dataset.withdrawn", dataset.code, {})
    return dataset


@act("opendata.withdraw_edition", gettext_lazy("撤下开放数据的一个版本"))
def withdraw_edition(actor: Actor, code: str, number: int, reason: str) -> Edition:
    """Take one edition from the public; when it was the one in force, the newest of the others takes its place.

    Raises :class:`Conflict` for the only one left ("last-edition"): then the dataset is withdrawn.
    """
    dataset = _dataset(code)
    edition = dataset.editions.select_for_update().filter(number=number).first() if dataset else None
    if dataset is None or edition is None:
        raise Missing(_("没有这个版本，请核对后再试。"))
    require(actor, scope_of(dataset), subject=f"dataset:{code}/{number}")
    reason = _reason(reason, "reason", _("请写明为什么撤下"))
    if edition.withdrawn_at is not None:
        raise Conflict(_("这个版本已经撤下。"), code="withdrawn")
    left = dataset.editions.filter(withdrawn_at=None).exclude(pk=edition.pk).order_by("-number").first()
    if left is None:
        raise Conflict(_("这是唯一的版本，请撤下整个数据集。"), code="last-edition")
    now = actor.now()
    edition.withdrawn_at, edition.withdrawn_reason = now, reason
    edition.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    if dataset.current_id == edition.pk:
        dataset.current = left
    dataset.changed_at = now
    dataset.save()
    Change.objects.create(at=now, dataset=dataset, kind=Change.Kind.EDITION_WITHDRAWN, edition=number)
    record("dataset", dataset.code, {"edition": number, "withdrawn": True})
    emit("dataset.edition-withdrawn", dataset.code, {"edition": number})
    return edition
