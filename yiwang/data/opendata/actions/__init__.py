"""The acts of open data, by subject: preparing, releasing, and what the public asks."""

from .asking import (
    ask_access,
    correct,
    issue_token,
    revoke_access,
    show,
    subscribe,
    unsubscribe,
    vote,
    wish,
)
from .preparing import Plan, check, finish_check, prepare, submit
from .releasing import install, release, send_back, withdraw, withdraw_edition

__all__ = [
    "Plan",
    "ask_access",
    "check",
    "correct",
    "finish_check",
    "install",
    "issue_token",
    "prepare",
    "release",
    "revoke_access",
    "send_back",
    "show",
    "submit",
    "subscribe",
    "unsubscribe",
    "vote",
    "wish",
    "withdraw",
    "withdraw_edition",
]
