"""Codes of items: the widths of the national standards, and the composite form that places use among themselves.

- GB/T 39046-2020: basic code an..10, implementation code an..24, its inner make-up left open.
- GB/T 39554 (newer): basic code 12; implementation code 31 = basic 12 + unified social credit code 18 + level 1; a handling item
  (业务办理项) adds 2: 33.
- Composite, as service sites of a province list it: ``511Z07001006-511602000000-000-11511301008778183N-1-00``: catalogue number, division
  (12 digits), extension of the division, agency, kind of body (1 or 2 in all rows seen), handling item. The catalogue number is
  12 or 14 characters, or an older number that itself holds hyphens ("Z-000147-001"). No text of this form was at hand: the names of
  the parts are read off the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMPOSITE = re.compile(
    r"(?P<catalogue>[0-9A-Z]{12}|[0-9A-Z]{14}|[0-9A-Z]{1,2}-[0-9A-Z]{4,6}-[0-9A-Z]{3,5})"
    r"(?:-(?P<division>\d{12})-(?P<extension>\d{3}))?"
    r"-(?P<agency>[0-9A-Z]+(?:-[0-9X])?)"
    r"(?:-(?P<body>\d)-(?P<handling>\d{2}))?"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """An implementation code taken apart. ``form`` is "short" (an..24), "31", "33", "composite" or "" (none of these)."""

    form: str
    catalogue: str = ""
    agency: str = ""
    division: str = ""
    extension: str = ""
    body: str = ""
    level: str = ""
    handling: str = ""

    @property
    def whole(self) -> bool:
        """Whether every part that the form should have is there."""
        return self.form in {"short", "31", "33"} or bool(self.division and self.handling)


def parse(code: str) -> Parts:
    """Take an implementation code apart by its form. Never raises: a form that is not known has no parts."""
    if re.fullmatch(r"[0-9A-Z]{31}(?:[0-9A-Z]{2})?", code) and code[30] in "1234567":
        return Parts(
            "33" if len(code) == 33 else "31",
            catalogue=code[:12],
            agency=code[12:30],
            level=code[30],
            handling=code[31:],
        )
    found = _COMPOSITE.fullmatch(code)
    if found:
        return Parts("composite", **{name: value or "" for name, value in found.groupdict().items()})
    return Parts("short" if re.fullmatch(r"[0-9A-Za-z]{1,24}", code) else "")


def basic_code(code: str) -> str:
    """The basic code inside an implementation code, "" where the form does not say."""
    return parse(code).catalogue
