"""The acts of the catalogue, by subject: the life of an entry, the source of an element, supply and demand, duties and freshness, the
survey."""

from .demands import answer_demand, demand, object_to, rate_demand
from .duties import BATCH, declare_duty, end_duty, measure, report
from .entries import change, drop, enter, enter_system, install, publish, review, submit, withdraw
from .sources import claim
from .survey import survey

__all__ = [
    "BATCH",
    "answer_demand",
    "change",
    "claim",
    "declare_duty",
    "demand",
    "drop",
    "end_duty",
    "enter",
    "enter_system",
    "install",
    "measure",
    "object_to",
    "publish",
    "rate_demand",
    "report",
    "review",
    "submit",
    "survey",
    "withdraw",
]
