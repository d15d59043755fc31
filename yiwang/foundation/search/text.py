"""Text as search sees it: one form for every way of writing, cut into words.

The index and the query go through the same functions, so that both stores see the same words. Unknown names are cut into
single characters (no guessing by a hidden Markov model): guesses differ between a title and a query, characters do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

import rjieba

LONGEST_TITLE = 400
LONGEST_KEYWORDS = 4_000
LONGEST_BODY = 20_000
LONGEST_WORD = 64

# How people begin and end a question. Taken out anywhere, for they say nothing about the thing that is asked for.
_ASKING = re.compile(
    "^(?:请问|我们|我|本人|想要|想|要|请|帮我)+"
    "|怎么样|怎么|怎样|如何|什么|哪里|哪儿|多少|请问|一家|一个|一下|能不能|可不可以|可以吗|需要|应该"
)
_BRACKETS = re.compile(r"[（(【\[〔][^（(【\[〔）)】\]〕]*[）)】\]〕]")
# Words that are in every title or in every question: they never decide what is found, only what comes first.
_SPARE = (
    "的 了 吗 呢 吧 啊 和 与 及 或 等 对 在 是 有 我 你 您 去 到 把 被 给 让 这 那 想 要 办 做 个 家 办理 申请 申办 手续 流程 程序 材料 资料 条件 哪些 "
    "where how to the a an of for i"
)
SPARE = frozenset(_SPARE.split())


class _Forms(dict[int, str]):
    """The one form of each character, worked out when it is first met. For :meth:`str.translate`."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(code)).casefold()
        form = "".join(letter if letter.isalnum() else " " for letter in plain) or " "
        # Letters and digits are few enough to keep, and the punctuation that people use; not every symbol that there is.
        if not form.isspace() or code < 0x3100 or 0xFE00 <= code <= 0xFFFF:
            self[code] = form
        return form


_FORMS = _Forms()


def folded(text: str) -> tuple[str, Sequence[int]]:
    """``text`` in its one form, and for each character of that form the place in ``text`` from which it comes.

    Full-width and compatibility forms become plain (NFKC), capitals small, and everything that is neither letter nor digit
    (punctuation of any tradition, symbols, control characters) a space.
    """
    form = text.translate(_FORMS)
    if len(form) == len(text):  # every form has at least one character, so each stands where it stood
        return form, range(len(text))
    return form, [place for place, character in enumerate(text) for _letter in _FORMS[ord(character)]]


def normal(text: str) -> str:
    """``text`` in its one form, single spaces, none at the ends."""
    return " ".join(text.translate(_FORMS).split())


def squeezed(text: str) -> str:
    """``text`` in its one form without any space, to compare titles."""
    return "".join(text.translate(_FORMS).split())


def bare(text: str) -> str:
    """A title without what stands in brackets: 食品（含保健食品）经营许可 is, in short, 食品经营许可."""
    return _BRACKETS.sub("", text) or text


def index_words(normalised: str) -> list[str]:
    """The words under which a normalised text is found: long words and the shorter ones inside them."""
    return [word[:LONGEST_WORD] for word in rjieba.cut_for_search(normalised, False) if word != " "]


def query_words(normalised: str) -> list[str]:
    """A normalised query cut into its longest words."""
    return [word[:LONGEST_WORD] for word in rjieba.cut(normalised, False) if word != " "]


def parts(word: str) -> list[str]:
    """The shorter words inside a long one, if they make it up together: 许可证 has 许可."""
    return [part for part in rjieba.cut_for_search(word, False) if part != word and len(part) > 1]


def asked_for(normalised: str) -> str:
    """A query without the words of asking: "我想开一家饭馆" asks for "开饭馆". The query itself if nothing would be left."""
    return " ".join(_ASKING.sub("", normalised).split()) or normalised


def grams(squeezed_text: str) -> list[str]:
    """The pairs of neighbouring characters, each once, in order."""
    return list(dict.fromkeys(a + b for a, b in pairwise(squeezed_text)))


def once_each(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
