"""The report of data quality as a paper. Private to this room."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.files.queries import render_paper

from . import queries

_TEMPLATE = (Path(__file__).parent / "typst" / "quality.typ").read_text(encoding="utf-8")


def _score(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"


def quality_report(actor: Actor) -> bytes:
    """The report over everything that the actor may see, as of now."""
    agencies, lines = queries.quality(actor)

    def shown(items: list[queries.Quality]) -> list[dict[str, object]]:
        return [
            {
                "name": item.name, "agency": item.agency, "rows": f"{item.rows:,}", "overall": _score(item.overall),
                "scores": [_score(item.dimensions.get(name)) for name in queries.NAMES],
                "worst": [{"rule": rule, "failed": f"{failed:,}", "checked": f"{checked:,}"} for rule, failed, checked in item.worst],
            }
            for item in items
        ]  # fmt: skip

    now = timezone.localtime()
    data = {
        "node": environment.node_name, "day": f"{now.year}年{now.month}月{now.day}日", "names": [str(name) for name in queries.NAMES.values()],
        "agencies": shown(agencies), "lines": shown(lines),
    }  # fmt: skip
    return render_paper(_TEMPLATE, data, title=_("数据质量报告"), author=environment.node_name)
