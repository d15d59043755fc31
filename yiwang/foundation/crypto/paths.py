"""Checking a chain of certificates offline, to the last byte.

Ordinary path validation tolerates bytes that no signature covers (an outer algorithm identifier, unused bits, a
non-canonical encoding). Evidence must not: here each certificate is rebuilt from its signed part and its signature, and has to
come out as the very bytes that were given. Needs no store, no network and no settings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

LONGEST = 5  # certificates in a chain
LARGEST = 8192  # bytes of one certificate
SEQUENCE, SET, BITS, OCTETS, CONTEXT_0 = 0x30, 0x31, 0x03, 0x04, 0xA0  # identifier octets of DER (X.690)
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")  # AlgorithmIdentifier of RFC 5758


class Broken(ValueError):
    """A piece of evidence does not hold. ``part`` is a stable code of the part to blame; the message says why."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(why)
        self.part = part


@dataclass(frozen=True, slots=True)
class Path:
    """A chain that holds: who signed, in which role, under which root, and whether that root is one of the anchors."""

    leaf: x509.Certificate
    role: str
    name: str
    organisation: str
    organisation_code: str
    root: bytes
    trusted: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root certificate, for comparing by eye."""
        return fingerprint(self.root)


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER) in groups of four hex digits."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return " ".join(digest[i : i + 4] for i in range(0, 64, 4))


def der(tag: int, content: bytes) -> bytes:
    """One value in DER: identifier octet, shortest length, content."""
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def canonical_signature(signature: bytes) -> bool:
    """Whether ``signature`` is an ECDSA signature in the one DER encoding of its two numbers."""
    try:
        return encode_dss_signature(*decode_dss_signature(signature)) == signature
    except ValueError:
        return False


def verify(public: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` (DER, canonical) over ``message`` holds under ECDSA with SHA-256."""
    if not canonical_signature(signature):
        return False
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def read_certificate(given: bytes) -> x509.Certificate:
    """Parse one certificate and refuse any byte that its signature does not vouch for. Raises :class:`Broken`."""
    if len(given) > LARGEST:
        raise Broken("certificate", "a certificate is too large")
    try:
        certificate = x509.load_der_x509_certificate(given)
        key = certificate.public_key()
        unused_bits = b"\x00"
        rebuilt = der(
            SEQUENCE,
            certificate.tbs_certificate_bytes + ECDSA_SHA256 + der(BITS, unused_bits + certificate.signature),
        )
        extensions = certificate.extensions
    except Exception as error:  # many kinds of parse error, all of which mean the same here
        raise Broken("certificate", f"a certificate does not parse: {type(error).__name__}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Broken("certificate", "a certificate holds another kind of key than P-256")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise Broken("certificate", "a certificate is signed by another method than ECDSA with SHA-256")
    if rebuilt != given or not canonical_signature(certificate.signature):
        raise Broken("certificate", "a certificate is not in its canonical form")
    known = (x509.BasicConstraints, x509.KeyUsage)
    if any(item.critical and not isinstance(item.value, known) for item in extensions):
        raise Broken("certificate", "a certificate has a critical extension that is not understood")
    return certificate


def check_chain(chain: Sequence[bytes], anchors: Sequence[bytes], at: dt.datetime) -> Path:
    """Check ``chain`` (DER, from the signer's certificate to a self-signed root) as of ``at``. Raises :class:`Broken`.

    The chain may end in a root that is not among ``anchors`` (DER): then it holds, but is not trusted.
    """
    if not 2 <= len(chain) <= LONGEST:
        raise Broken("certificate", "the chain of certificates has a wrong length")
    certificates = [read_certificate(given) for given in chain]
    for position, certificate in enumerate(certificates):
        issuer = certificates[min(position + 1, len(certificates) - 1)]
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            raise Broken("certificate", f"certificate {position} was not issued by the next one") from None
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise Broken("certificate", f"certificate {position} was not valid at {at:%Y-%m-%d %H:%M} UTC")
        _check_use(certificate, depth=position)
    leaf = certificates[0]
    return Path(
        leaf,
        _role(leaf),
        _attribute(leaf, NameOID.COMMON_NAME),
        _attribute(leaf, NameOID.ORGANIZATION_NAME),
        _attribute(leaf, NameOID.ORGANIZATION_IDENTIFIER),
        chain[-1],
        chain[-1] in anchors,
    )


def _check_use(certificate: x509.Certificate, depth: int) -> None:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise Broken("certificate", f"certificate {depth} does not say what it may be used for") from None
    if depth == 0 and (constraints.ca or not usage.digital_signature):
        raise Broken("certificate", "the signer's certificate is not one for signing")
    if depth > 0 and not (constraints.ca and usage.key_cert_sign):
        raise Broken("certificate", f"certificate {depth} may not issue certificates")
    if depth > 0 and constraints.path_length is not None and constraints.path_length < depth - 1:
        raise Broken("certificate", f"certificate {depth} allows a shorter chain only")


def _role(leaf: x509.Certificate) -> str:
    """The role in the address urn:yiwang:<node>:<role>[:…] of the signer's certificate."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    for uri in names.get_values_for_type(x509.UniformResourceIdentifier):
        parts = uri.split(":")
        if parts[:2] == ["urn", "yiwang"] and len(parts) >= 4:
            return parts[3]
    return ""


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def read_anchors(pem: bytes) -> list[bytes]:
    """The certificates in a PEM file, as DER. Raises :class:`Broken` if there is none."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise Broken("anchor", "the anchor is not a PEM certificate") from None
    return [certificate.public_bytes(serialization.Encoding.DER) for certificate in found]
