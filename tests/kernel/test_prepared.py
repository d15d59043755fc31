"""A prepared question answers as its queryset does, whatever its places are filled with."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.db.models import CharField, UUIDField

from tests.factories import citizen
from yiwang.foundation.access.models import Grant
from yiwang.foundation.accounts.models import Party
from yiwang.kernel.prepared import Given, Prepared

pytestmark = pytest.mark.django_db

BY_ID = Prepared(lambda: Party.objects.filter(id=Given("id", UUIDField())))
NAMES = Prepared(
    lambda: Party.objects.filter(kind=Given("kind", CharField())).exclude(name__contains="100%").order_by("name").values_list("name", "created_at")
)  # fmt: skip


def party(name: str, kind: str = "organisation") -> Party:
    return Party.objects.create(kind=kind, name=name, code=name, code_hash=name)


def test_rows_come_as_the_queryset_gives_them() -> None:
    made = party("甲")
    for _asking in range(8):  # PostgreSQL keeps the statement ready from the sixth time on
        found = BY_ID.first(id=made.id)
        assert found == made
        assert found is not None
        assert (found.name, found.code.plain(), found.created_at) == ("甲", "甲", made.created_at)
    found.name = "乙"
    found.save()
    assert BY_ID.first(id=str(made.id)).name == "乙"  # type: ignore[union-attr]
    assert BY_ID.first(id=uuid.uuid4()) is None


def test_values_come_as_tuples_in_the_order_of_the_queryset() -> None:
    rows = [party(name) for name in ("丙", "乙")]
    party("100% 甲")
    party("丁", kind="person")
    assert NAMES.all(kind="organisation") == sorted((row.name, row.created_at) for row in rows)
    assert NAMES.all(kind="nobody") == []


def test_a_value_is_never_part_of_the_statement() -> None:
    assert NAMES.all(kind="' OR '1'='1") == []


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the embedded store has no round trip and keeps statements by itself"
)
def test_postgresql_keeps_it_ready_after_a_few_times() -> None:
    def ready() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%accounts_party%'")
            return int(cursor.fetchone()[0])

    BY_ID.first(id=uuid.uuid4())
    before = ready()
    for _asking in range(8):
        BY_ID.first(id=uuid.uuid4())
    assert ready() >= max(before, 1)


def test_what_it_does_not_understand_it_refuses() -> None:
    citizen()
    with pytest.raises(AssertionError, match="whole rows of one table"):
        Prepared(lambda: Grant.objects.select_related("role")).all()
