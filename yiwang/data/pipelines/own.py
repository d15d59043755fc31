"""Data of this node that a pipeline may gather: its cases, without whom they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yiwang.foundation.cases.queries import Case

from .orders import KIND

AT_ONCE = 2_000


def cases_of_the_node(cursor: str) -> Iterator[dict[str, Any]]:
    """Every case of the node (办件), by number: what it was about, where, when, and how it ended. No party, no title: they name people."""
    rows = Case.objects.exclude(kind=KIND).order_by("created_at", "id").values_list(
        "number", "kind", "type_code", "type_name", "agency_id", "agency__name", "region_path", "channel", "created_at", "closed_at", "outcome",
        "outcome_name", "due_on",
    )  # fmt: skip
    for (
        number,
        kind,
        code,
        name,
        agency,
        agency_name,
        region,
        channel,
        opened,
        closed,
        outcome,
        words,
        due,
    ) in rows.iterator(chunk_size=AT_ONCE):
        yield {
            "办件编号": number, "类别": kind, "事项编码": code, "事项名称": name, "机构编码": agency, "机构名称": agency_name,
            "区划代码": region.strip("/").rsplit("/", 1)[-1], "渠道": channel, "受理时间": _local(opened), "办结时间": _local(closed), "结果": outcome,
            "结果名称": words, "最晚办结日期": due.isoformat() if due else None,
        }  # fmt: skip


def _local(moment: Any) -> str | None:
    """As the clocks of the place say it, which is how sources write times."""
    from django.utils import timezone

    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else None
