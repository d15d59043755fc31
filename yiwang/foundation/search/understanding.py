"""What a query means: groups of words that must all be found, each in one of several ways.

"我想开饭馆" becomes one group: 开 and 饭馆, or the words for which the phrase 开饭馆 stands: 食品 and 经营 and 许可.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from .models import Synonym, SynonymSet
from .text import SPARE, asked_for, grams, normal, once_each, parts, query_words

LONGEST_QUERY = 100  # characters that are read; the rest of a pasted text changes nothing
MOST_GROUPS = 10
MOST_GRAMS = 24
_PAPERS = "证照书卡表"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a group is found: all of ``words``, or a title that sounds like ``sound``."""

    words: tuple[str, ...] = ()
    sound: str = ""
    synonym: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as understood. ``synonyms`` are (phrase, words) as people wrote them, in the order of the query."""

    typed: str  # in its one form, without spaces
    core: str  # the same without words of asking and spare words
    groups: tuple[tuple[Way, ...], ...]
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> list[str]:
        """Every word of every way."""
        return once_each(word for group in self.groups for way in group for word in way.words)

    @property
    def grams(self) -> list[str]:
        """The pairs of neighbouring characters of what is asked for; enough of them to recognise a title."""
        return grams(self.core)[:MOST_GRAMS]

    @property
    def understood_as(self) -> str:
        return "、".join(once_each(words for _phrase, words in self.synonyms))


@dataclass(frozen=True, slots=True)
class Synonyms:
    """The phrases of the node, ready for look-up. ``phrases`` maps a phrase in its one form to the words it stands for."""

    phrases: Mapping[str, tuple[str, ...]]
    by_sound: Mapping[str, str]
    longest: int

    def at(self, text: str, start: int) -> str:
        """The longest phrase that begins at ``start``, or ""."""
        for length in range(min(self.longest, len(text) - start), 0, -1):
            phrase = text[start : start + length]
            if phrase in self.phrases and _whole(text, start, start + length):
                return phrase
        return ""


def _whole(text: str, start: int, end: int) -> bool:
    """Whether Latin letters at the edges are not the middle of a longer word."""

    def cuts(left: int, right: int) -> bool:
        return left >= 0 and right < len(text) and _latin(text[left]) and _latin(text[right])

    return not cuts(start - 1, start) and not cuts(end - 1, end)


def _latin(text: str) -> bool:
    return text.isascii() and text.isalnum()


@lru_cache(maxsize=4)
def _synonyms(stamp: UUID) -> Synonyms:
    phrases: dict[str, tuple[str, ...]] = {}
    by_sound: dict[str, str] = {}
    for phrase, words, sound in Synonym.objects.order_by("id").values_list("phrase", "words", "sound"):
        phrases[phrase] = (*phrases.get(phrase, ()), words)
        if len(sound) > 3:
            by_sound.setdefault(sound, phrase)
    return Synonyms(phrases, by_sound, max(map(len, phrases), default=0))


def synonyms() -> Synonyms:
    """The synonyms in force. One small query; the phrases themselves are kept in memory until they change."""
    stamp = SynonymSet.objects.filter(id=1).values_list("stamp", flat=True).first()
    return _synonyms(stamp) if stamp else Synonyms({}, {}, 0)


def understand(text: str, known: Synonyms) -> Asked:
    """Read a query. Nothing in it is an operator; an empty one has no groups."""
    typed = normal(text[:LONGEST_QUERY])
    asked = asked_for(typed)
    groups: list[tuple[Way, ...]] = []
    used: list[tuple[str, str]] = []
    core: list[str] = []
    for piece, phrase in _pieces(asked, known):
        if phrase:
            meanings = known.phrases[phrase]
            used += [(phrase, words) for words in meanings]
            own = Way(tuple(query_words(phrase)))
            others = [Way(tuple(once_each(query_words(normal(words)))), synonym=True) for words in meanings]
            groups.append((own, *others))
            core.append(piece)
            continue
        words = once_each(query_words(piece))
        kept = [word for word in words if word not in SPARE]
        core += kept
        groups += [_ways(word) for word in kept]
    if not groups:  # only spare words: then they are what is asked for
        core = once_each(query_words(typed))
        groups = [_ways(word) for word in core]
    return Asked(typed.replace(" ", ""), "".join(core).replace(" ", ""), tuple(groups[:MOST_GROUPS]), tuple(used))


def _pieces(text: str, known: Synonyms) -> list[tuple[str, str]]:
    """The text cut at known phrases: (piece, phrase or "")."""
    found: list[tuple[str, str]] = []
    pending = ""
    at = 0
    while at < len(text):
        phrase = known.at(text, at)
        if phrase:
            found += [(pending, ""), (phrase, phrase)]
            pending = ""
            at += len(phrase)
        else:
            pending += text[at]
            at += 1
    found.append((pending, ""))
    out: list[tuple[str, str]] = []
    for piece, phrase in found:
        if phrase:
            out.append((piece, phrase))
            continue
        for word in piece.split():
            out.append((word, known.by_sound.get(word, "")))
    return out


def _ways(word: str) -> tuple[Way, ...]:
    if _latin(word) and len(word) > 1:
        return (Way((word,)), Way(sound=word)) if not word.isdigit() else (Way((word,)),)
    inside = parts(word)
    covered = _covered(word, inside)
    # 经营许可 is made of its parts; a paper (许可证) is also found by the act that gives it (许可).
    if inside and (covered == len(word) or (covered == len(word) - 1 and word[-1] in _PAPERS)):
        return Way((word,)), Way(tuple(inside))
    return (Way((word,)),)


def _covered(word: str, inside: list[str]) -> int:
    """How many characters at the beginning of ``word`` lie in the words inside it."""
    held: set[int] = set()
    for part in inside:
        start = word.find(part)
        while start >= 0:
            held.update(range(start, start + len(part)))
            start = word.find(part, start + 1)
    return next((place for place in range(len(word)) if place not in held), len(word))
