"""How much one address may ask of the public doors in a minute. Counted in each process: a wall against floods, not an account.

The limit of the node is shared among its web processes, so that asking costs no statement.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter

from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import TooOften

MINUTE = 60
API, DOWNLOADS = 600, 60  # a minute, for one address on the whole node
_lock = threading.Lock()
_minute = 0
_counts: Counter[tuple[str, str]] = Counter()


def spend(actor: Actor, what: str, most: int) -> None:
    """Count one use of ``what`` by the actor's address. Raises :class:`TooOften` past ``most`` in this minute."""
    global _minute
    now = int(time.time())
    with _lock:
        if now // MINUTE != _minute:
            _minute = now // MINUTE
            _counts.clear()
        key = (what, _network(actor.address))
        _counts[key] += 1
        spent = _counts[key]
    if spent > max(most // environment.web_workers, 1):
        seconds = MINUTE - now % MINUTE
        raise TooOften(
            _("请求太频繁了，请过 %(n)d 秒再试。要全部数据的，请下载整个文件。") % {"n": seconds}, seconds=seconds
        )


def forget() -> None:
    """Begin to count anew (between tests)."""
    with _lock:
        _counts.clear()


def _network(address: str) -> str:
    """One household: the address itself, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
