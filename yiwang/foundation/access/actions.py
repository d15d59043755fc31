"""The front door for change: the acts on people."""

from .people import grant_standing, register_account, register_party, unmask

__all__ = ["grant_standing", "register_account", "register_party", "unmask"]
