"""A store as it is after years: rows multiplied inside the database from one that the product wrote. Never through acts: these are benches of reading."""

from __future__ import annotations

from collections.abc import Mapping

CHUNK = 100_000
# How the two stores write the same: a key of a number, a text of a number, its pairs of digits, and a moment some seconds before another.
WORDS = {
    "sqlite": {
        "key": "printf('%032x', {0})",
        "digits": "printf('%020d', {0})",
        "hash": "printf('%064x', {0})",
        "pairs": " || ' ' || ".join(f"substr({{0}}, {place}, 2)" for place in range(1, 7)),
        "before": "strftime('%Y-%m-%d %H:%M:%f', {0}, '-' || ({1}) || ' seconds') || '000'",
    },
    "postgresql": {
        "key": "lpad(to_hex({0}), 32, '0')::uuid",
        "digits": "lpad(({0})::text, 20, '0')",
        "hash": "lpad(to_hex({0}), 64, '0')",
        "pairs": " || ' ' || ".join(f"substr(({{0}})::text, {place}, 2)" for place in range(1, 7)),
        "before": "{0} - ({1}) * interval '1 second'",
    },
}


def word(name: str, *parts: str) -> str:
    """An expression in the words of the store: ``word("key", "n")``."""
    from django.db import connection

    return WORDS[connection.vendor][name].format(*parts)


def multiply(table: str, template: object, first: int, last: int, changed: Mapping[str, str]) -> None:
    """Copy the row ``template`` of ``table`` for each n in ``first`` … ``last`` - 1; ``changed`` are columns with expressions over ``n`` and ``t``."""
    from django.db import connection

    with connection.cursor() as cursor:
        columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
        quoted = ", ".join(connection.ops.quote_name(name) for name in columns)
        chosen = ", ".join(changed.get(name, f"t.{connection.ops.quote_name(name)}") for name in columns)
        key = f"'{str(template).replace('-', '') if connection.vendor == 'sqlite' else template}'"
        for start in range(first, last, CHUNK):
            stop = min(start + CHUNK, last) - 1
            if connection.vendor == "sqlite":
                numbers = f"WITH RECURSIVE numbers(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM numbers WHERE n < {stop}) "
                source = "numbers"
            else:
                numbers, source = "", f"generate_series({start}, {stop}) AS numbers(n)"
            # Without parameters, so that no percent sign of an expression is taken for one.
            cursor.execute(
                f"INSERT INTO {table} ({quoted}) {numbers}SELECT {chosen} FROM {source}, {table} AS t WHERE t.id = {key}"
            )


def settle() -> None:
    """What the store does by itself in the night."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
