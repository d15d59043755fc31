"""Cases for programs: the party's own, a clerk's queue, tasks and their outcomes, the supervision board; the office's moves; versions; the drawing of procedures."""

from . import designs, handing, moves, versions  # noqa: F401  # they add their operations to the router
from .cases import router

__all__ = ["router"]
