"""Finishing a task with a decision (accepting a permit: two reviews open, a clock stops, two start): the act, and its rows by the bare driver."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from bench import Figure, bench, percentile, quick, timed
from bench._bare import watched, write
from bench._permits import city, clerk, opened


@bench("complete")
def run(store: str) -> Iterable[Figure]:
    from yiwang.foundation.cases import actions
    from yiwang.foundation.cases.models import Task

    city()
    count = 30 if quick() else 400
    cases = opened(count + 2)
    actor = clerk("/", "window-clerk")
    tasks = list(Task.objects.filter(case__in=[case.id for case in cases], step="accept").values_list("id", flat=True))
    actions.complete(actor, tasks.pop(), "accept", "材料齐全")  # warms up
    with watched() as statements:
        actions.complete(actor, tasks.pop(), "accept", "材料齐全")
    times, own, bare = [], [], []
    for task in tasks:  # in turns, so that a busy machine is as busy for both
        spent = time.process_time()
        times.append(timed(partial(actions.complete, actor, task, "accept", "材料齐全")))
        own.append((time.process_time() - spent) * 1000)
        changes = statements.fresh()
        bare.append(timed(partial(write, changes)))
    note = f"one client, {statements.count} statements, {len(statements.changes)} of them change something"
    yield Figure("complete a task with a decision", "1/s", 1000 * count / sum(times), 1000 * count / sum(bare), note)
    yield Figure("complete, p50", "ms", percentile(times, 0.5), percentile(bare, 0.5))
    yield Figure("complete, p95", "ms", percentile(times, 0.95), percentile(bare, 0.95))
    yield Figure("complete, p50 CPU", "ms", percentile(own, 0.5), note="of our process; the same on a busy machine")
