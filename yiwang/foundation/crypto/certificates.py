"""The node's own authority: a root, an issuing authority below it, and certificates for the keys that sign.

A reader of any paper of the node needs one anchor, the root. Roles of signing certificates: ``ledger`` (heads of the log and
receipts), ``receipt`` (papers that acknowledge), ``seal`` (an agency's seal). The role stands in the certificate as the address
``urn:yiwang:<node code>:<role>[:<code>]``, so that one kind of signature cannot be passed off as another.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.db import IntegrityError, transaction
from django.utils import timezone

from yiwang.config.environment import environment

from .algorithms import P256
from .keys import OpenKey, current
from .models import Certificate

YEAR = dt.timedelta(days=365)
ROOT_LIFE, ISSUING_LIFE, LEAF_LIFE = 40 * YEAR, 30 * YEAR, 5 * YEAR
RENEW_BEFORE = YEAR  # a certificate with less left than this is followed by the next one
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that may sign, and the chain that says in whose name: its certificate, the issuing one, the root (DER)."""

    key: OpenKey
    chain: tuple[bytes, ...]
    certificate_id: str
    not_after: dt.datetime

    def sign(self, message: bytes) -> bytes:
        """An ECDSA P-256/SHA-256 signature (DER)."""
        return self.key.private_key().sign(message, ec.ECDSA(hashes.SHA256()))


_lock = threading.Lock()
_identities: dict[str, Identity] = {}  # key id -> identity


def forget_identities() -> None:
    """Drop the identities held in memory (a certificate was revoked; a test ended)."""
    with _lock:
        _identities.clear()


def identity(owner: str, purpose: str, *, role: str, name: str, organisation: str = "", code: str = "") -> Identity:
    """The identity behind the current key of ``owner`` for ``purpose``; key and certificate are made at the first use.

    ``name`` is the common name; ``organisation`` and ``code`` (its unified social credit code) default to the node's.
    """
    key = current(owner, purpose, P256)
    known = _identities.get(key.id)
    if known and known.not_after - timezone.now() > RENEW_BEFORE:
        return known
    row = _newest(key)
    if row is None or row.revoked_at or row.not_after - timezone.now() <= RENEW_BEFORE:
        subject = _name(name, organisation or environment.node_name, code)
        uri = ":".join(
            ["urn", "yiwang", environment.node_code, role, *([owner.split(":", 1)[1]] if ":" in owner else [])]
        )
        row = _issue(key, role, subject, LEAF_LIFE, _issuing(), uri=uri)
    issuing = row.issuer  # not the newest one: the key of the authority may have been changed since
    assert issuing is not None
    assert issuing.issuer is not None
    chain = (bytes(row.der), bytes(issuing.der), bytes(issuing.issuer.der))
    found = Identity(key, chain, str(row.id), row.not_after)
    if transaction.get_connection().in_atomic_block:  # a rolled-back certificate must not stay in memory
        transaction.on_commit(lambda: _remember(found))
    else:
        _remember(found)
    return found


def _remember(found: Identity) -> None:
    with _lock:
        _identities[found.key.id] = found


def revoke(owner: str, purpose: str) -> int:
    """Mark the certificates of every version of a key as revoked; returns how many. Part of an act of the room that owns it."""
    count = Certificate.objects.filter(key__owner=owner, key__purpose=purpose, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    transaction.on_commit(forget_identities)
    return count


def chain_of(owner: str, purpose: str, version: int) -> tuple[bytes, ...]:
    """The chain (DER) of the newest certificate of one version of a key; empty if it never had one."""
    row = (
        Certificate.objects.filter(key__owner=owner, key__purpose=purpose, key__version=version)
        .select_related("issuer__issuer")
        .order_by("-number")
        .first()
    )
    if row is None or row.issuer is None or row.issuer.issuer is None:
        return ()
    return bytes(row.der), bytes(row.issuer.der), bytes(row.issuer.issuer.der)


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """What may be shown of a certificate. ``version`` is that of its key, ``serial`` in hex, ``issuer`` a subject (RFC 4514)."""

    version: int
    serial: str
    subject: str
    issuer: str
    not_before: dt.datetime
    not_after: dt.datetime
    revoked_at: dt.datetime | None


def certificates_of(owner: str, purpose: str) -> list[CertificateRow]:
    """The certificates of every version of a key, newest first; for rooms that have asked. One query."""
    rows = Certificate.objects.filter(key__owner=owner, key__purpose=purpose).select_related("issuer", "key")
    return [
        CertificateRow(
            row.key.version, row.serial, row.subject, row.issuer.subject if row.issuer else row.subject,
            row.not_before, row.not_after, row.revoked_at,
        )
        for row in rows.defer("key__secret").order_by("-key__version", "-number")[:100]
    ]  # fmt: skip


def anchor() -> bytes:
    """The node's root certificate in PEM; made at the first call."""
    return _pem(_root())


def keep_anchor() -> None:
    """Write the root into the node's trust folder, unless it is there: `yiwang verify` on this machine then knows it."""
    path = environment.data_dir / "trust" / f"node-{environment.node_code}.pem"
    if not path.exists():
        _write(anchor())


def _write(pem: bytes) -> None:
    folder = environment.data_dir / "trust"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".node.{os.getpid()}"
    draft.write_bytes(pem)
    draft.replace(folder / f"node-{environment.node_code}.pem")


def _pem(row: Certificate) -> bytes:
    return x509.load_der_x509_certificate(bytes(row.der)).public_bytes(serialization.Encoding.PEM)


def _root() -> Certificate:
    key = current("node", "root-authority", P256)
    row = _newest(key)
    if row is None:
        subject = _name(f"{environment.node_name} 根证书", environment.node_name)
        row = _issue(key, "root", subject, ROOT_LIFE, None)
        pem = _pem(row)
        transaction.on_commit(lambda: _write(pem))
    return row


def _issuing() -> Certificate:
    key = current("node", "issuing-authority", P256)
    row = _newest(key)
    if row is None:
        subject = _name(f"{environment.node_name} 签发证书", environment.node_name)
        row = _issue(key, "issuing", subject, ISSUING_LIFE, _root())
    return row


def _newest(key: OpenKey) -> Certificate | None:
    return Certificate.objects.filter(key_id=key.id).select_related("issuer__issuer").order_by("-number").first()


def _name(common: str, organisation: str, code: str = "") -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
    ]
    if code:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, code))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common[:64]))
    return x509.Name(parts)


def _issue(
    key: OpenKey, role: str, subject: x509.Name, life: dt.timedelta, issuer: Certificate | None, *, uri: str = ""
) -> Certificate:
    """Make and keep the next certificate of ``key``; of two processes that try at once, both get the first one's."""
    now = timezone.now().replace(microsecond=0)
    end = now + life
    public = key.private_key().public_key()
    if issuer is None:
        issuer_name, issuer_key = subject, key.private_key()
    else:
        end = min(end, issuer.not_after)
        issuer_name = x509.load_der_x509_certificate(bytes(issuer.der)).subject
        issuer_key = current(
            "node", "root-authority" if issuer.role == "root" else "issuing-authority", P256
        ).private_key()
    serial = x509.random_serial_number()
    authority = role in ("root", "issuing")
    start = now - dt.timedelta(days=1)  # readers' clocks differ
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length={"root": 1, "issuing": 0}.get(role)), critical=True
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority, content_commitment=not authority, key_cert_sign=authority,
                crl_sign=authority, key_encipherment=False, data_encipherment=False, key_agreement=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )  # fmt: skip
    if not authority:
        # Readers of PDF ask for e-mail protection or document signing; we state both.
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING])
        builder = builder.add_extension(uses, critical=False)
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
        builder = builder.add_extension(names, critical=False)
    der = builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    before = _newest(key)
    try:
        with transaction.atomic():
            return Certificate.objects.create(
                key_id=key.id, number=before.number + 1 if before else 1, issuer=issuer, role=role,
                subject=subject.rfc4514_string()[:200], serial=f"{serial:x}", der=der, not_before=start, not_after=end,
            )  # fmt: skip
    except IntegrityError:
        row = _newest(key)
        assert row is not None
        return row
