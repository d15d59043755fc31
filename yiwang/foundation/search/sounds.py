"""How Chinese words sound, so that pinyin and initials find titles, and a wrong character that sounds right still does.

The dictionary of pypinyin takes about 60 MB, so it is read by the first process that writes the index or repairs a query, and
by no other.
"""

from __future__ import annotations

from functools import lru_cache

from .text import normal, query_words

LONGEST = 40  # letters of a sound that are kept: nobody types more


@lru_cache(maxsize=50_000)
def _word(word: str) -> tuple[str, ...]:
    """The syllables of one word, without tones; anything that is not Chinese stays as it is."""
    from pypinyin import lazy_pinyin

    return tuple(syllable for syllable in lazy_pinyin(word, errors="default") if syllable)


def sound(text: str) -> str:
    """How the whole of ``text`` sounds: 食品许可 is "shipinxuke"."""
    return "".join("".join(_word(word)) for word in query_words(normal(text)))[:LONGEST]


def sounds(text: str) -> list[str]:
    """Under which sounds ``text`` is found: spelt out and as initials, from the beginning of each of its words on."""
    words = [_word(word) for word in query_words(normal(text))]
    found: list[str] = []
    for start in range(len(words)):
        rest = [syllable for word in words[start:] for syllable in word]
        found.append("".join(rest)[:LONGEST])
        found.append("".join(syllable[0] for syllable in rest)[:LONGEST])
    return list(dict.fromkeys(item for item in found if len(item) > 1))


def first_letter(text: str) -> str:
    """The letter A … Z under which ``text`` stands in an index of names; "#" for none."""
    words = query_words(normal(text))
    letter = "".join(_word(words[0]))[:1].upper() if words else ""
    return letter if "A" <= letter <= "Z" else "#"


def initials(text: str) -> str:
    """The first letters of the syllables: 区人社局 is "qrsj". Only letters and digits a–z, 0–9."""
    letters = (syllable[0] for word in query_words(normal(text)) for syllable in _word(word))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()) or "x"
