"""Places as answers: a division is chosen step by step, from the province down to the community, and stored as its code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yiwang.foundation.orgs.queries import Region, region_chain, regions_in

# From the largest to the smallest: how deep a form may ask.
LEVELS = [level.value for level in Region.Level]
LONGEST_CHAIN = len(LEVELS)


@dataclass(frozen=True, slots=True)
class Step:
    """One list from which a division is chosen; ``chosen`` is a code or ""."""

    label: str
    options: list[tuple[str, str]]
    chosen: str


def region_error(code: str) -> str:
    """What is wrong with the code of a division, as a sentence; "" when nothing is."""
    return "" if region_chain(code) else _("没有这个地方，请重新选择。")


def depth_error(code: str, label: str, depth: str) -> str:
    """Whether a division is as small as the form asks, as a sentence; a place that has no smaller divisions is small enough."""
    chain = region_chain(code)
    if not chain or not depth or LEVELS.index(chain[-1].level) >= LEVELS.index(depth) or not regions_in(code):
        return ""
    return _("“%(label)s”请选到%(level)s。") % {"label": label, "level": str(Region.Level(depth).label)}


def in_words(code: str) -> str:
    """云岭省云州市东城区…; the code itself when the node does not know it."""
    return "".join(region.name for region in region_chain(code)) or code


def steps(code: str, depth: str = "") -> list[Step]:
    """The lists for a choice so far, and the next one, down to ``depth`` ("": as deep as there are divisions)."""
    chain = region_chain(code)
    deepest = LEVELS.index(depth) if depth else len(LEVELS) - 1
    found: list[Step] = []
    above = ""
    for place in range(len(chain) + 1):
        options = regions_in(above)
        if not options or LEVELS.index(options[0].level) > deepest:
            break
        chosen = chain[place].code if place < len(chain) else options[0].code if len(options) == 1 and not above else ""
        label = str(options[0].get_level_display())
        found.append(Step(label, [(region.code, region.name) for region in options], chosen))
        if not chosen:
            break
        above = chosen
    else:
        return found + _next(above, deepest)
    return found


def _next(above: str, deepest: int) -> list[Step]:
    """The list below a place that was chosen for the reader because there is no other."""
    options = regions_in(above)
    if not options or LEVELS.index(options[0].level) > deepest:
        return []
    return [Step(str(options[0].get_level_display()), [(region.code, region.name) for region in options], "")]


def chosen(codes: Iterable[str]) -> str:
    """The smallest division of lists that were posted together: each must lie right below the one before. A list that no longer fits
    what was chosen above it counts as not chosen."""
    found = ""
    for code in codes:
        chain = region_chain(code) if code else []
        if not chain or (chain[-1].parent_id or "") != found:
            break
        found = code
    return found
