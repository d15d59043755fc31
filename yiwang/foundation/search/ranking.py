"""Which of the documents that match comes first, and how a hit is shown. The same on both stores.

The store hands over its best few hundred; here they are put in the order a person would: the title asked for, titles that
begin with it, titles that hold it, then by where each group is found (title, keywords, text), with the document's own boost.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import eq

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .stores import Candidate
from .text import folded, grams, squeezed
from .understanding import Asked, Way

SNIPPET = 90  # characters


def order(asked: Asked, found: Sequence[Candidate]) -> list[Candidate]:
    """Documents that hold every group, the best first; what the store put first wins between equals."""
    scored = [(_score(asked, candidate), -place, candidate) for place, candidate in enumerate(found)]
    return [candidate for _points, _place, candidate in sorted(scored, key=lambda item: item[:2], reverse=True)]


def likely(asked: Asked, sound: str, found: Sequence[Candidate]) -> list[Candidate]:
    """Of documents that only resemble the query, those that a person may have meant, the likeliest first.

    Half a likeness is enough, if it comes near the best one; where nothing reaches half, up to five that reach a quarter are
    better than nothing.
    """
    scored: list[tuple[float, float, int, Candidate]] = []
    for place, candidate in enumerate(found):
        scored.append((_likeness(asked, sound, candidate), _score(asked, candidate), -place, candidate))
    scored.sort(key=lambda item: item[:3], reverse=True)
    enough = max(0.5, 0.85 * scored[0][0]) if scored else 0.5
    good = [candidate for likeness, *_rest, candidate in scored if likeness >= enough]
    return good or [candidate for likeness, *_rest, candidate in scored[:5] if likeness >= 0.25]


def _likeness(asked: Asked, sound: str, candidate: Candidate) -> float:
    """How alike a query and a document are, 0 … 1: the largest of

    - 0.95 when the title or a keyword sounds the same from one of its words on;
    - the share of characters that are the same when the query is laid beside the title, character by character;
    - the share of the asked-for characters whose words are found (a single character counts half);
    - the share of pairs of neighbouring characters that are found.
    """
    title, short, keywords = candidate.forms
    if sound and any(item.startswith(sound) for item in candidate.sounds.split()):
        return 0.95
    best = max(_beside(asked.core, title), _beside(asked.core, short))
    text = f"{title} {keywords}"
    held = total = 0.0
    for group in asked.groups:
        longest = max((len("".join(way.words)) for way in group), default=0)
        size = float(longest) if longest > 1 else 0.5
        total += size
        held += size if _place(group, text, "", "") > 0 else 0
    if total:
        best = max(best, held / total)
    wanted = set(asked.grams)
    if wanted:
        best = max(best, len(wanted.intersection(grams(text))) / len(wanted))
    return best


def _beside(query: str, title: str) -> float:
    """The largest share of ``query`` that is the same, place by place, when it is laid beside any stretch of ``title``."""
    if len(query) < 3:
        return 0.0
    best = 0
    for start in range(max(1, len(title) - len(query) + 1)):
        best = max(best, sum(map(eq, query, title[start : start + len(query)])))
    return best / len(query)


def _score(asked: Asked, candidate: Candidate) -> float:
    title, short, keywords = candidate.forms
    points = float(candidate.boost)
    points += max((_whole(text, title, short, keywords) for text in {asked.typed, asked.core} if text), default=0.0)
    points += sum(0.8 * _whole(squeezed(words), title, short, keywords) for _phrase, words in asked.synonyms)
    held = 0
    for group in asked.groups:
        place = _place(group, title, keywords, candidate.sounds)
        points += place
        if place >= 10:
            held += max(len("".join(way.words)) for way in group)
    # Of two titles that hold the same words, the one with less else in it is nearer.
    return points + 10 * min(1.0, held / max(len(title), 1))


def _whole(text: str, title: str, short: str, keywords: str) -> float:
    """How well a whole phrase is found; ``short`` is the title without what stands in brackets."""
    if text in (title, short):
        return 100.0
    if title.startswith(text) or short.startswith(text):
        return 50.0
    if text in title or text in short:
        return 30.0
    return 15.0 if text in keywords else 0.0


def _place(group: Sequence[Way], title: str, keywords: str, sounds: str) -> float:
    """How well a group is found: 10 in the title, 6 in the keywords or by sound, 0 elsewhere."""
    best = 0.0
    for way in group:
        if way.sound:
            if any(item.startswith(way.sound) for item in sounds.split()):
                best = max(best, 6.0 + (2.0 if way.sound in sounds.split() else 0.0))
        elif all(word in title for word in way.words):
            best = max(best, 10.0 + 0.5 * len("".join(way.words)))
        elif keywords and all(word in title or word in keywords for word in way.words):
            best = max(best, 6.0)
    return best


def marked(text: str, words: Collection[str]) -> SafeString:
    """``text`` escaped, with ``<mark>`` around the words."""
    return _mark(text, _spans(text, words))


def snippet(body: str, words: Collection[str]) -> SafeString:
    """The part of ``body`` with the most of the words in it, escaped, with ``<mark>`` around them."""
    text = " ".join(body.split())
    spans = _spans(text, words)
    begin = 0
    if spans:
        form, _places = folded(text)

        def richness(start: int) -> int:
            stretch = form[start : start + SNIPPET]
            return sum(word in stretch for word in words)

        # The earliest stretch, begun shortly before a hit, that holds the most different words.
        begin = max((max(0, a - 12) for a, _b in spans[:50]), key=richness)
    end = min(len(text), begin + SNIPPET)
    shown = _mark(text[begin:end], [(a - begin, b - begin) for a, b in spans if begin <= a and b <= end])
    return mark_safe(("…" if begin else "") + shown + ("…" if end < len(text) else ""))  # noqa: S308  # escaped in _mark


def _spans(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Where the words are in ``text``, in order and without overlaps."""
    longer = [word for word in words if len(word) > 1]
    form, places = folded(text)
    covered: list[bool] = [False] * len(text)
    for word in longer or words:  # a single character beside longer words marks half the page
        start = form.find(word) if word else -1
        while start >= 0:
            for place in places[start : start + len(word)]:
                covered[place] = True
            start = form.find(word, start + len(word))
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(covered):
        if covered[at]:
            end = at
            while end < len(covered) and covered[end]:
                end += 1
            spans.append((at, end))
            at = end
        else:
            at += 1
    return spans


def _mark(text: str, spans: Sequence[tuple[int, int]]) -> SafeString:
    out: list[str] = []
    at = 0
    for begin, end in spans:
        out += [escape(text[at:begin]), "<mark>", escape(text[begin:end]), "</mark>"]
        at = end
    out.append(escape(text[at:]))
    return mark_safe("".join(out))  # noqa: S308  # every piece was escaped
