"""The one door of the engine. A room above asks for access and leaves the trace; the engine only computes and keeps files."""

from .connecting import connect, explain, limited
from .declared import FUNCTIONS, Declared, declared, expression
from .lake import Lake, Manifest, Written, lake
from .runners import DuckDBRunner, Relation, Runner, runner

__all__ = [
    "FUNCTIONS",
    "Declared",
    "DuckDBRunner",
    "Lake",
    "Manifest",
    "Relation",
    "Runner",
    "Written",
    "connect",
    "declared",
    "explain",
    "expression",
    "lake",
    "limited",
    "runner",
]
