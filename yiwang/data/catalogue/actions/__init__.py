"""The acts of the catalogue, by subject: the life of an entry."""

from .entries import change, drop, enter, enter_system, install, publish, review, submit, withdraw

__all__ = ["change", "drop", "enter", "enter_system", "install", "publish", "review", "submit", "withdraw"]
