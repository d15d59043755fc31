"""Writing the index. Plain functions, called inside the act that publishes or withdraws the thing, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from yiwang.kernel.canonical import plain
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid, Problem

from .models import Document, Synonym, SynonymSet
from .sounds import sound, sounds
from .stores import Entry, store
from .text import LONGEST_BODY, LONGEST_KEYWORDS, LONGEST_TITLE, bare, grams, index_words, normal, once_each, squeezed

BATCH = 500


@dataclass(frozen=True, slots=True)
class Entered:
    """A thing to be found. ``audience`` names who it is for, separated by spaces ("" is everybody); ``facets`` are further
    filters ("agency:yz-scjg"). ``boost`` moves it up (or down) among equals: 10 is as good as a further word in the title."""

    kind: str
    key: str
    title: str
    body: str = ""
    keywords: str = ""
    boost: int = 0
    audience: str = ""
    facets: Sequence[str] = ()
    data: dict[str, Any] = field(default_factory=dict)


def index(
    kind: str,
    key: str,
    *,
    title: str,
    body: str = "",
    keywords: str = "",
    boost: int = 0,
    audience: str = "",
    facets: Sequence[str] = (),
    data: dict[str, Any] | None = None,
) -> None:
    """Make one public thing findable, or change how it is found. See :class:`Entered`; two statements."""
    index_many([Entered(kind, key, title, body, keywords, boost, audience, facets, data or {})])


def index_many(things: Iterable[Entered]) -> int:
    """Make many things findable, a few statements for each 500; returns how many."""
    assert connection.in_atomic_block, "the index is written in the transaction of the thing itself"
    count = 0
    batch: list[Entered] = []
    for thing in things:
        batch.append(thing)
        if len(batch) == BATCH:
            count += _write(batch)
            batch = []
    return count + (_write(batch) if batch else 0)


def _write(things: list[Entered]) -> int:
    things = list({(thing.kind, thing.key): thing for thing in things}.values())
    documents = [
        Document(
            kind=thing.kind,
            key=thing.key,
            title=thing.title[:LONGEST_TITLE],
            keywords=thing.keywords[:LONGEST_KEYWORDS],
            body=thing.body[:LONGEST_BODY],
            form="\n".join(
                map(squeezed, (thing.title[:LONGEST_TITLE], bare(thing.title[:LONGEST_TITLE]), thing.keywords))
            ),
            sounds=" ".join(_sounds(thing)),
            boost=thing.boost,
            audience=thing.audience,
            facets=list(thing.facets),
            data=plain(thing.data),
        )
        for thing in things
    ]
    documents = Document.objects.bulk_create(
        documents,
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["title", "keywords", "body", "form", "sounds", "boost", "audience", "facets", "data"],
    )
    store().write([_entry(document) for document in documents])
    return len(documents)


def _sounds(thing: Entered) -> list[str]:
    title = thing.title[:LONGEST_TITLE]
    words = thing.keywords[:LONGEST_KEYWORDS].split()[:40]
    return once_each([*sounds(title), *sounds(bare(title)), *(item for word in words for item in sounds(word))])


def _entry(document: Document) -> Entry:
    title, keywords = normal(document.title), normal(document.keywords)
    return Entry(
        id=document.pk,
        title=index_words(title),
        keywords=index_words(keywords),
        body=index_words(normal(document.body)),
        grams=once_each([*grams(title.replace(" ", "")), *(gram for word in keywords.split() for gram in grams(word))]),
        sounds=document.sounds.split(),
        facets=[
            f"kind:{document.kind}",
            *(f"audience:{name}" for name in document.audience.split() or ["*"]),
            *document.facets,
        ],
    )


def remove(kind: str, key: str) -> None:
    """Take a thing out of the index. One that is not in it is no error."""
    assert connection.in_atomic_block, "the index is written in the transaction of the thing itself"
    ids = list(Document.objects.filter(kind=kind, key=key).values_list("id", flat=True))
    if ids:
        store().erase(ids)
        Document.objects.filter(id__in=ids).delete()


def set_synonyms(pairs: Sequence[tuple[str, str]]) -> None:
    """Say for what words everyday phrases stand: ("开饭馆", "食品经营许可").

    The pairs of a phrase replace the former pairs of that phrase and leave other phrases alone; a pair with empty words takes
    the phrase out. Raises :class:`Invalid` for a phrase without a letter or a pair that is too long.
    """
    assert connection.in_atomic_block, "synonyms are set inside an act"
    problems: list[Problem] = []
    wanted: dict[tuple[str, str], None] = {}
    phrases: dict[str, None] = {}
    for number, (typed, words) in enumerate(pairs):
        phrase = normal(typed)
        if not phrase or len(phrase) > 60 or len(words) > 120 or (words and not normal(words)):
            message = _("第 %(n)s 对近义词“%(phrase)s”不能用：说法应有 1 至 60 个字，对应的词不超过 120 个字。")
            problems.append(Problem(f"{number}", "format", message % {"n": number + 1, "phrase": typed}))
            continue
        phrases[phrase] = None
        if words:
            wanted[phrase, words.strip()] = None
    if problems:
        raise Invalid(_("有近义词写得不对，请修改后再保存。"), problems=problems)
    Synonym.objects.filter(phrase__in=list(phrases)).delete()
    Synonym.objects.bulk_create(
        [Synonym(phrase=phrase, words=words, sound=sound(phrase)) for phrase, words in wanted], batch_size=BATCH
    )
    SynonymSet.objects.update_or_create(id=1, defaults={"stamp": uuid7()})
