"""The model by which a register likens rows without a key to its records, as declared. Private to this room.

Fellegi–Sunter: each compared element reaches a level of likeness, and each level has a share among true pairs (m) and among
chance pairs (u). The shares among true pairs are fixed here per kind of comparison, so that a small register links as well as a large
one; the shares among chance pairs are counted in the data at each run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Problem

SURE, UNSURE = 98, 30  # percent
SOUND, YEAR = "~sound", "~year"
# Which types each kind of comparison fits.
FITS = {
    "name": {"text"},
    "date": {"date"},
    "address": {"text"},
    "number": {"text", "phone", "identity_number", "uscc"},
    "exact": {"text", "code", "region", "boolean", "integer", "date"},
}


@dataclass(frozen=True, slots=True)
class LinkModel:
    """Which elements are compared and how, which pairs are looked at, and from which probability a pair is sure or worth a look."""

    compare: tuple[tuple[str, str], ...]  # (element, how)
    block: tuple[tuple[str, ...], ...]
    sure: float
    unsure: float

    def elements(self) -> tuple[str, ...]:
        """The elements that it reads, in the order of the declaration."""
        blocked = {column.split("~")[0] for rule in self.block for column in rule}
        compared = [name for name, _how in self.compare]
        return (*compared, *sorted(blocked - set(compared)))


def model_of(body: dict[str, Any]) -> LinkModel:
    return LinkModel(
        tuple((one["element"], one["how"]) for one in body["compare"]),
        tuple(tuple(rule) for rule in body["block"]),
        body.get("sure", SURE) / 100,
        body.get("unsure", UNSURE) / 100,
    )


def model_problems(body: dict[str, Any], types: dict[str, str]) -> list[Problem]:
    """What the schema cannot say of a model: unknown elements, comparisons that do not fit, limits the wrong way round."""
    found: list[Problem] = []
    for index, one in enumerate(body["compare"]):
        if one["element"] not in types:
            found.append(
                Problem(
                    f"linking.compare.{index}", "missing", _("没有声明数据项“%(name)s”。") % {"name": one["element"]}
                )
            )
        elif types[one["element"]] not in FITS[one["how"]]:
            found.append(
                Problem(f"linking.compare.{index}", "type", _("“%(name)s”不能这样比对。") % {"name": one["element"]})
            )
    for index, rule in enumerate(body["block"]):
        for column in rule:
            name, _sign, part = column.partition("~")
            if name not in types or (part == "year" and types[name] != "date"):
                found.append(
                    Problem(f"linking.block.{index}", "missing", _("没有声明数据项“%(name)s”。") % {"name": column})
                )
    model = model_of(body)
    if model.unsure > model.sure:
        found.append(Problem("linking.unsure", "order", _("“待比对”的界限应低于“确定”的界限。")))
    return found
