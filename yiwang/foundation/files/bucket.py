"""The store in a bucket of any service that speaks S3 (YIWANG_FILES_URL): the same encrypted files under the same names.

A file is written to the local disk first, like any upload, and put into the bucket when an act takes it up: in one request, in parts when it is
large, tried again when the service stumbles (object_store, through obstore). What lies in the bucket is encrypted already.

S3 has no rename, and not every service has conditional requests. So what nobody names is taken out in two steps, a day apart: first it goes
under ``aside/``, where reading still finds it; what a row names by then comes back. No act lasts a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, urlsplit

import obstore
import structlog
from django.core.checks import CheckMessage, Error
from django.utils import timezone
from django.utils.translation import gettext as _
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from yiwang.config.environment import environment
from yiwang.kernel.refusals import Refusal

if TYPE_CHECKING:
    from obstore.store import RetryConfig, S3Config

T = TypeVar("T")
PART = 8 * 1024 * 1024  # bytes; what is larger goes up in parts of this size, and S3 allows ten thousand
WINDOW = 1024 * 1024  # bytes fetched at once when a file is read
_RETRY: RetryConfig = {
    "max_retries": 5,
    "retry_timeout": dt.timedelta(seconds=30),
    "backoff": {"init_backoff": dt.timedelta(milliseconds=100), "max_backoff": dt.timedelta(seconds=3), "base": 2},
}
log = structlog.get_logger("yiwang.files")


@cache
def _store(url: str, key: str, secret: str) -> S3Store:
    """The bucket of a URL like s3://bucket/prefix?endpoint=https://s3.example&region=cn-1."""
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    endpoint = asked.get("endpoint", "")
    config: S3Config = {"region": asked.get("region", "us-east-1")}
    if endpoint:
        config["endpoint"] = endpoint
    if key:
        config["access_key_id"], config["secret_access_key"] = key, secret
    return S3Store(
        parts.netloc, prefix=parts.path.strip("/") or None, config=config, retry_config=_RETRY,
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": "60s", "connect_timeout": "5s"},
    )  # fmt: skip


def store() -> S3Store:
    """The bucket that the node is set to."""
    return _store(environment.files_url, environment.files_key, environment.files_secret)


def used() -> bool:
    """Whether files lie in a bucket."""
    return bool(environment.files_url)


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _aside(sha256: str) -> str:
    return f"aside/{sha256}"


def _asked(what: str, ask: Callable[[], T]) -> T:
    """The service's answer; when it gives none after all tries, the person is told to come again."""
    try:
        return ask()
    except (FileNotFoundError, NotFoundError):
        raise FileNotFoundError(what) from None
    except (BaseError, OSError) as error:
        log.exception("the bucket did not answer", what=what)
        refusal = Refusal(_("文件库暂时没有应答，这一步没有办成。请过几分钟再试。"), code="files-unavailable")
        refusal.status = 503
        raise refusal from error


def put(sha256: str, path: Path) -> None:
    """Lay a fresh copy of a sealed file under its name, durable when this returns."""

    def send() -> None:
        with path.open("rb") as file:
            obstore.put(
                store(),
                _name(sha256),
                file,
                use_multipart=path.stat().st_size > PART,
                chunk_size=PART,
                max_concurrency=4,
            )

    _asked(f"put {sha256}", send)


class Blob:
    """A stored object, readable at any place; holds two windows. Raises FileNotFoundError."""

    def __init__(self, sha256: str) -> None:
        self._windows: dict[int, bytes] = {}
        for self._key in (_name(sha256), _aside(sha256)):  # a sweep may hold it for its day of thought
            with suppress(FileNotFoundError):
                self.size: int = _asked(f"head {sha256}", lambda: obstore.head(store(), self._key))["size"]
                return
        raise FileNotFoundError(sha256)

    def _window(self, start: int) -> bytes:
        if start not in self._windows:
            while len(self._windows) > 1:
                del self._windows[next(iter(self._windows))]
            end, key = min(start + WINDOW, self.size), self._key

            def fetch() -> bytes:
                if end - start == self.size:  # some services answer a range that is everything with 200 in place of 206
                    return bytes(obstore.get(store(), key).bytes())
                return bytes(obstore.get_range(store(), key, start=start, end=end))

            self._windows[start] = _asked(f"get {key}", fetch)
        return self._windows[start]

    def read(self, length: int, offset: int) -> bytes:
        """``length`` bytes from ``offset``, fewer at the end."""
        found, end = b"", min(offset + length, self.size)
        while offset < end:
            start = offset // WINDOW * WINDOW
            part = self._window(start)[offset - start : end - start]
            if not part:
                raise FileNotFoundError(self._key)
            found, offset = found + part, offset + len(part)
        return found

    def close(self) -> None:
        self._windows.clear()


def _older(prefix: str, age: float) -> Iterator[str]:
    before = timezone.now() - dt.timedelta(seconds=age)
    for batch in _asked(f"list {prefix}", lambda: list(obstore.list(store(), prefix=prefix))):
        for found in batch:
            if found["last_modified"] < before:
                yield found["path"].rsplit("/", 1)[1]


def old_names(shard: str, age: float) -> Iterator[str]:
    """The hashes under one of the 256 prefixes ("00" … "ff") whose objects are older than ``age`` seconds."""
    return _older(f"{shard}/", age)


def aside_names(shard: str, age: float) -> Iterator[str]:
    """The hashes that were put aside longer than ``age`` seconds ago and begin with ``shard``."""
    return (sha256 for sha256 in _older("aside/", age) if sha256.startswith(shard))


def set_aside(sha256: str) -> None:
    """The first step of removing: reading still finds it."""
    with suppress(FileNotFoundError):  # another sweep was quicker
        _asked(f"copy {sha256}", lambda: obstore.copy(store(), _name(sha256), _aside(sha256)))
        _asked(f"delete {sha256}", lambda: obstore.delete(store(), _name(sha256)))


def put_back(sha256: str) -> None:
    """Some row names it after all."""
    with suppress(FileNotFoundError):
        _asked(f"copy {sha256}", lambda: obstore.copy(store(), _aside(sha256), _name(sha256)))
        forget(sha256)


def forget(sha256: str) -> None:
    """The second step: gone."""
    with suppress(FileNotFoundError):
        _asked(f"delete {sha256}", lambda: obstore.delete(store(), _aside(sha256)))


def reachable() -> None:
    """Ask the bucket for anything; raises what obstore raises."""
    next(iter(obstore.list(store(), prefix="00/", chunk_size=1)), None)


def check(app_configs: object, **_more: object) -> list[CheckMessage]:
    """For `yiwang check`: the bucket answers, and lets this node list it."""
    try:
        reachable()
    except (BaseError, OSError) as error:
        return [
            Error(
                f"the bucket {environment.files_url} does not answer: {str(error).splitlines()[0][:200]}",
                id="files.E001",
            )
        ]
    return []
