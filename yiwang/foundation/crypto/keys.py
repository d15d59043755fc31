"""Keys in memory: made, wrapped, found, used. Private to this room; others use actions, queries and fields."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from yiwang.config.environment import environment, secret_from_file
from yiwang.kernel.ids import uuid7

from . import algorithms
from .models import Key

FRESH = 60.0  # seconds after which a process asks the store again whether a key is still the newest
LASTING = ("root-authority",)  # purposes whose key is for life: every paper ever made leads to it


class Unreadable(RuntimeError):
    """A sealed value does not open with this node's keys: it was changed, or the master key is another one."""


@cache
def _master() -> AESGCM:
    text = environment.master_key or secret_from_file(environment.data_dir / "keys" / "master.key", 32)
    return AESGCM(bytes.fromhex(text))


def _wrap(key_id: object, secret: bytes) -> bytes:
    nonce = uuid7().bytes[4:]  # 12 bytes, 74 of the bits random; a master key wraps far fewer than 2**32 keys
    return nonce + _master().encrypt(nonce, secret, str(key_id).encode())


def _unwrap(key_id: object, wrapped: bytes) -> bytes:
    try:
        return _master().decrypt(bytes(wrapped[:12]), bytes(wrapped[12:]), str(key_id).encode())
    except InvalidTag:
        raise Unreadable("a key does not open: is this the master key the node was made with?") from None


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A key ready for use in this process."""

    id: str
    owner: str
    purpose: str
    version: int
    algorithm: str
    secret: bytes
    public: bytes

    def private_key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_der_private_key(self.secret, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key


_lock = threading.Lock()
_current: dict[tuple[str, str], tuple[OpenKey, float]] = {}  # with the time (monotonic) until which it is believed
_versions: dict[tuple[str, str, int], OpenKey] = {}
# Keys made in a transaction that has not been committed: by owner and purpose, each with the hook that will remember it.
_made: dict[tuple[str, str], tuple[Callable[[], None], OpenKey]] = {}
_uncommitted: set[str] = set()
_LARGEST_CACHE = 10_000


def forget_keys() -> None:
    """Drop the keys held in memory (after a rotation, and between tests)."""
    with _lock:
        _current.clear()
        _versions.clear()
        _made.clear()
    algorithms.cipher.cache_clear()


def _opened(row: Key) -> OpenKey:
    return OpenKey(
        str(row.id),
        row.owner,
        row.purpose,
        row.version,
        row.algorithm,
        _unwrap(row.id, bytes(row.secret)),
        bytes(row.public),
    )


def _fresh(owner: str, purpose: str, version: int, algorithm: str) -> Key:
    secret, public = algorithms.fresh(algorithm)
    key_id = uuid7()
    return Key(
        id=key_id, owner=owner, purpose=purpose, version=version, algorithm=algorithm,
        secret=_wrap(key_id, secret), public=public,
    )  # fmt: skip


def current(owner: str, purpose: str, algorithm: str) -> OpenKey:
    """The newest key of ``owner`` for ``purpose``; made at the first use, with ``algorithm``.

    A key that was rotated by another process is seen within :data:`FRESH` seconds.
    """
    made = _of_this_transaction(owner, purpose)
    if made:
        return made
    cached, until = _current.get((owner, purpose), (None, 0.0))
    if cached and time.monotonic() < until:
        return cached
    rows = Key.objects.filter(owner=owner, purpose=purpose, retired_at=None).order_by("-version")
    row, made_here = rows.first(), False
    if row is None:
        try:
            with transaction.atomic():
                row = _fresh(owner, purpose, 1, algorithm)
                row.save(force_insert=True)
                made_here = True
        except IntegrityError:  # another process was first
            row = rows.first()
            assert row is not None
    key = _opened(row)
    if made_here:
        _keep(key)
    elif key.id not in _uncommitted:  # the rows of others are only seen once they are committed
        _remember(key)
    return key


def _keep(key: OpenKey) -> None:
    """Keep a key that was made here in memory: at once for its transaction, for the process when that is committed."""
    if not transaction.get_connection().in_atomic_block:
        _remember(key)
        return

    def committed() -> None:
        _uncommitted.discard(key.id)
        _remember(key)

    _uncommitted.add(key.id)
    _made[(key.owner, key.purpose)] = (committed, key)
    transaction.on_commit(committed)


def rotate(owner: str, purpose: str) -> OpenKey:
    """Make the next version of a key, with the algorithm of the node's suite for its use; part of the act under way.

    Earlier versions still open what they sealed, and what they signed still holds. Raises :class:`Unreadable` when there is
    no such key, ValueError for one that is for life: the root of the node, and keys of indexes (what was entered under one
    would not be found under another).
    """
    last = Key.objects.select_for_update().filter(owner=owner, purpose=purpose).order_by("-version").first()
    if last is None:
        raise Unreadable(f"no key {owner}/{purpose}")
    if purpose in LASTING or last.algorithm in algorithms.INDEXING:
        raise ValueError(f"the key {owner}/{purpose} is for life")
    # Certificates are ECDSA's until readers of PDF know SM2: a key that has one keeps its algorithm.
    certified = last.certificates.exists()
    algorithm = last.algorithm if certified else algorithms.of_same_use(last.algorithm)
    row = _fresh(owner, purpose, last.version + 1, algorithm)
    row.save(force_insert=True)
    Key.objects.filter(owner=owner, purpose=purpose, version__lte=last.version, retired_at=None).update(
        retired_at=timezone.now()
    )
    key = _opened(row)
    _keep(key)
    return key


def _of_this_transaction(owner: str, purpose: str) -> OpenKey | None:
    """The key that the transaction under way has made. Django drops its hook when that transaction is rolled back."""
    made = _made.get((owner, purpose))
    if made is None:
        return None
    hook, key = made
    return key if any(entry[1] is hook for entry in transaction.get_connection().run_on_commit) else None


def _remember(key: OpenKey) -> None:
    with _lock:
        if len(_versions) > _LARGEST_CACHE:
            _current.clear()
            _versions.clear()
        _current[(key.owner, key.purpose)] = (key, time.monotonic() + FRESH)
        _versions[(key.owner, key.purpose, key.version)] = key


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What may be shown of a key: its newest version, since when, and until when its certificate runs, if it has one."""

    owner: str
    purpose: str
    algorithm: str
    version: int
    since: dt.datetime
    not_after: dt.datetime | None
    for_life: bool


LARGEST_REGISTER = 500


def key_register() -> list[KeyRow]:
    """The newest version of every key except those of single persons, by owner and purpose; for rooms that have asked."""
    rows = (
        Key.objects.filter(retired_at=None)
        .exclude(owner__startswith="account:")
        .annotate(not_after=Max("certificates__not_after"))
        .defer("secret", "public")
        .order_by("owner", "purpose")[:LARGEST_REGISTER]
    )
    return [
        KeyRow(
            row.owner, row.purpose, row.algorithm, row.version, row.created_at, row.not_after,
            row.purpose in LASTING or row.algorithm in algorithms.INDEXING,
        )
        for row in rows
    ]  # fmt: skip


def of_version(owner: str, purpose: str, version: int) -> OpenKey:
    """A given version of a key. Raises :class:`Unreadable` when this node does not have it."""
    key = _versions.get((owner, purpose, version)) or _of_this_transaction(owner, purpose)
    if key is None or key.version != version:
        try:
            key = _opened(Key.objects.get(owner=owner, purpose=purpose, version=version))
        except Key.DoesNotExist:
            raise Unreadable(f"no key {owner}/{purpose} version {version}") from None
        if key.id not in _uncommitted:
            with _lock:
                _versions[(owner, purpose, version)] = key
    return key


def encrypt(purpose: str, plaintext: bytes, bound_to: str) -> bytes:
    """Seal under the node's current key for ``purpose``; the key version (2 bytes) and the nonce (12) lead the result."""
    key = current("node", purpose, algorithms.suite().sealing)
    nonce = os.urandom(12)
    sealed = algorithms.cipher(key.algorithm, key.secret).encrypt(nonce, plaintext, bound_to.encode())
    return key.version.to_bytes(2, "big") + nonce + sealed


def decrypt(purpose: str, sealed: bytes, bound_to: str) -> bytes:
    """Undo :func:`encrypt`. Raises :class:`Unreadable` if anything was changed."""
    key = of_version("node", purpose, int.from_bytes(sealed[:2], "big"))
    try:
        return algorithms.cipher(key.algorithm, key.secret).decrypt(sealed[2:14], sealed[14:], bound_to.encode())
    except InvalidTag:
        raise Unreadable(f"a sealed {bound_to} was changed or moved") from None


def keyed_hash(purpose: str, text: str) -> str:
    """A keyed hash for looking up sealed values by equality: 64 hex digits. The key is never rotated."""
    key = current("node", f"{purpose}-index", algorithms.suite().indexing)
    return algorithms.keyed_digest(key.algorithm, key.secret, text.encode())


def sign(owner: str, purpose: str, message: bytes) -> tuple[bytes, OpenKey]:
    """A signature (DER) by the current key of ``owner`` for ``purpose``, and that key; see :mod:`.algorithms`."""
    key = current(owner, purpose, algorithms.suite().signing)
    return algorithms.sign(key.algorithm, key.secret, message), key
