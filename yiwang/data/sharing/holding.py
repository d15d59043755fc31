"""Asking the holder of a grant's data, within a time and never too many at once. Private to this room.

A provider that does not answer in time is left alone for a while (circuit breaker), so that callers get their no at once and workers
are not all kept waiting. Counted in each process for itself: what one learns, the others learn a few calls later.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from yiwang.data.catalogue import slots as catalogue
from yiwang.kernel.refusals import Refusal, TooOften

if TYPE_CHECKING:
    from .models import Grant

MOST_FAILURES = 3  # in a row: then the provider is left alone
REST = 30.0  # seconds
AT_ONCE = 4  # calls of one process that may wait for one provider at the same time
_CACHE = 10_000  # answers kept, of all grants together


class Unavailable(Refusal):
    """The provider does not answer now; ``extra["seconds"]`` says when to come again."""

    status = 503
    code = "provider-unavailable"


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom a holder is asked: what a holder that asks another node passes on."""

    purpose: str
    about: str
    agency: str
    number: str = ""  # of the envelope, when the question must be the same one again


asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


class Breaker:
    """What is known of one provider's health."""

    def __init__(self) -> None:
        self.failures, self.shut_until = 0, 0.0
        self.places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Ask the provider inside; an :class:`Unavailable` or OSError counts as a failure."""
        wait = self.shut_until - time.monotonic()
        if wait > 0:
            raise Unavailable(
                _("提供方的系统暂时没有应答，请过 %(n)d 秒再试。") % {"n": int(wait) + 1}, code="provider-resting",
                seconds=int(wait) + 1,
            )  # fmt: skip
        if not self.places.acquire(blocking=False):
            raise TooOften(_("正在等提供方应答的查询太多，请过一会儿再试。"), code="provider-busy", seconds=1)
        try:
            yield
        except (Unavailable, OSError):
            self.failures += 1
            if self.failures >= MOST_FAILURES:
                self.shut_until = time.monotonic() + REST
            raise
        finally:
            self.places.release()
        self.failures = 0


_breakers: dict[str, Breaker] = {}
_lock = threading.Lock()
_kept: OrderedDict[tuple[Any, ...], tuple[float, Mapping[str, Any] | None]] = OrderedDict()


def breaker(name: str) -> Breaker:
    with _lock:
        return _breakers.setdefault(name, Breaker())


def forget() -> None:
    """Forget what providers were like and what they said (between tests)."""
    with _lock:
        _breakers.clear()
        _kept.clear()


def rows(
    grant: Grant, place: str, keys: Sequence[Mapping[str, Any]], names: Sequence[str], ask: Asking
) -> list[Mapping[str, Any] | None]:
    """The rows of ``keys``, in their order. Call it outside a transaction: a provider may be slow.

    One row is answered from memory while the grant lets answers be kept. Raises :class:`Unavailable`, :class:`TooOften`.
    """
    kept = (grant.id, grant.revision, tuple(keys[0].values()), tuple(names)) if grant.cache and len(keys) == 1 else None
    if kept is not None:
        with _lock:
            found = _kept.get(kept)
        if found is not None and time.monotonic() < found[0]:
            return [found[1]]
    token = asking.set(ask)
    try:
        answer = catalogue.holders[place.partition(":")[0]].look_up(place, keys, names)
    finally:
        asking.reset(token)
    if kept is not None:
        with _lock:
            _kept[kept] = (time.monotonic() + grant.cache, answer[0])
            while len(_kept) > _CACHE:
                _kept.popitem(last=False)
    return answer
