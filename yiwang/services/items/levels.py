"""The same item at four levels 四级四同: what an implementation list shares with the lists of the authorities above.

Source: 《国务院关于加快推进“互联网+政务服务”工作的指导意见》 and GB/T 39554.1: an item of the basic list keeps name, code, type and legal basis from the
nation down to the county. A lower level may add local law to the basis; it may take nothing away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Length
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Problem

from .codes import basic_code
from .models import Item

MOST = 60  # implementations of one basic item that are compared
_REMARK = re.compile(r"[（(].*?[)）]|[《》\s]")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another implementation of the same basic item; ``above``: it lies above, so that what it says holds here too."""

    item: Item
    above: bool
    problems: tuple[Problem, ...]


def _same_law(title: str) -> str:
    """A title without brackets and remarks: the same law is written in many ways."""
    return _REMARK.sub("", title)


def _basic_name(body: Mapping[str, Any]) -> str:
    return str(body.get("basic", {}).get("name") or body.get("group") or body.get("name", ""))


def differences(body: Mapping[str, Any], above: Mapping[str, Any], where: str) -> list[Problem]:
    """What of ``body`` is not as the implementation ``above`` has it; ``where`` says whose that is."""
    found = []
    for field, own, theirs, name in (
        ("basic.name", _basic_name(body), _basic_name(above), _("基本目录名称")),
        ("type", body.get("type", ""), above.get("type", ""), _("事项类型")),
    ):
        if own != theirs:
            message = _("%(name)s应和上级一致：%(where)s写的是“%(theirs)s”，这里是“%(own)s”。")
            found.append(Problem(field, "same", message % {"name": name, "where": where, "theirs": theirs, "own": own}))
    own_laws = {_same_law(law["title"]) for law in body.get("basis", [])}
    for law in above.get("basis", []):
        if _same_law(law["title"]) not in own_laws:
            message = _("设定依据少了《%(law)s》：%(where)s有，这里也要有（可以另加本地的依据）。")
            found.append(Problem("basis", "same", message % {"law": law["title"].strip("《》"), "where": where}))
    return found


def elsewhere(body: Mapping[str, Any], region_path: str) -> list[Elsewhere]:
    """The other published implementations of the basic item of ``body``, from the top down. One query."""
    code = body.get("basic", {}).get("code") or basic_code(body["code"])
    if not code:
        return []
    rows = Item.objects.filter(basic_id=code, listed=True).exclude(code=body["code"])
    rows = rows.select_related("current", "agency", "region").annotate(depth=Length("region__path"))
    found = []
    for item in rows.order_by("depth", "code")[:MOST]:
        path, other = item.region.path, item.current
        assert other is not None  # it is listed
        above = len(path) < len(region_path) and region_path.startswith(path)
        below = len(path) > len(region_path) and path.startswith(region_path)
        if above or below:
            problems = (
                differences(body, other.body, item.region.name) if above else differences(other.body, body, _("本级"))
            )
            found.append(Elsewhere(item, above, tuple(problems)))
    return found


def conflicts(body: Mapping[str, Any], region_path: str) -> list[Problem]:
    """Where a body departs from what the levels above have published; the highest counts for each field."""
    found: dict[str, Problem] = {}
    for other in elsewhere(body, region_path):
        for problem in other.problems if other.above else ():
            key = problem.field if problem.field != "basis" else str(problem.message).partition("：")[0]
            found.setdefault(key, problem)
    return list(found.values())
