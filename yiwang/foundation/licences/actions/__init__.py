"""Declaring types; issuing, changing, ending and showing licences.

A licence keeps its number for life. Changing 变更, correcting 更正 and re-issuing 补发、换发 make its next edition: a new paper
under a new seal and a new checking code; the edition before it is superseded at that moment. Only a renewal by a case of its
own (:func:`issue` with ``supersedes``) gives a new number.
"""

from .ending import BATCH, annul, expire
from .issuing import change, correct, issue, reissue
from .showing import Shown, show
from .types import declare_type

__all__ = [
    "BATCH",
    "Shown",
    "annul",
    "change",
    "correct",
    "declare_type",
    "expire",
    "issue",
    "reissue",
    "show",
]
