"""Identifiers that are unique across nodes and sort by time (UUID version 7, RFC 9562)."""

from __future__ import annotations

import os
import threading
import time
import uuid

_RANDOM = 62  # random bits below the counter; it begins with its highest bit clear, so that it has room
_lock = threading.Lock()
_last = (0, 0)  # the millisecond of the last identifier, and its counter


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, a counter of 12 bits, then 62 random bits. Index-friendly and not guessable.

    Identifiers that one process makes in one millisecond sort in the order in which they were made (RFC 9562, 6.2, method 1): rows of
    one instant, such as the lines of a journal, keep their order. The counter begins at random; after some thousands in one millisecond
    it begins again.
    """
    global _last
    noise = int.from_bytes(os.urandom(10), "big")
    now = time.time_ns() // 1_000_000
    with _lock:
        counter = _last[1] + 1 if now == _last[0] and _last[1] < 0xFFF else noise >> 69
        _last = (now, counter)
    value = now << 80 | 0x7 << 76 | counter << 64 | 0x2 << 62 | noise & ((1 << _RANDOM) - 1)
    return uuid.UUID(int=value)
