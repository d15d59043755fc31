"""The index itself, as each store keeps it: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Both hold the same words under the number of the document and answer with the best numbers first; which of these is shown first
is decided by :mod:`ranking`, the same for both. Every word reaches a store quoted and made of letters and digits only, so
nothing that a person types can be an operator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

from yiwang.kernel.prepared import prepared_cursor

from .understanding import Asked, Way


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of one document."""

    id: int
    title: Sequence[str]
    keywords: Sequence[str]
    body: Sequence[str]
    grams: Sequence[str]
    sounds: Sequence[str]
    facets: Sequence[str]  # "kind:item", "audience:person"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that matches, with what ranking needs of it."""

    id: int
    kind: str
    key: str
    title: str
    form: str
    sounds: str
    boost: int

    @property
    def forms(self) -> list[str]:
        """The title, the title without what stands in brackets, and the keywords, in their one form without spaces."""
        return self.form.split("\n")


# Each inner tuple is a choice: a document must carry one facet of every choice.
Choices = Sequence[Sequence[str]]

_COLUMNS = "d.id, d.kind, d.key, d.title, d.form, d.sounds, d.boost"


class Store(Protocol):
    """What search needs of a store."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Put documents into the index, in place of what was there."""

    def erase(self, ids: Sequence[int]) -> None:
        """Take documents out of the index."""

    def best(self, asked: Asked, choices: Choices, limit: int, offset: int) -> list[Candidate]:
        """Documents in which every group is found, best first. One statement."""

    def count(self, asked: Asked, choices: Choices) -> int:
        """How many documents there are in which every group is found. One statement."""

    def heard(self, sound: str, choices: Choices, limit: int) -> list[Candidate]:
        """Documents that sound so from one of their words on. One statement."""

    def alike(self, asked: Asked, choices: Choices, limit: int) -> list[Candidate]:
        """Documents in which some word or some pair of neighbouring characters is found. One statement."""

    def sweep(self) -> None:
        """Forget documents that are gone."""


def _token(facet: str) -> str:
    """A facet as one word that no text contains."""
    return "x" + hashlib.sha256(facet.encode()).hexdigest()[:16]


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


class SqliteStore:
    """FTS5, one column for each kind of word. Title before keywords before text by the weights of BM25."""

    #                  title keywords body grams sounds facets
    _EXACT = "bm25(search_fts, 10.0, 5.0, 1.0, 0.0, 8.0, 0.0)"
    _ALIKE = "bm25(search_fts, 10.0, 5.0, 0.0, 3.0, 0.0, 0.0)"

    def write(self, entries: Sequence[Entry]) -> None:
        rows = [
            (
                entry.id, " ".join(entry.title), " ".join(entry.keywords), " ".join(entry.body),
                " ".join(entry.grams), " ".join(entry.sounds), " ".join(map(_token, entry.facets)),
            )
            for entry in entries
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT OR REPLACE INTO search_fts(rowid, title, keywords, body, grams, sounds, facets)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                rows,
            )

    def erase(self, ids: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM search_fts WHERE rowid = %s", [(number,) for number in ids])

    def best(self, asked: Asked, choices: Choices, limit: int, offset: int) -> list[Candidate]:
        return self._top(self._exact(asked, choices), self._EXACT, limit, offset)

    def count(self, asked: Asked, choices: Choices) -> int:
        match = self._exact(asked, choices)
        return int(_rows("SELECT count(*) FROM search_fts WHERE search_fts MATCH %s", [match])[0][0])

    def heard(self, sound: str, choices: Choices, limit: int) -> list[Candidate]:
        return self._top(self._within(f'(sounds : "{sound}" *)', choices), self._EXACT, limit, 0)

    def alike(self, asked: Asked, choices: Choices, limit: int) -> list[Candidate]:
        options = [f"{{title keywords}} : ({_any(asked.words)})"] if asked.words else []
        if asked.grams:
            options.append(f"grams : ({_any(asked.grams)})")
        if not options:
            return []
        return self._top(self._within(f"({' OR '.join(options)})", choices), self._ALIKE, limit, 0)

    def sweep(self) -> None:
        _run("DELETE FROM search_fts WHERE rowid NOT IN (SELECT id FROM search_document)")

    @staticmethod
    def _top(match: str, rank: str, limit: int, offset: int) -> list[Candidate]:
        # The best numbers are found in the index first; only they are joined.
        sql = (
            f"WITH top AS MATERIALIZED (SELECT rowid AS id, {rank} AS score FROM search_fts"  # noqa: S608  # constants
            " WHERE search_fts MATCH %s ORDER BY score, rowid LIMIT %s OFFSET %s)"
            f" SELECT {_COLUMNS} FROM top JOIN search_document d ON d.id = top.id ORDER BY top.score, d.id"
        )
        return [Candidate(*row) for row in _rows(sql, [match, limit, offset])]

    def _exact(self, asked: Asked, choices: Choices) -> str:
        groups = [" OR ".join(self._way(way) for way in group) for group in asked.groups]
        return self._within(" AND ".join(f"({group})" for group in groups), choices)

    @staticmethod
    def _way(way: Way) -> str:
        if way.sound:
            return f'(sounds : "{way.sound}" *)'
        words = " AND ".join(f'"{word}"' for word in way.words)
        return f"({{title keywords body}} : ({words}))"

    @staticmethod
    def _within(expression: str, choices: Choices) -> str:
        for choice in choices:
            expression += f" AND (facets : ({_any(map(_token, choice))}))"
        return expression


def _any(words: Iterable[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


class PostgresStore:
    """Two vectors a document: ``words`` finds, with the whole text; ``heads`` is small and ranks.

    In ``heads`` the title weighs A, keywords B, sounds C and pairs of characters D. A sound is kept as "=shipin" and a pair as
    "_食品", so that neither is taken for a word.
    """

    def write(self, entries: Sequence[Entry]) -> None:
        with prepared_cursor() as cursor:  # long texts travel beside the statement, not quoted into it
            cursor.execute(
                "INSERT INTO search_index (id, facets, heads, words)"
                " SELECT id, string_to_array(facets, ' '), heads::tsvector, words::tsvector"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS given (id, facets, heads, words)"
                " ON CONFLICT (id) DO UPDATE SET facets = excluded.facets, heads = excluded.heads, words = excluded.words",
                [
                    [entry.id for entry in entries],
                    [" ".join(map(_token, entry.facets)) for entry in entries],
                    [self._heads(entry) for entry in entries],
                    [self._words(entry) for entry in entries],
                ],
            )

    @staticmethod
    def _heads(entry: Entry) -> str:
        return _vector(
            (entry.title, "", "A"), (entry.keywords, "", "B"), (entry.sounds, "=", "C"), (entry.grams, "_", "")
        )

    @staticmethod
    def _words(entry: Entry) -> str:
        return _vector(
            (entry.title, "", "A"), (entry.keywords, "", "B"), (entry.body, "", ""), (entry.sounds, "=", "C")
        )

    def erase(self, ids: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_index WHERE id = ANY(%s)", [list(ids)])

    def best(self, asked: Asked, choices: Choices, limit: int, offset: int) -> list[Candidate]:
        return self._top("words", self._exact(asked), choices, limit, offset)

    def count(self, asked: Asked, choices: Choices) -> int:
        where, values = self._where("words", self._exact(asked), choices)
        return int(_rows(f"SELECT count(*) FROM search_index WHERE {where}", values)[0][0])  # noqa: S608  # constants

    def heard(self, sound: str, choices: Choices, limit: int) -> list[Candidate]:
        return self._top("heads", f"'={sound}':*", choices, limit, 0)

    def alike(self, asked: Asked, choices: Choices, limit: int) -> list[Candidate]:
        options = [f"'{word}'" for word in asked.words] + [f"'_{gram}'" for gram in asked.grams]
        return self._top("heads", " | ".join(options), choices, limit, 0) if options else []

    def sweep(self) -> None:
        _run("DELETE FROM search_index i WHERE NOT EXISTS (SELECT 1 FROM search_document d WHERE d.id = i.id)")

    @staticmethod
    def _top(column: str, query: str, choices: Choices, limit: int, offset: int) -> list[Candidate]:
        where, values = PostgresStore._where(column, query, choices)
        sql = (
            "WITH top AS MATERIALIZED (SELECT id, ts_rank(heads, %s::tsquery) AS score FROM search_index"  # noqa: S608  # constants
            f" WHERE {where} ORDER BY score DESC, id LIMIT %s OFFSET %s)"
            f" SELECT {_COLUMNS} FROM top JOIN search_document d ON d.id = top.id ORDER BY top.score DESC, d.id"
        )
        return [Candidate(*row) for row in _rows(sql, [query, *values, limit, offset])]

    @staticmethod
    def _where(column: str, query: str, choices: Choices) -> tuple[str, list[Any]]:
        values: list[Any] = [query]
        where = f"{column} @@ %s::tsquery"
        for choice in choices:
            where += " AND facets && %s"
            values.append([_token(facet) for facet in choice])
        return where, values

    @staticmethod
    def _exact(asked: Asked) -> str:
        return " & ".join("(" + " | ".join(PostgresStore._way(way) for way in group) + ")" for group in asked.groups)

    @staticmethod
    def _way(way: Way) -> str:
        if way.sound:
            return f"'={way.sound}':*"
        return "(" + " & ".join(f"'{word}'" for word in way.words) + ")"


def _vector(*parts: tuple[Sequence[str], str, str]) -> str:
    """The text of a tsvector: words with their places and weights. PostgreSQL keeps places up to 16,383."""
    place = 0
    out: list[str] = []
    for words, mark, weight in parts:
        for word in words:
            place = min(place + 1, 16_383)
            out.append(f"'{mark}{word}':{place}{weight}")
    return " ".join(out)


_STORES: dict[str, Store] = {"sqlite": SqliteStore(), "postgresql": PostgresStore()}


def store() -> Store:
    """The index of the store that this node runs on."""
    return _STORES[connection.vendor]
