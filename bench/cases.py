"""A restricted clerk's lists at 10,000, 100,000 and 1,000,000 cases: the queue, the list of cases, and search by number and by words.

The rows are multiplied in the database, over forty agencies; the clerk sees one. A quarter of the cases is open, so at a million the
clerk's team has 6,250 tasks. The bare limit is the store's own answer to the same page through the bare driver, ids only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from bench import Figure, bench, percentile, quick, timed
from bench._bare import watched
from bench._permits import city, clerk, opened
from bench._seed import multiply, settle, word

SIZES = (10_000, 100_000, 1_000_000)
AGENCIES = 40
MINE = 7
PLACE = f"/gov/a{MINE}/"
OPEN = f"(n / {AGENCIES}) % 4 = 0"


@bench("cases")
def run(store: str) -> Iterable[Figure]:
    from yiwang.foundation.cases import queries
    from yiwang.foundation.cases.models import Case

    city()
    case = opened(1)[0]
    task = case.tasks.get(step="accept")
    for row in (case, task):
        row.agency_path = PLACE
        row.save(update_fields=["agency_path"])
    actor = clerk(PLACE, "window-clerk")
    asked: dict[str, Callable[[], Any]] = {
        "queue": partial(queries.queue, actor),
        "queue, mine": partial(queries.queue, actor, queries.QueueFilter(who="mine")),
        "queue, red": partial(queries.queue, actor, queries.QueueFilter(who="all", colour="red")),
        "open cases": partial(queries.staff_cases, actor),
        "all cases": partial(queries.staff_cases, actor, state="all"),
        "search by number": partial(queries.staff_cases, actor, state="all", text=case.number),
        "search by words": partial(queries.staff_cases, actor, state="all", text="餐饮 31"),
        "search by words of many": partial(queries.staff_cases, actor, state="all", text="食品经营许可"),
        "queue, by words": partial(queries.queue, actor, queries.QueueFilter(text="餐饮 31")),
        "search by words in vain": partial(queries.staff_cases, actor, state="all", text="没有这件"),
    }
    sizes = (500, 2_000) if quick() else SIZES
    rounds = 5 if quick() else 15
    first: dict[str, float] = {}
    done = 1
    for size in sizes:
        _grow(case, task, done, size)
        done = size
        assert Case.objects.count() >= size
        for name, work in asked.items():
            work()
            with watched() as statements:
                found = len(work().items)
            times, bare = [], []
            for _round in range(rounds):
                times.append(timed(work))
                if name in BARE:
                    bare.append(timed(partial(_bare, BARE[name], actor)))
            p95 = percentile(times, 0.95)
            growth = f", {p95 / first[name]:.2f} × the p95 at {sizes[0]:,}" if name in first else ""
            first.setdefault(name, p95)
            note = f"{found} rows, {statements.count} statements{growth}"
            yield Figure(
                f"{name}, p50, {size:,} cases", "ms", percentile(times, 0.5), percentile(bare, 0.5) if bare else 0.0
            )
            yield Figure(f"{name}, p95, {size:,} cases", "ms", p95, percentile(bare, 0.95) if bare else 0.0, note)


def _grow(case: Any, task: Any, first: int, last: int) -> None:
    path = f"'/gov/a' || (n % {AGENCIES}) || '/'"
    opened_at = word("before", "t.created_at", "n * 95")
    multiply("cases_case", case.id, first, last, {
        "id": word("key", "n"), "number": word("digits", "n"), "created_at": opened_at, "agency_path": path,
        "title": f"CASE WHEN n % {AGENCIES} = {MINE} THEN '食品经营许可核发 餐饮 ' || n ELSE '失业登记 ' || n END",
        "words": f"CASE WHEN n % {AGENCIES} = {MINE} THEN '食品 品经 经营 营许 许可 可核 核发 发餐 餐饮 ' ELSE '失业 业登 登记 ' END || "
        + word("pairs", "n"),
        "closed_at": f"CASE WHEN {OPEN} THEN NULL ELSE {opened_at} END",
    })  # fmt: skip
    multiply("cases_task", task.id, first, last, {
        "id": word("key", "n"), "case_id": word("key", "n"), "created_at": opened_at, "agency_path": path,
        "state": f"CASE WHEN {OPEN} THEN 'open' ELSE 'done' END",
    })  # fmt: skip
    settle()


BARE = {
    "queue": "SELECT id FROM cases_task WHERE state = 'open' AND doer = 'official' AND role = 'window-clerk' AND agency_path = %s "
    "AND (assignee_id IS NULL OR assignee_id = %s) ORDER BY created_at, id LIMIT 51",
    "open cases": "SELECT id FROM cases_case WHERE agency_path = %s AND closed_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 51",
}


def _bare(statement: str, actor: Any) -> object:
    from django.db import connection

    raw = connection.connection
    values = (PLACE, actor.account_id)[: statement.count("%s")]
    return raw.execute(statement.replace("%s", "?") if connection.vendor == "sqlite" else statement, values).fetchall()
