"""Keys in memory: made, wrapped, found, used. Private to this room; others use actions, queries and fields."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, transaction

from yiwang.config.environment import environment, secret_from_file
from yiwang.kernel.ids import uuid7

from .models import Key

AES, HMAC, P256 = "AES-256-GCM", "HMAC-SHA256", "ECDSA-P256"


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
_current: dict[tuple[str, str], OpenKey] = {}
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
    _ciphers.cache_clear()


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
    public = b""
    if algorithm == P256:
        private = ec.generate_private_key(ec.SECP256R1())
        encoding, plain = serialization.Encoding.DER, serialization.NoEncryption()
        secret = private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        public = private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        secret = AESGCM.generate_key(256)
    key_id = uuid7()
    return Key(
        id=key_id, owner=owner, purpose=purpose, version=version, algorithm=algorithm,
        secret=_wrap(key_id, secret), public=public,
    )  # fmt: skip


def current(owner: str, purpose: str, algorithm: str) -> OpenKey:
    """The newest key of ``owner`` for ``purpose``; made at the first use."""
    cached = _current.get((owner, purpose)) or _of_this_transaction(owner, purpose)
    if cached:
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
    if made_here and transaction.get_connection().in_atomic_block:  # a rolled-back key must not stay in memory

        def committed() -> None:
            _uncommitted.discard(key.id)
            _remember(key)

        _uncommitted.add(key.id)
        _made[(owner, purpose)] = (committed, key)
        transaction.on_commit(committed)
    elif key.id not in _uncommitted:  # the rows of others are only seen once they are committed
        _remember(key)
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
        _current[(key.owner, key.purpose)] = key
        _versions[(key.owner, key.purpose, key.version)] = key


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


@cache
def _ciphers(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def encrypt(purpose: str, plaintext: bytes, bound_to: str) -> bytes:
    """AES-256-GCM under the node's current key for ``purpose``; the key version leads the result."""
    import os

    key = current("node", purpose, AES)
    nonce = os.urandom(12)
    return key.version.to_bytes(2, "big") + nonce + _ciphers(key.secret).encrypt(nonce, plaintext, bound_to.encode())


def decrypt(purpose: str, sealed: bytes, bound_to: str) -> bytes:
    """Undo :func:`encrypt`. Raises :class:`Unreadable` if anything was changed."""
    key = of_version("node", purpose, int.from_bytes(sealed[:2], "big"))
    try:
        return _ciphers(key.secret).decrypt(sealed[2:14], sealed[14:], bound_to.encode())
    except InvalidTag:
        raise Unreadable(f"a sealed {bound_to} was changed or moved") from None


def keyed_hash(purpose: str, text: str) -> str:
    """A keyed hash for looking up sealed values by equality: 64 hex digits. The key is never rotated."""
    key = current("node", f"{purpose}-index", HMAC)
    return hmac.new(key.secret, text.encode(), hashlib.sha256).hexdigest()


def sign(owner: str, purpose: str, message: bytes) -> tuple[bytes, OpenKey]:
    """An ECDSA P-256/SHA-256 signature (DER) and the key that made it."""
    key = current(owner, purpose, P256)
    return key.private_key().sign(message, ec.ECDSA(hashes.SHA256())), key


def signature_is_valid(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` (DER) over ``message`` was made by the holder of ``public`` (DER)."""
    try:
        key = serialization.load_der_public_key(public)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
