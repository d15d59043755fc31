"""Two questions that every act must answer in a test: does it refuse the wrong person, and does the ledger have it?

::

    def test_a_neighbour_may_not_withdraw() -> None:
        refused(withdraw, citizen("邻居"), application.id)

    def test_the_owner_withdraws() -> None:
        with recorded("applications.withdraw", by=owner, kind="application", subject=application.id):
            withdraw(owner, application.id)

``tests/watch.py`` collects over a whole run which acts were refused and recorded, by these helpers or otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Denied, Refusal, SignInNeeded


def row_counts() -> dict[str, int]:
    """How many rows each table of the house holds."""
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("yiwang.") and model._meta.managed
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables))
        return dict(cursor.fetchall())


def refused(action: Callable[..., Any], actor: Actor, *args: Any, **kwargs: Any) -> Refusal:
    """Check that ``action`` refuses ``actor``, keeps the denial, and adds no other row anywhere; return the refusal."""
    code = action.act_code  # type: ignore[attr-defined]  # every act has one
    before = row_counts()
    with pytest.raises((Denied, SignInNeeded)) as caught:
        action(actor, *args, **kwargs)
    after = row_counts()
    changed = {table: after[table] - before[table] for table in after if after[table] != before[table]}
    assert changed == {Denial._meta.db_table: 1}, f"a refused {code} must leave the denial and nothing else: {changed}"
    denial = Denial.objects.latest("id")
    assert (denial.permission, denial.account_id) == (code, actor.account_id)
    return caught.value


@contextmanager
def recorded(
    code: str, *, by: Actor | None = None, kind: str = "", subject: object = "", times: int = 1
) -> Iterator[list[Entry]]:
    """Check that the ledger gets ``times`` entries of the act ``code`` inside the block; yields the list that will hold them."""
    known = set(Entry.objects.filter(act=code).values_list("id", flat=True))
    found: list[Entry] = []
    yield found
    found += Entry.objects.filter(act=code).exclude(id__in=known).order_by("at", "id")
    assert len(found) == times, f"{code} was recorded {len(found)} times, not {times}"
    for entry in found:
        if by is not None:
            assert entry.actor == by.reference()
        if kind:
            assert entry.kind == kind
        if subject:
            assert entry.subject == str(subject)
