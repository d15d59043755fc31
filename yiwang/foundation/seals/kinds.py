"""The kinds of seal and how each looks.

Diameters follow the State Council's rules on seals (国发〔1999〕25号): organs of a city or county have 42 mm, with a star.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.files.queries import draw

_TEMPLATE = (Path(__file__).parent / "typst" / "seal.typ").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of seal: its name for people, its diameter in mm, and whether a star stands in the middle."""

    name: Any
    size: int
    star: bool


OFFICIAL, SPECIAL, RECEIPT = "official", "special", "receipt"
KINDS = {
    OFFICIAL: Kind(_("公章"), 42, True),
    SPECIAL: Kind(_("专用章"), 40, True),
    RECEIPT: Kind(_("回执专用章"), 36, False),
}


def impression(kind: str, holder: str, name: str) -> str:
    """The image of a seal as SVG. ``name`` is the whole name; what goes beyond the holder's stands as a line below."""
    form = KINDS[kind]
    line = name.removeprefix(holder) if name != holder else ""
    ring = holder if name.startswith(holder) else name
    line = line if name.startswith(holder) else ""
    return draw(_TEMPLATE, {"size": str(form.size), "ring": ring, "line": line, "star": form.star}, "svg").decode()


@lru_cache(maxsize=256)
def stamp(image: str, size: int) -> bytes:
    """The image of a seal as a one-page PDF of ``size`` mm, for stamping."""
    template = (
        "#set page(width: float(data.size) * 1mm, height: float(data.size) * 1mm, margin: 0mm, fill: none)\n"
        '#image(bytes(data.image), format: "svg", width: 100%, height: 100%)'
    )
    return draw(template, {"size": str(size), "image": image}, "pdf")
