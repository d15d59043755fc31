"""The front door for change: the acts on people and on what they may do."""

from .grants import grant, revoke
from .helping import drop_factors, reset_password, set_active, set_level, unlock
from .people import grant_standing, register_account, register_party, unmask

__all__ = [
    "drop_factors",
    "grant",
    "grant_standing",
    "register_account",
    "register_party",
    "reset_password",
    "revoke",
    "set_active",
    "set_level",
    "unlock",
    "unmask",
]
