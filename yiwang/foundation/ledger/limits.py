"""How often one address may use the public check, so that nobody keeps the node busy or tries codes in bulk.

Counted in the store, for all workers together, in whole minutes. Two requests at the very same moment may count as one: the
limit is a wall against floods, not an account.
"""

from __future__ import annotations

import ipaddress
import time

from django.core.cache import cache
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.refusals import TooOften

MINUTE = 60
# A hall with many visitors has one address, so these are well above what people do.
FILES, CODES = 30, 120  # a minute


def spend(actor: Actor, what: str, most: int) -> None:
    """Count one use of ``what`` by the actor's address. Raises :class:`TooOften` past ``most`` in this minute."""
    now = int(time.time())
    key = f"limit:{what}:{now // MINUTE}:{keyed_hash('address', _network(actor.address))[:32]}"
    if cache.add(key, 1, 2 * MINUTE):
        return
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out in between
        return
    if count > most:
        seconds = MINUTE - now % MINUTE
        raise TooOften(
            _("查得太频繁了。请过 %(n)d 秒再试；要查的文件很多，可以用离线查验工具。") % {"n": seconds}, seconds=seconds
        )


def _network(address: str) -> str:
    """One household: the address itself, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
