"""What somebody with the keys of the store could do: raw SQL, past the triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction


@contextmanager
def unlocked(*tables: str) -> Iterator[None]:
    """Take the triggers that refuse changes off some tables."""
    with connection.cursor() as cursor:
        for table in tables:
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_fixed{on}")
    yield


def sql(statement: str, *values: Any) -> None:
    """Run one statement; UUIDs are given as the store keeps them."""
    stored = [
        value if connection.vendor == "postgresql" or not isinstance(value, UUID) else value.hex for value in values
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, stored)
