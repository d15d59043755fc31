"""Work behind the files: scanning what waits, and removing content that no row names."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from uuid import UUID

import structlog
from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import every, job

from . import bucket
from .actions import discard, judge
from .models import StoredFile
from .queries import unused
from .slots import scanners
from .vault import incoming, old_names, open_content, put_back, set_aside

A_DAY = 24 * 3600.0  # seconds
_ROUND = 300  # seconds between two rounds; the 256 directories are gone through in less than a day
_BATCH = 500
log = structlog.get_logger("yiwang.files")


@job()
def scan(file_id: str) -> None:
    """Ask every plugged scanner about one waiting file."""
    file = StoredFile.objects.get(id=file_id)
    if file.state != StoredFile.State.WAITING:
        return
    found = ""
    for _name, scanner in scanners.items():
        found = found or scanner(open_content(file.sha256).chunks())
    judge(system(), UUID(file_id), found)


@every(24 * 3600)
def forget_unused() -> None:
    """Remove uploads that nobody took up: a form that was left, a material that was replaced."""
    before = timezone.now() - dt.timedelta(days=environment.unused_file_days)
    last: UUID | None = None
    while unused(before).filter(**({"id__gt": last} if last else {})).exists():
        _count, last = discard(system(), before, last)
        if last is None:
            return


@every(_ROUND)
def sweep_next() -> None:
    """Sweep one of the 256 directories of the store, another one each round."""
    sweep(f"{int(time.time() // _ROUND) % 256:02x}")


def sweep(shard: str, age: float = A_DAY) -> int:
    """Remove the contents in one directory that no row names and that are older than ``age`` seconds; returns how many.

    A file that an act is storing at this moment is not touched: storing always lays down a fresh file, and the age is
    looked at again after the file was taken out of its place.
    """
    removed = 0
    for aside in incoming().glob("*.aside") if incoming().is_dir() else ():  # a sweep that was killed
        removed += _decide(aside, age)
    for draft in incoming().iterdir() if incoming().is_dir() else ():
        if not draft.name.endswith(".aside") and _is_older(draft, age):
            draft.unlink(missing_ok=True)
    if bucket.used():
        return removed + _sweep_bucket(shard, age)
    names = list(old_names(shard, age))
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        for sha256 in set(batch) - _named(batch):
            removed += _decide(set_aside(sha256), age)
    if removed:
        log.info("contents without a row removed", count=removed)
    return removed


def _sweep_bucket(shard: str, age: float) -> int:
    """The same for a bucket, in two steps: what no row names is put aside, and is gone when no row names it ``age`` seconds later."""
    removed = 0
    aside = list(bucket.aside_names(shard, age))
    for start in range(0, len(aside), _BATCH):
        batch = aside[start : start + _BATCH]
        named = _named(batch)
        for sha256 in batch:
            if sha256 in named:
                bucket.put_back(sha256)
            else:
                bucket.forget(sha256)
                removed += 1
    names = list(bucket.old_names(shard, age))
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        for sha256 in set(batch) - _named(batch):
            bucket.set_aside(sha256)
    if removed:
        log.info("contents without a row removed", count=removed)
    return removed


def _named(hashes: list[str]) -> set[str]:
    return set(StoredFile.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))


def _is_older(path: Path, age: float) -> bool:
    try:
        return os.stat(path).st_mtime < time.time() - age
    except FileNotFoundError:
        return False


def _decide(aside: Path, age: float) -> int:
    if _is_older(aside, age) and not _named([aside.name.removesuffix(".aside")]):
        aside.unlink(missing_ok=True)
        return 1
    put_back(aside)
    return 0
