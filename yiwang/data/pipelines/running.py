"""Running a batch: stage after stage, each committed before the next, so that a kill costs no more than the stage it hit.

The store says which stage is next; a batch that was killed is taken up there by the job's next try. What a stage does to the store it does in one
transaction that looks first whether the stage is still to be done: two workers that run the same batch do it once.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.data.engine.queries import explain, lake
from yiwang.data.registries.actions import load
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Refusal

from . import actions, declarations, landing, orders, stages
from .declarations import Spec
from .models import Batch, PipelineVersion, RuleResult, Score, StageRun, Table
from .quality import dimensions, overall
from .slots import Asked, Pulled, sources

log = structlog.get_logger("yiwang.pipelines")
AT_WORK = (Batch.State.WAITING, Batch.State.RUNNING)


class Cancelled(Exception):
    """Somebody asked that this batch be stopped."""


class Held(Exception):
    """The batch waits for a decision."""


def spec_of(batch: Batch) -> Spec:
    """The declaration by which a batch is run: the newest at its start, whatever is declared later."""
    if batch.version == batch.pipeline.version:
        return declarations.of(batch.pipeline)
    return declarations.compiled(PipelineVersion.objects.get(pipeline=batch.pipeline_id, version=batch.version).body)


def run(batch_id: str) -> Batch:
    """Take a batch from where it stands to its end, or to where it is held. Whatever goes wrong is told in its words; nothing is raised."""
    batch = Batch.objects.select_related("pipeline__owner").get(id=batch_id)
    if batch.state not in AT_WORK:
        return batch
    batch.state, batch.started_at = Batch.State.RUNNING, batch.started_at or timezone.now()
    batch.save(update_fields=["state", "started_at"])
    try:
        spec = spec_of(batch)
        for stage in stages.STAGES[stages.STAGES.index(batch.stage) :]:
            _continue(batch)
            _STAGES[stage](batch, spec)
            batch = Batch.objects.select_related("pipeline__owner").get(id=batch_id)
            if batch.state != Batch.State.RUNNING:
                return batch
    except Held:
        pass
    except Cancelled:
        actions.settle(system(), batch.id, Batch.State.CANCELLED)
    except Refusal as refusal:
        actions.settle(system(), batch.id, Batch.State.FAILED, str(refusal), refusal.code)
    except Exception as error:  # told to the steward in words, and to the operator in the log
        log.exception("batch", pipeline=batch.pipeline_id, batch=batch.number)
        words = explain(error) or _("运行中断（%(kind)s）。可以重新运行；还不行请把编号告诉运维人员。") % {
            "kind": type(error).__name__
        }
        actions.settle(system(), batch.id, Batch.State.FAILED, words, "broken")
    return Batch.objects.select_related("pipeline__owner").get(id=batch_id)


def _continue(batch: Batch) -> None:
    if Batch.objects.filter(id=batch.id, cancel_wanted=True).exists():
        raise Cancelled


def _begin(batch: Batch, stage: str) -> StageRun:
    return StageRun.objects.create(batch=batch, stage=stage, started_at=timezone.now())


def _close(run: StageRun, rows: int, size: int, words: str = "") -> None:
    run.ended_at, run.rows, run.bytes, run.words = timezone.now(), rows, size, words
    run.save()


def _advance(batch: Batch, stage: str, **changes: Any) -> None:
    """Note in the store that ``stage`` is done, unless it was noted before."""
    following = stages.STAGES[stages.STAGES.index(stage) + 1]
    Batch.objects.filter(id=batch.id, stage=stage).update(stage=following, **changes)


def _pull(batch: Batch, spec: Spec) -> Pulled:
    if batch.kind == Batch.Kind.REPAIR:
        return orders.returned(batch)
    if batch.options.get("given"):  # a file that was handed over, whatever the source is
        slot = sources["file"]
    else:
        slot = sources[spec.slot]
    return slot.pull(Asked(spec.code, spec.options, spec.columns, batch.cursor_before, batch.options))


def _land(batch: Batch, spec: Spec) -> None:
    run = _begin(batch, "land")
    pulled = _pull(batch, spec)
    if pulled.empty:
        _close(run, 0, 0, _("没有新数据"))
        actions.settle(system(), batch.id, Batch.State.DONE, _("没有新数据"), "empty")
        raise Held

    told = [timezone.now()]

    def tell(rows: int) -> None:
        _continue(batch)
        if timezone.now() - told[0] > dt.timedelta(seconds=1):
            told[0] = timezone.now()
            StageRun.objects.filter(id=run.id).update(rows=rows)

    found = landing.land(pulled, stages.file(batch, "landed"), stages.file(batch, "refused"), tell=tell)
    _close(run, found.rows, found.file.manifest.bytes, pulled.name)
    actions.land(
        system(), batch.id, source=pulled.name, sha256=found.sha256, size=found.bytes, rows=found.rows, refused=found.refused,
        columns=list(found.columns), cursor=pulled.cursor(),
    )  # fmt: skip
    pulled.settle()
    _put_away(batch, pulled)


def _put_away(batch: Batch, pulled: Pulled) -> None:
    """The file itself lies beside what was landed from it; the folder into which it was dropped is free again."""
    if pulled.file is not None and pulled.file.exists():
        home = stages.folder(batch) / f"original{pulled.file.suffix.lower()}"
        try:
            pulled.file.replace(home)
        except OSError:  # another disk
            shutil.move(pulled.file, home)


def _not_again(batch: Batch) -> None:
    """End a batch whose file was gathered before: a file that is dropped twice changes nothing."""
    if batch.kind != Batch.Kind.REGULAR or not batch.source_bytes:
        return
    same = (
        Batch.objects.filter(pipeline=batch.pipeline, source_sha256=batch.source_sha256, number__lt=batch.number)
        .exclude(state__in=[Batch.State.CANCELLED, Batch.State.FAILED]).order_by("number").first()
    )  # fmt: skip
    if same is not None:
        words = _("和第 %(n)s 批的内容完全相同，没有重复归集。") % {"n": same.number}
        actions.settle(system(), batch.id, Batch.State.DONE, words, "same-file")
        raise Held


def _same_shape(batch: Batch, spec: Spec) -> None:
    """Hold a batch whose columns are not those of the last one: the source has changed, and somebody must say what that means."""
    columns = batch.columns
    own = [name for name in columns if name not in orders.OWN]
    missing = [name for name in spec.columns if name not in columns]
    known = batch.pipeline.columns
    extra = [name for name in own if known and name not in known]
    gone = [name for name in known if name not in own and name not in missing]
    if batch.kind == Batch.Kind.REPAIR:
        extra, gone = [], []
    if not missing and ("schema" in batch.passed or not (extra or gone)):
        return
    words = []
    if missing:
        words.append(_("缺少列：%(names)s。") % {"names": "、".join(missing[:20])})
    if gone:
        words.append(_("少了上一批有的列：%(names)s。") % {"names": "、".join(gone[:20])})
    if extra:
        words.append(_("多出了列：%(names)s。") % {"names": "、".join(extra[:20])})
    actions.hold(system(), batch.id, "missing" if missing else "schema", _("来源的数据结构变了。") + "".join(words))
    raise Held


def _standardise(batch: Batch, spec: Spec) -> None:
    if batch.landed == 0:
        actions.settle(system(), batch.id, Batch.State.DONE, _("没有新数据"), "empty")
        raise Held
    # Asked here and not when it was landed: whatever is killed in between, a batch passes these before it goes on.
    _not_again(batch)
    _same_shape(batch, spec)
    run = _begin(batch, "standardise")
    made = stages.standardise(spec, batch)
    _close(run, made.rows, made.manifest.bytes)
    _advance(batch, "standardise")


def _check(batch: Batch, spec: Spec) -> None:
    run = _begin(batch, "check")
    last = (
        Batch.objects.filter(pipeline=batch.pipeline, state=Batch.State.DONE, kind=Batch.Kind.REGULAR, number__lt=batch.number, landed__gt=0)
        .order_by("-number").values_list("landed", flat=True).first()
    )  # fmt: skip
    try:
        found = stages.check(spec, batch, last or 0)
    except LookupError as error:
        raise Refusal(
            _("规则要对照的主题库“%(name)s”还没有数据，请先归集它。") % {"name": error.args[0]}, code="no-reference"
        ) from None
    _close(run, found.rows, stages.file(batch, "marks").stat().st_size)
    scores = dimensions(found, batch.refused)
    with transaction.atomic():
        RuleResult.objects.filter(batch=batch).delete()
        RuleResult.objects.bulk_create([
            *(
                RuleResult(
                    batch=batch, rule=rule.code, label=rule.label, dimension=rule.dimension, does=rule.does, checked=checked, failed=failed,
                )
                for rule, checked, failed in found.results
            ),
            RuleResult(
                batch=batch, rule="_rows", label=_("每一行都读得出来"), dimension="completeness", does="hold_row",
                checked=found.rows + batch.refused, failed=batch.refused,
            ),
        ])  # fmt: skip
        Score.objects.update_or_create(
            batch=batch,
            defaults={
                "pipeline": batch.pipeline, "agency": batch.pipeline.owner, "day": batch.as_of, "rows": found.rows, "overall": overall(scores),
                "dimensions": scores,
            },
        )  # fmt: skip
        stopped = bool(found.stop) and "rules" not in batch.passed
        if stopped:
            words = "；".join(rule.label for rule in found.stop)
            actions.hold(
                system(), batch.id, "rules", _("整批没有通过检查：%(words)s。") % {"words": words}, held=found.held
            )
        else:
            _advance(batch, "check", held=found.held, warned=found.warned)
    if stopped:
        raise Held


def _publish(batch: Batch, spec: Spec) -> None:
    run = _begin(batch, "publish")
    if spec.register:
        done = actions.publish_to_register(system(), batch.id, lambda: _loaded(spec, batch))
        _close(run, done.landed - done.held, 0)
    else:
        while True:
            table = Table.objects.filter(code=spec.table).first()
            # What a repair holds is a few rows: nothing ends by it.
            merged = stages.merge(spec, batch, table, holds_all=spec.holds_all and batch.kind == Batch.Kind.REGULAR)
            _continue(batch)
            try:
                actions.publish(system(), batch.id, merged)
                break
            except actions.Overtaken:  # another pipeline published into the table meanwhile
                continue
        _close(run, merged.rows, merged.current.stat().st_size)
        _forget(spec.table, merged.version)


def _loaded(spec: Spec, batch: Batch) -> Any:
    return load(
        system(),
        spec.register,
        stages.good_rows(spec, batch),
        source=spec.register_source,
        as_of=batch.as_of,
        strict=False,
    )


def _forget(code: str, version: int) -> None:
    """Remove rows in force of versions before the last one: a reader that began with the last one still finds it."""
    for path in lake().path("tables", code).glob("current-*.parquet"):
        if int(path.name.split("-")[1]) < version - 1:
            lake().remove(path)


_STAGES: dict[str, Callable[[Batch, Spec], None]] = {
    "land": _land, "standardise": _standardise, "check": _check, "publish": _publish,
}  # fmt: skip
