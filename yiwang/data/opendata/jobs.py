"""Background work: the disclosure check, telling subscribers of a new edition."""

from __future__ import annotations

import structlog
from django.utils.translation import gettext as _

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.engine.queries import explain
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import job
from yiwang.foundation.messages.actions import send
from yiwang.kernel.refusals import Refusal

from . import actions, disclosure, preparing, store, treatments
from .models import Dataset, Preparation, Subscription

log = structlog.get_logger("yiwang.opendata")
MOST_OTHERS = 200  # open datasets that a new one is joined with


def others_of(dataset: Dataset) -> list[disclosure.Opened]:
    """What is open already about people or organisations, besides this dataset."""
    rows = (
        Dataset.objects.filter(state=Dataset.State.RELEASED, subject=dataset.subject)
        .exclude(pk=dataset.pk)
        .select_related("current__preparation")
        .order_by("-changed_at")[:MOST_OTHERS]
    )
    return [
        disclosure.Opened(
            row.code, row.name, store.path_of(row.code, row.current.preparation_id),
            tuple(treatments.read(row.current.preparation.fields)),
        )
        for row in rows
        if row.current is not None
    ]  # fmt: skip


def check_now(preparation_id: str) -> None:
    """Make the file and the report of a preparation that waits for its check. Idempotent: one that was finished is left alone."""
    preparation = Preparation.objects.select_related("dataset").filter(id=preparation_id).first()
    if preparation is None or preparation.state != Preparation.State.CHECKING:
        return
    dataset = preparation.dataset
    try:
        found = preparing.prepare(
            dataset.code, preparation.id, catalogue.resource(dataset.resource), treatments.read(preparation.fields),
            subject=dataset.subject, threshold=preparation.threshold, others=others_of(dataset) if dataset.subject in ("person", "organisation") else (),
        )  # fmt: skip
    except Exception as error:
        why = str(error) if isinstance(error, Refusal) else explain(error)
        if not why:
            log.exception("check failed", dataset=dataset.code)
        why = why or _("数据没有读成，请稍后再检查；还不行，请联系运维人员。")
        actions.finish_check(system(), preparation.id, None, why)
        return
    actions.finish_check(system(), preparation.id, found)


@job(tries=3)
def run_check(preparation_id: str) -> None:
    check_now(preparation_id)


@job()
def tell_subscribers(dataset_code: str, edition: int) -> None:
    """A message for each subscriber; nobody is told of the same edition twice."""
    dataset = Dataset.objects.filter(code=dataset_code, state=Dataset.State.RELEASED).first()
    if dataset is None:
        return
    for row in Subscription.objects.filter(dataset=dataset, told__lt=edition).select_related("party").iterator():
        send(
            row.party_id,
            "opendata-new-edition",
            {"dataset": dataset.name, "edition": edition},
            link=f"/open/data/{dataset.code}",
        )
        Subscription.objects.filter(pk=row.pk).update(told=edition)
