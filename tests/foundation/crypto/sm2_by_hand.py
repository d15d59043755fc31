"""SM2 after the text of GB/T 32918.2, in plain integers: the other side in tests of interoperation. Slow, and not constant-time."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A, B = P - 3, 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
Point = tuple[int, int] | None


def add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def times(factor: int, point: Point) -> Point:
    found: Point = None
    while factor:
        if factor & 1:
            found = add(found, point)
        point, factor = add(point, point), factor >> 1
    return found


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def octets(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def hashed(public: tuple[int, int], message: bytes, identifier: bytes) -> int:
    """e of the standard: what is signed of a message."""
    length = (len(identifier) * 8).to_bytes(2, "big")
    z = sm3(length + identifier + octets(A, B, *G, *public))
    return int.from_bytes(sm3(z + message), "big")


def sign(secret: int, message: bytes, identifier: bytes, k: int = 0) -> bytes:
    """The signature in DER. ``k`` is chosen at random unless given."""
    public = times(secret, G)
    assert public is not None
    e = hashed(public, message, identifier)
    while True:
        chosen = k or secrets.randbelow(N - 1) + 1
        point = times(chosen, G)
        assert point is not None
        r = (e + point[0]) % N
        s = pow(1 + secret, -1, N) * (chosen - r * secret) % N
        if r and s and r + chosen != N:
            return encode_dss_signature(r, s)


def verify(public: tuple[int, int], signature: bytes, message: bytes, identifier: bytes) -> bool:
    r, s = decode_dss_signature(signature)
    t = (r + s) % N
    point = add(times(s, G), times(t, public))
    return bool(t) and point is not None and (hashed(public, message, identifier) + point[0]) % N == r


def private_der(secret: int) -> bytes:
    """ECPrivateKey (SEC 1) with the curve, as other programs write it."""
    public = times(secret, G)
    assert public is not None
    curve, bits = bytes.fromhex("a00a06082a811ccf5501822d"), b"\xa1\x44\x03\x42\x00\x04" + octets(*public)
    body = b"\x02\x01\x01\x04\x20" + octets(secret) + curve + bits
    return b"\x30" + bytes((len(body),)) + body


def public_der(public: tuple[int, int]) -> bytes:
    """SubjectPublicKeyInfo."""
    return bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004") + octets(*public)
