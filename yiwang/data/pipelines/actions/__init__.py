"""The front door for change: declaring pipelines, running and stopping batches, handing over data, work orders; and what the node does in a run."""

from .declaring import declare, pause
from .giving import drop, push, return_rows
from .node import Overtaken, hold, land, publish, publish_to_register, settle
from .steering import cancel, release, rerun, start

__all__ = [
    "Overtaken",
    "cancel",
    "declare",
    "drop",
    "hold",
    "land",
    "pause",
    "publish",
    "publish_to_register",
    "push",
    "release",
    "rerun",
    "return_rows",
    "settle",
    "start",
]
