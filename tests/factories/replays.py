"""A log of past fines, and a node that may take it over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from yiwang.foundation.access.queries import system
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.replaying_plan import Plan, read_plan

from .people import agency

PACK = Path(__file__).resolve().parents[2] / "yiwang" / "packs" / "traffic_fines"
COLUMNS = "case_id,activity,timestamp,resource,amount,article,paymentamount,points,vehicleclass"


def fines_plan() -> Plan:
    """The shipped plan, with its agency and procedure in place."""
    agency("gaj-traffic", "云州市公安局交通警察支队")
    actions.publish_procedure(
        system(), "traffic_fines", "道路交通违法罚款", (PACK / "procedures" / "traffic_fines.bpmn").read_text()
    )
    return read_plan(PACK / "replay.yaml")


def fine(case: str, *events: tuple[str, str] | tuple[str, str, str]) -> list[str]:
    """Rows of one case: (activity, day) or (activity, day, amount)."""
    rows = []
    for activity, day, *amount in events:
        money = amount[0] if amount else ""
        paid = money if activity == "Payment" else ""
        rows.append(f"{case},{activity},{day},561,{'' if paid else money},157.0,{paid},0.0,A")
    return rows


def log_file(folder: Path, *cases: Sequence[str]) -> Path:
    path = folder / "log.csv"
    path.write_text("\n".join([COLUMNS, *(row for case in cases for row in case)]) + "\n")
    return path
