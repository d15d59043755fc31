"""Declaring a pipeline, and letting it rest."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.pipelines import declarations
from yiwang.data.pipelines.models import Pipeline, PipelineVersion
from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Problem

from .common import pipeline_for

__all__ = ["declare", "pause"]


def next_run(spec: declarations.Spec, after: dt.datetime) -> dt.datetime | None:
    """When a pipeline runs next after ``after``; None for one without a schedule."""
    if spec.every:
        return after + dt.timedelta(seconds=spec.every)
    if spec.at:
        local = timezone.localtime(after)
        hour, minute = map(int, spec.at.split(":"))
        found = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return found if found > local else found + dt.timedelta(days=1)
    return None


@act("pipelines.declare", gettext_lazy("登记数据归集任务"))
def declare(actor: Actor, body: dict[str, Any]) -> Pipeline:
    """Declare a pipeline, or change its declaration; the same declaration again changes nothing. Batches keep the version they ran by.

    Raises :class:`Invalid` for a wrong declaration, :class:`Conflict` when the target or its key would change.
    """
    spec = declarations.checked(body)
    agency = Agency.objects.select_related("region").filter(code=spec.owner).first()
    if agency is None:
        require(actor, NODE, subject=f"pipeline:{spec.code}")
        message = _("没有代码为“%(code)s”的机构，请先录入机构。") % {"code": spec.owner}
        raise Invalid(message, problems=[Problem("owner", "missing", message)])
    require(
        actor, Scope(agency=agency.path, region=agency.region.path, level=spec.level), subject=f"pipeline:{spec.code}"
    )
    digest = declarations.digest(body)
    pipeline = Pipeline.objects.select_for_update().filter(code=spec.code).first()
    if pipeline is None:
        pipeline = Pipeline(code=spec.code, version=0)
    else:
        require(
            actor,
            Scope(agency=pipeline.owner.path, region=pipeline.owner.region.path, level=spec.level),
            subject=f"pipeline:{spec.code}",
        )
        before = pipeline.body["target"]
        if {**before, "source": ""} != {**body["target"], "source": ""}:
            raise Conflict(
                _("“%(name)s”发布到哪里、用什么主键不能改；需要时请另建一个任务。") % {"name": pipeline.name},
                code="target-fixed",
            )
    if pipeline.digest != digest:
        pipeline.name, pipeline.owner, pipeline.body, pipeline.digest = spec.name, agency, body, digest
        pipeline.version += 1
        pipeline.next_at = next_run(spec, timezone.now())
        pipeline.save()
        PipelineVersion.objects.create(pipeline=pipeline, version=pipeline.version, body=body, digest=digest)
    record("pipeline", pipeline.code, {"version": pipeline.version, "digest": digest})
    return pipeline


@act("pipelines.pause", gettext_lazy("暂停或恢复数据归集"))
def pause(actor: Actor, code: str, *, paused: bool) -> Pipeline:
    """Stop the schedule of a pipeline, or let it go on. It can still be run by hand."""
    pipeline = pipeline_for(actor, code)
    pipeline.paused = paused
    pipeline.next_at = None if paused else next_run(declarations.of(pipeline), timezone.now())
    pipeline.save(update_fields=["paused", "next_at"])
    record("pipeline", pipeline.code, {"paused": paused})
    return pipeline
