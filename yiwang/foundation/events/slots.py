"""What rooms plug into events: subscribers, and jobs that repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django_tasks import task
from django_tasks.base import Task

from yiwang.kernel.slots import Slot


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A function that a room runs for each event of some types. It must be idempotent: a job may run twice."""

    name: str
    types: frozenset[str]
    run: Callable[[Happening], None]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as a subscriber sees it."""

    id: str
    type: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Repeating:
    """A function that runs every ``seconds``; on one worker at a time."""

    name: str
    seconds: int
    run: Callable[[], None]


subscribers: Slot[Subscriber] = Slot("subscribers")
repeating: Slot[Repeating] = Slot("repeating")


def subscribe(*types: str) -> Callable[[Callable[[Happening], None]], Callable[[Happening], None]]:
    """Decorate a function in ``receivers.py``: run it, in a job, after each event of ``types`` has been committed."""

    def decorate(function: Callable[[Happening], None]) -> Callable[[Happening], None]:
        name = f"{function.__module__}.{function.__name__}"
        subscribers.plug(name, Subscriber(name, frozenset(types), function))
        return function

    return decorate


def every(seconds: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Decorate a function in ``jobs.py``: run it every ``seconds``."""

    def decorate(function: Callable[[], None]) -> Callable[[], None]:
        name = f"{function.__module__}.{function.__name__}"
        repeating.plug(name, Repeating(name, seconds, function))
        return function

    return decorate


class Unalarming(RuntimeError):
    """Raised by a job whose failure must not raise an alarm: it was to deliver one."""


RETRIES: dict[str, int] = {}  # task path -> how many times a failing job is tried in all
DEFAULT_TRIES = 8


def job(tries: int = DEFAULT_TRIES) -> Callable[[Callable[..., None]], Task[Any, Any]]:
    """Decorate a function in ``jobs.py``: it can be enqueued, and is tried up to ``tries`` times with growing pauses.

    The function must be idempotent and take only JSON values. Enqueue it with :func:`events.actions.enqueue`.
    """

    def decorate(function: Callable[..., None]) -> Task[Any, Any]:
        RETRIES[f"{function.__module__}.{function.__qualname__}"] = tries
        return task()(function)

    return decorate
