"""SM2 signatures (GB/T 32918.2, GM/T 0009) through the machine's OpenSSL 3: the library that we ship keys with has no SM2.

Three traps of interoperation are closed here. The signer's identifier is always set, to ``1234567812345678`` unless told
otherwise: OpenSSL's own default is the empty one. A signature is DER, and only in the one shortest encoding of its two
numbers, each in 1 … n-1. Z (the hash over identifier, curve and public key) is computed by OpenSSL with SM3, from the
public key inside the key itself.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

IDENTIFIER = b"1234567812345678"  # GM/T 0009-2012, 10
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
# SubjectPublicKeyInfo of a point on the curve begins so: ecPublicKey, sm2p256v1 (1.2.156.10197.1.301), BIT STRING, uncompressed.
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
_SPKI_LENGTH = len(_SPKI) + 64
_LEAST_VERSION = 0x30000000


class NoSM2(RuntimeError):
    """This machine has no OpenSSL 3 with SM2; the national suite cannot be used on it."""


@cache
def _library() -> Any:
    name = ctypes.util.find_library("crypto")
    if not name:
        raise NoSM2("the national suite needs OpenSSL 3 (libcrypto), and there is none on this machine")
    lib = ctypes.CDLL(name)
    lib.OpenSSL_version_num.restype = ctypes.c_ulong
    if lib.OpenSSL_version_num() < _LEAST_VERSION:
        raise NoSM2(f"the national suite needs OpenSSL 3; {name} is older")
    pointers = (
        "EVP_PKEY_CTX_new_from_name", "EVP_MD_CTX_new", "EVP_sm3", "EVP_PKEY2PKCS8", "d2i_AutoPrivateKey", "d2i_PUBKEY",
    )  # fmt: skip
    for each in pointers:
        getattr(lib, each).restype = ctypes.c_void_p
    return lib


def available() -> bool:
    """Whether this machine can sign with SM2."""
    try:
        return bool(generate())
    except NoSM2:
        return False


class _Scope(ExitStack):
    """Frees what OpenSSL allocated. Nothing of its error queue is left behind for other users of the library."""

    def __init__(self) -> None:
        super().__init__()
        self.lib = _library()
        self.callback(self.lib.ERR_clear_error)

    def own(self, pointer: int | None, free: str) -> ctypes.c_void_p:
        if not pointer:
            raise NoSM2("OpenSSL refuses SM2: is it built without it?")
        held = ctypes.c_void_p(pointer)
        self.callback(getattr(self.lib, free), held)
        return held

    def read(self, data: bytes, reader: str) -> ctypes.c_void_p | None:
        """A key out of its DER, or None."""
        place = ctypes.c_char_p(data)
        pointer = getattr(self.lib, reader)(None, ctypes.byref(place), ctypes.c_long(len(data)))
        return self.own(pointer, "EVP_PKEY_free") if pointer else None

    def write(self, thing: ctypes.c_void_p, writer: str) -> bytes:
        """DER of a thing."""
        encode: Callable[..., int] = getattr(self.lib, writer)
        length = encode(thing, None)
        if length <= 0:
            raise NoSM2(f"OpenSSL cannot write the key ({writer})")
        buffer = ctypes.create_string_buffer(length)
        encode(thing, ctypes.byref(ctypes.cast(buffer, ctypes.c_char_p)))
        return buffer.raw

    def digest(self, key: ctypes.c_void_p, begin: str, identifier: bytes) -> ctypes.c_void_p:
        """A context that hashes with SM3 and signs or verifies with ``key``."""
        context = self.own(self.lib.EVP_MD_CTX_new(), "EVP_MD_CTX_free")
        inner = ctypes.c_void_p()
        md = ctypes.c_void_p(self.lib.EVP_sm3())
        if getattr(self.lib, begin)(context, ctypes.byref(inner), md, None, key) != 1:
            raise NoSM2("OpenSSL refuses SM2 with SM3")
        if self.lib.EVP_PKEY_CTX_set1_id(inner, identifier, len(identifier)) <= 0:
            raise NoSM2("OpenSSL does not take the signer's identifier")
        return context


def generate() -> tuple[bytes, bytes]:
    """A new key: the private one (PKCS #8, DER) and the public one (SubjectPublicKeyInfo, DER)."""
    with _Scope() as scope:
        context = scope.own(scope.lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None), "EVP_PKEY_CTX_free")
        made = ctypes.c_void_p()
        if (
            scope.lib.EVP_PKEY_keygen_init(context) != 1
            or scope.lib.EVP_PKEY_generate(context, ctypes.byref(made)) != 1
        ):
            raise NoSM2("OpenSSL makes no SM2 key")
        key = scope.own(made.value, "EVP_PKEY_free")
        packed = scope.own(scope.lib.EVP_PKEY2PKCS8(key), "PKCS8_PRIV_KEY_INFO_free")
        return scope.write(packed, "i2d_PKCS8_PRIV_KEY_INFO"), scope.write(key, "i2d_PUBKEY")


def sign(private: bytes, message: bytes, identifier: bytes = IDENTIFIER) -> bytes:
    """The signature (DER) of ``message`` by ``private`` (PKCS #8 or SEC 1, DER)."""
    with _Scope() as scope:
        key = scope.read(private, "d2i_AutoPrivateKey")
        if key is None:
            raise ValueError("this is no private key")
        context = scope.digest(key, "EVP_DigestSignInit", identifier)
        length = ctypes.c_size_t(128)
        buffer = ctypes.create_string_buffer(length.value)
        size = ctypes.c_size_t(len(message))
        if scope.lib.EVP_DigestSign(context, buffer, ctypes.byref(length), message, size) != 1:
            raise ValueError("OpenSSL did not sign: is the key one for SM2?")
        return buffer.raw[: length.value]


def verify(public: bytes, signature: bytes, message: bytes, identifier: bytes = IDENTIFIER) -> bool:
    """Whether ``signature`` (DER, shortest form) over ``message`` was made by the holder of ``public`` (DER)."""
    if not is_key(public) or not _canonical(signature):
        return False
    with _Scope() as scope:
        key = scope.read(public, "d2i_PUBKEY")
        if key is None:  # not a point of the curve
            return False
        context = scope.digest(key, "EVP_DigestVerifyInit", identifier)
        sizes = ctypes.c_size_t(len(signature)), ctypes.c_size_t(len(message))
        return bool(scope.lib.EVP_DigestVerify(context, signature, sizes[0], message, sizes[1]) == 1)


def is_key(public: bytes) -> bool:
    """Whether a public key (SubjectPublicKeyInfo, DER) is one of SM2."""
    return len(public) == _SPKI_LENGTH and public.startswith(_SPKI)


def _canonical(signature: bytes) -> bool:
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return False
    return 0 < r < ORDER and 0 < s < ORDER and encode_dss_signature(r, s) == signature
