"""Finding cases by words: pairs of neighbouring characters of the title and of the applicant's name, with an index over them in each store.

Pairs, not words: whatever part of a name is typed, its pairs are in the index, and no dictionary has to know it (ADR 0052). They are
written with the case, in its own row, so a case is found as soon as it is there. On PostgreSQL the index is GIN over the pairs; on the
embedded store FTS5, filled by a trigger.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Lookup

from yiwang.foundation.search.queries import pairs

_TABLE = "cases_words"
_INSTALL = {
    "postgresql": [f"CREATE INDEX {_TABLE} ON cases_case USING gin (string_to_array(words, ' '))"],
    "sqlite": [
        f"CREATE VIRTUAL TABLE {_TABLE} USING fts5 (id UNINDEXED, words, tokenize = 'ascii', detail = none)",
        """CREATE TRIGGER cases_case_words AFTER INSERT ON cases_case
            BEGIN INSERT INTO cases_words (id, words) VALUES (NEW.id, NEW.words); END""",
    ],
}
_REMOVE = {
    "postgresql": [f"DROP INDEX {_TABLE}"],
    "sqlite": ["DROP TRIGGER cases_case_words", f"DROP TABLE {_TABLE}"],
}


class WordsField(models.TextField):  # type: ignore[type-arg]
    """Pairs of characters, separated by spaces. Asked with ``words__hold="餐饮 张伟"``: everything typed is there, in any order."""


@WordsField.register_lookup
class Hold(Lookup[Any]):
    """Whether all pairs of what was typed are there, by the index of the store."""

    lookup_name = "hold"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        column, values = self.process_lhs(compiler, connection)
        return f"string_to_array({column}, ' ') @> %s::text[]", [*values, asked(self.rhs)]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        quote = connection.ops.quote_name
        case = f"{quote(self.lhs.alias)}.{quote('id')}"
        words = " ".join(f'"{pair}"' for pair in asked(self.rhs))
        return f"{case} IN (SELECT id FROM {_TABLE} WHERE {_TABLE} MATCH %s)", [words]  # noqa: S608  # our own names


def words_of(*texts: str) -> str:
    """What is kept of a case's texts, to find it by."""
    return " ".join(dict.fromkeys(pair for text in texts for pair in pairs(text)))


def asked(typed: str) -> list[str]:
    """The pairs to look for. Empty when nothing typed is longer than one character."""
    return list(dict.fromkeys(pair for part in typed.split() for pair in pairs(part)))


def install(apps: Any, schema_editor: Any) -> None:
    """Run by the migration. One that rebuilds the table of cases on SQLite has to run it again: the trigger goes with the old table."""
    for statement in _INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(apps: Any, schema_editor: Any) -> None:
    """The way back of :func:`install`."""
    for statement in _REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)
