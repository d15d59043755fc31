"""What a key of each algorithm can do, and which algorithms new keys get: the international or the national suite (商用密码).

A key keeps the algorithm that it was made with, and a sealed value names the version of its key; so both suites live in one
node, and rotation moves a purpose from one to the other.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yiwang.config.environment import environment

from . import sm2

AES, HMAC, P256 = "AES-256-GCM", "HMAC-SHA256", "ECDSA-P256"
SM4, HMAC_SM3, SM2 = "SM4-GCM", "HMAC-SM3", "SM2"
SECRET_BYTES = {AES: 32, HMAC: 32, SM4: 16, HMAC_SM3: 32}
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {HMAC: hashes.SHA256, HMAC_SM3: hashes.SM3}


@dataclass(frozen=True, slots=True)
class Suite:
    """The algorithms that new keys get."""

    sealing: str
    indexing: str
    signing: str


SUITES = {
    "international": Suite(AES, HMAC, P256),
    "national": Suite(SM4, HMAC_SM3, SM2),
}
INDEXING = (HMAC, HMAC_SM3)


def suite() -> Suite:
    """The suite of this node (YIWANG_CRYPTO_SUITE)."""
    return SUITES[environment.crypto_suite]


def suite_problem() -> str:
    """What keeps this machine from the suite that is set, for the operator; "" when nothing does."""
    if suite().signing == SM2 and not sm2.available():
        return "YIWANG_CRYPTO_SUITE=national needs OpenSSL 3 (libcrypto) with SM2, which this machine does not have"
    return ""


def of_same_use(algorithm: str) -> str:
    """The algorithm of the node's suite for what a key of ``algorithm`` is used for."""
    place = next(use for made in SUITES.values() for use in Suite.__slots__ if getattr(made, use) == algorithm)
    return str(getattr(suite(), place))


def fresh(algorithm: str) -> tuple[bytes, bytes]:
    """A new secret and, for signatures, its public key (DER); otherwise empty."""
    if algorithm == SM2:
        return sm2.generate()
    if algorithm == P256:
        private = ec.generate_private_key(ec.SECP256R1())
        encoding, plain = serialization.Encoding.DER, serialization.NoEncryption()
        secret = private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        return secret, private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return os.urandom(SECRET_BYTES[algorithm]), b""


class AEAD(Protocol):
    """Authenticated encryption; a nonce of 12 bytes is used once, the tag of 16 bytes ends the result."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _SM4GCM:
    """SM4 in GCM (RFC 8998), with the face of AESGCM."""

    def __init__(self, secret: bytes) -> None:
        self._key = algorithms.SM4(secret)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        context = Cipher(self._key, modes.GCM(nonce)).encryptor()
        context.authenticate_additional_data(associated_data or b"")
        return context.update(data) + context.finalize() + context.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        if len(data) < 16:
            raise InvalidTag
        context = Cipher(self._key, modes.GCM(nonce, data[-16:])).decryptor()
        context.authenticate_additional_data(associated_data or b"")
        return context.update(data[:-16]) + context.finalize()


@lru_cache(maxsize=10_000)
def cipher(algorithm: str, secret: bytes) -> AEAD:
    """The cipher of a key."""
    return _SM4GCM(secret) if algorithm == SM4 else AESGCM(secret)


def keyed_digest(algorithm: str, secret: bytes, data: bytes) -> str:
    """HMAC in hex."""
    context = hmac.HMAC(secret, _DIGESTS[algorithm]())
    context.update(data)
    return context.finalize().hex()


def sign(algorithm: str, secret: bytes, message: bytes) -> bytes:
    """A signature (DER): ECDSA P-256 with SHA-256, or SM2 with SM3."""
    if algorithm == SM2:
        return sm2.sign(secret, message)
    key = serialization.load_der_private_key(secret, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def signature_is_valid(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` (DER) over ``message`` was made by the holder of ``public`` (DER), a P-256 or an SM2 key."""
    if sm2.is_key(public):
        return sm2.verify(public, signature, message)
    try:
        key = serialization.load_der_public_key(public)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
