"""Finding. The index holds only what is public, so these ask for no actor and no permission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from .models import Document
from .ranking import likely, marked, order, snippet
from .slots import kinds as known_kinds
from .sounds import first_letter, initials, sound
from .stores import Candidate, store
from .text import grams, squeezed
from .understanding import Asked, synonyms, understand

__all__ = ["Hit", "Results", "first_letter", "initials", "pairs", "search"]

WINDOW = 200  # so many are put in order here; what lies behind comes in the order of the store
DEEPEST = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``snippet`` and ``marked_title`` are safe HTML with ``<mark>`` around the words found."""

    kind: str
    key: str
    title: str
    snippet: SafeString
    marked_title: SafeString
    data: dict[str, Any]

    @property
    def kind_name(self) -> str:
        """What people call its kind."""
        kind = known_kinds.get(self.kind)
        return str(kind.name) if kind else ""

    @property
    def icon(self) -> str:
        kind = known_kinds.get(self.kind)
        return kind.icon if kind else "file-text"

    @property
    def template(self) -> str:
        kind = known_kinds.get(self.kind)
        return kind.template if kind else ""

    @property
    def url(self) -> str:
        """Its page; "" for a kind whose room is not installed."""
        kind = known_kinds.get(self.kind)
        return kind.url(self.key) if kind else ""


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found, and how many there are in all.

    ``understood_as`` names the words that synonyms gave ("食品经营许可"), "" when the query was taken as typed; ``replaced`` has
    the pairs (phrase, words). ``alike``: nothing holds all the words, these only resemble the query.
    """

    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    understood_as: str = ""
    replaced: tuple[tuple[str, str], ...] = ()
    alike: bool = False


def pairs(text: str) -> list[str]:
    """The pairs of neighbouring letters and digits of a text in its one form, each once: for indexes of other rooms."""
    return grams(squeezed(text))


def search(
    text: str,
    *,
    kinds: Sequence[str] = (),
    audience: str = "",
    facets: Sequence[str] = (),
    limit: int = 20,
    offset: int = 0,
) -> Results:
    """Find public things by a query in anybody's words. At most six statements, whatever is found.

    ``audience`` keeps what is for them or for everybody. Several facets of one family ("agency:a", "agency:b") are a choice,
    facets of different families must all hold. Only the first 100 characters are read; nothing in the text is an operator.
    An empty query, or one without a letter or digit, finds nothing.
    """
    limit = max(1, min(limit, 100))
    offset = max(0, min(offset, DEEPEST))
    asked = understand(text, synonyms())
    if not asked.groups:
        return Results()
    choices = _choices(kinds, audience, facets)
    shown: list[Candidate] = []
    window: list[Candidate] = []
    if offset < WINDOW:
        window = store().best(asked, choices, WINDOW, 0)
        shown = order(asked, window)[offset : offset + limit]
    behind = offset + limit - WINDOW
    if behind > 0 and (offset >= WINDOW or len(window) == WINDOW):
        shown += store().best(asked, choices, min(limit, behind), max(offset, WINDOW))
    total = len(window) if offset < WINDOW and len(window) < WINDOW else store().count(asked, choices)
    if total:
        return Results(_hits(asked, shown), total, asked.understood_as, asked.synonyms)
    said = sound(asked.core)
    resembling = store().heard(said, choices, WINDOW) if len(said) > 3 else []
    found = likely(asked, said, resembling or store().alike(asked, choices, WINDOW))
    shown = found[offset : offset + limit]
    return Results(_hits(asked, shown), len(found), alike=True)


def _choices(kinds: Sequence[str], audience: str, facets: Sequence[str]) -> list[list[str]]:
    choices: list[list[str]] = []
    if kinds:
        choices.append([f"kind:{kind}" for kind in kinds])
    if audience:
        choices.append([f"audience:{audience}", "audience:*"])
    families: dict[str, list[str]] = {}
    for facet in facets:
        families.setdefault(facet.split(":", 1)[0], []).append(facet)
    return [*choices, *families.values()]


def _hits(asked: Asked, shown: Sequence[Candidate]) -> list[Hit]:
    rows = {
        number: (body, data)
        for number, body, data in Document.objects.filter(id__in=[c.id for c in shown]).values_list(
            "id", "body", "data"
        )
    }
    words = sorted({*asked.words, asked.core}, key=len, reverse=True)
    hits: list[Hit] = []
    for candidate in shown:
        if candidate.id not in rows:  # taken out between the two statements
            continue
        body, data = rows[candidate.id]
        hits.append(
            Hit(
                candidate.kind,
                candidate.key,
                candidate.title,
                snippet(body, words),
                marked(candidate.title, words),
                data,
            )
        )
    return hits
