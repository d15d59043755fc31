"""Case numbers 办件编号: unique across nodes, never repeated, not guessable, easy to read out on the telephone.

Twenty digits: the node's division code (6), the day (yymmdd), seven random digits, one check digit (ISO 7064 MOD 11,10, GB/T 17710).
Random, so that writers never wait for each other and a number tells nothing about its neighbours; that no case is missing is
proven by the ledger, not by counting numbers.
"""

from __future__ import annotations

import datetime as dt
import secrets

from yiwang.config.environment import environment


def check_digit(digits: str) -> str:
    """The ISO 7064 MOD 11,10 check digit for a string of digits."""
    rest = 10
    for digit in digits:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)


def new_number(day: dt.date) -> str:
    """A new number for a case opened on ``day``. A collision (one in ten million a day) is caught by the unique column."""
    digits = f"{environment.node_code}{day:%y%m%d}{secrets.randbelow(10_000_000):07d}"
    return digits + check_digit(digits)


def clean(text: str) -> str:
    """A number as typed, without spaces and dashes; "" when it cannot be a number (wrong length or check digit)."""
    digits = "".join(character for character in text if character.isascii() and character.isdigit())
    return digits if len(digits) == 20 and check_digit(digits[:-1]) == digits[-1] else ""
