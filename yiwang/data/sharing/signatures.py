"""HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530), in the one profile that the gateway takes. Private to this room.

One signature, labelled as the client likes. It must cover ``@method``, ``@target-uri`` (or ``@authority``, ``@path`` and ``@query``),
and ``content-digest`` whenever there is a body; it must carry ``created``, ``expires``, ``nonce`` and ``keyid``. Algorithms:
``ecdsa-p256-sha256`` and ``ed25519`` of the standard's register, and ``sm2-sm3`` (GB/T 32918, signature in DER), which it does not have.

Structured fields (RFC 8941) are read by the grammar that the two headers need, and anything else is refused: a reader that is more
generous than the signer's is how signatures get around checks. ADR 0068 says why there is no library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import signature_is_valid
from yiwang.kernel.refusals import SignInNeeded

P256, ED25519, SM2 = "ecdsa-p256-sha256", "ed25519", "sm2-sm3"
ALGORITHMS = (P256, ED25519, SM2)
SKEW = 30  # seconds that two clocks may differ
LONGEST = 300  # seconds from created to expires
_INPUT = re.compile(
    r'([a-z*][a-z0-9_\-.*]*)=(\(((?:"[a-z0-9@\-]+"(?: "[a-z0-9@\-]+")*)?)\)((?:;[a-z]+=(?:\d{1,15}|"[\x20-\x21\x23-\x5b\x5d-\x7e]*"))*))'
)
_PARAMETER = re.compile(r';([a-z]+)=(?:(\d{1,15})|"([^"]*)")')
_SIGNATURE = re.compile(r"([a-z*][a-z0-9_\-.*]*)=:([A-Za-z0-9+/=]+):")
_DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]+):")
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it is signed. ``headers`` by lower-case name; ``url`` is the whole target URI."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    def component(self, name: str) -> str | None:
        """The value of a component (RFC 9421, 2.1 and 2.2); None for one that the message does not have."""
        parts = urlsplit(self.url)
        derived = {
            "@method": self.method, "@target-uri": self.url, "@authority": parts.netloc.lower(), "@scheme": parts.scheme.lower(),
            "@path": parts.path or "/", "@query": f"?{parts.query}", "@request-target": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        }  # fmt: skip
        if name.startswith("@"):
            return derived.get(name)
        value = self.headers.get(name)
        return None if value is None else re.sub(r"\s+", " ", value.strip())


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature says of itself, and the bytes that it is over."""

    keyid: str
    algorithm: str
    nonce: str
    created: int
    expires: int
    base: bytes
    signature: bytes


def refusal(code: str, message: str) -> SignInNeeded:
    """Why a signature is not taken; 401 with a code for programs."""
    return SignInNeeded(message, code=code)


def digest(body: bytes) -> str:
    """The Content-Digest header of ``body``."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def base(message: Message, components: tuple[str, ...], parameters: str) -> bytes:
    """The signature base (RFC 9421, 2.5). Raises :class:`LookupError` for a component that the message does not have."""
    lines = []
    for name in components:
        value = message.component(name)
        if value is None:
            raise LookupError(name)
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode()


def read(message: Message, *, now: float | None = None) -> Signed:
    """Read and check everything about the signature of ``message`` but the signature itself. Raises :class:`SignInNeeded`."""
    found = _INPUT.fullmatch(message.headers.get("signature-input", ""))
    given = _SIGNATURE.fullmatch(message.headers.get("signature", ""))
    if found is None or given is None or found[1] != given[1]:
        raise refusal(
            "signature-format", _("请求没有签名，或者 Signature-Input、Signature 写得不对（RFC 9421，只带一个签名）。")
        )
    components = tuple(re.findall(r'"([^"]+)"', found[3]))
    parameters = {name: number or text for name, number, text in _PARAMETER.findall(found[4])}
    _covers(message, components)
    for name in ("created", "expires", "nonce", "keyid"):
        if not parameters.get(name):
            raise refusal("signature-parameters", _("签名缺少参数 %(name)s。") % {"name": name})
    try:
        created, expires = int(parameters["created"]), int(parameters["expires"])
        raw = base64.b64decode(given[2], validate=True)
    except (ValueError, binascii.Error):
        raise refusal("signature-format", _("签名的时间应是整数秒，签名值应是 Base64。")) from None
    _in_time(created, expires, time.time() if now is None else now)
    if not 8 <= len(parameters["nonce"]) <= 64 or len(parameters["keyid"]) > 100:
        raise refusal("signature-parameters", _("nonce 应为 8 至 64 个字符，每次请求都不一样。"))
    try:
        signed = base(message, components, found[2])
    except LookupError as missing:
        raise refusal("signature-components", _("签名包含的 %(name)s 请求里没有。") % {"name": missing}) from None
    return Signed(parameters["keyid"], parameters.get("alg", ""), parameters["nonce"], created, expires, signed, raw)


def _covers(message: Message, components: tuple[str, ...]) -> None:
    if len(set(components)) != len(components):
        raise refusal("signature-components", _("签名里同一个部分出现了两次。"))
    target = {"@target-uri"} <= set(components) or {"@authority", "@path", "@query"} <= set(components)
    if "@method" not in components or not target or (message.body and "content-digest" not in components):
        raise refusal("signature-components", _("签名应包含 @method、@target-uri，有正文的还要包含 content-digest。"))
    if message.body or "content-digest" in components:
        found = _DIGEST.fullmatch(message.headers.get("content-digest", ""))
        if found is None:
            raise refusal("digest-format", _("Content-Digest 写得不对，应像 sha-256=:…: 这样（RFC 9530）。"))
        if base64.b64encode(_HASHES[found[1]](message.body).digest()).decode() != found[2]:
            raise refusal("digest-mismatch", _("正文和 Content-Digest 对不上，可能在路上被改动。"))


def _in_time(created: int, expires: int, now: float) -> None:
    if created > now + SKEW:
        raise refusal(
            "clock-skew", _("签名的时间比本系统的时间晚 %(n)d 秒，最多可以差 %(skew)d 秒。请校准时钟。") % {"n": created - now, "skew": SKEW}
        )  # fmt: skip
    if not created < expires <= created + LONGEST:
        raise refusal("signature-life", _("签名的有效期应在 %(n)d 秒以内。") % {"n": LONGEST})
    if now > expires + SKEW:
        raise refusal(
            "signature-expired", _("签名已过期 %(n)d 秒（时钟最多可以差 %(skew)d 秒）。请重新签名，并校准时钟。") % {"n": now - expires, "skew": SKEW}
        )  # fmt: skip


def holds(algorithm: str, pem: str, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` over ``message`` was made with the key whose public half is ``pem``."""
    key = serialization.load_pem_public_key(pem.encode())
    if algorithm == ED25519:
        if not isinstance(key, ed25519.Ed25519PublicKey):
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True
    if algorithm == P256:
        if len(signature) != 64:
            return False
        signature = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return signature_is_valid(der, signature, message)


def algorithm_of(pem: str) -> str:
    """The algorithm of a public key in PEM. Raises ValueError for one that the gateway does not take."""
    key = serialization.load_pem_public_key(pem.strip().encode())
    if isinstance(key, ed25519.Ed25519PublicKey):
        return ED25519
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, ec.SECP256R1):
            return P256
        if key.curve.name.lower() in ("sm2", "sm2p256v1"):
            return SM2
    raise ValueError("not a key of P-256, Ed25519 or SM2")


def headers(
    method: str, url: str, body: bytes, keyid: str, algorithm: str, sign: Callable[[bytes], bytes], *, life: int = 60, now: float | None = None
) -> dict[str, str]:  # fmt: skip
    """The headers that sign a request, for this node as a client of another. ``sign`` gives the signature as the algorithm writes it."""
    created = int(time.time() if now is None else now)
    covered: tuple[str, ...] = ("@method", "@target-uri", *(("content-digest",) if body else ()))
    parameters = (
        "(" + " ".join(f'"{name}"' for name in covered) + ")"
        f';created={created};expires={created + life};nonce="{secrets.token_urlsafe(18)}";keyid="{keyid}";alg="{algorithm}"'
    )
    made = {"content-digest": digest(body)} if body else {}
    signature = sign(base(Message(method, url, made, body), covered, parameters))
    return {
        **({"Content-Digest": made["content-digest"]} if body else {}),
        "Signature-Input": f"sig1={parameters}",
        "Signature": f"sig1=:{base64.b64encode(signature).decode()}:",
    }


def raw(der: bytes) -> bytes:
    """An ECDSA signature as ``ecdsa-p256-sha256`` writes it: 64 bytes, r and s."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
