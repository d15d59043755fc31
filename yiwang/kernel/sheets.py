"""Text in the cells of spreadsheets."""

from __future__ import annotations

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones run too
_BLANKS = " \u00a0\u3000"


def harmless(text: str) -> str:
    """``text`` as a cell that is shown and never run as a formula, whoever wrote it."""
    return f"'{text}" if text.lstrip(_BLANKS).startswith(_RUN) or text.startswith(_RUN) else text
