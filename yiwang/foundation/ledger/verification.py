"""Is this file what the node made, to the last byte? Works offline: the file and an anchor are all it needs.

Accepts receipts in JSON, receipts in PDF (with the JSON inside), licences, official papers of a case (with their words inside), and any other
paper that carries a seal of the node.
Raises :class:`Broken` with the part to blame, or returns a :class:`Verdict`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.crypto.queries import Broken, CheckedPdf, Path, check_chain, check_pdf, read_anchors, verify
from yiwang.kernel.canonical import canonical_bytes, readable_bytes

from .heads import FORMAT as HEAD_FORMAT
from .heads import ROLE as LEDGER_ROLE
from .merkle import leaf_hash, root_from_inclusion
from .receipts import FORMAT as RECEIPT_FORMAT

LARGEST_JSON = 256 * 1024  # bytes
RECEIPT_ROLE, SEAL_ROLE = "receipt", "seal"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as the certificate names them, and when they say they did."""

    name: str
    code: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """An unbroken file. ``kind`` is "receipt", "licence" or "paper"; ``summary`` is what it says, in labels and values."""

    kind: str
    trusted: bool
    fingerprint: str
    signers: tuple[Signer, ...]
    summary: tuple[tuple[str, str], ...]
    code: str = ""  # of the licence, for asking whether it still holds
    check: str = ""  # the address of the node's page that answers this


def trusted_anchors() -> list[bytes]:
    """The roots in the trust folder of the data directory (DER). The node's own is written there when it is made."""
    folder = environment.data_dir / "trust"
    found: list[bytes] = []
    for path in sorted(folder.glob("*.pem")):
        found += read_anchors(path.read_bytes())
    return found


def anchors_of(path: FilePath) -> list[bytes]:
    """The roots in one PEM file. Raises :class:`Broken` if there is none, OSError if it cannot be read."""
    return read_anchors(path.read_bytes())


def examine(content: bytes, anchors: Sequence[bytes]) -> Verdict:
    """Check a file of any kind that the node makes. Raises :class:`Broken`."""
    if content[:5] == b"%PDF-":
        return _paper(check_pdf(content, anchors))
    if content[:1] == b"{":
        document, path = check_receipt(content, anchors)
        return _receipt_verdict(document, path)
    raise Broken("file", "this is neither a JSON receipt nor a PDF")


def check_receipt(content: bytes, anchors: Sequence[bytes]) -> tuple[dict[str, Any], Path]:
    """Check a JSON receipt: its form, its signature, the head's, and the path of the entry to the head."""
    if len(content) > LARGEST_JSON:
        raise Broken("file", "the file is too large for a receipt")
    try:
        document = json.loads(content)
        same = readable_bytes(document) == content
    except (ValueError, TypeError, RecursionError):
        raise Broken("form", "the receipt does not parse") from None
    if not same:
        raise Broken("form", "the receipt is not written in its one form")
    try:
        return _check_document(document, anchors)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, Broken):
            raise
        raise Broken("form", f"the receipt lacks a part or holds a wrong one: {error}") from None


def _check_document(document: dict[str, Any], anchors: Sequence[bytes]) -> tuple[dict[str, Any], Path]:
    if document["format"] != RECEIPT_FORMAT:
        raise Broken("form", "this is not a receipt, or one of a later version")
    body = {key: value for key, value in document.items() if key != "signature"}
    try:
        chain = [base64.b64decode(text, validate=True) for text in body["certificates"]]
    except binascii.Error:
        raise Broken("certificate", "a certificate is not base64") from None
    path = check_chain(chain, anchors, dt.datetime.fromisoformat(body["made_at"]))
    if path.role != LEDGER_ROLE:
        raise Broken("certificate", "the signer's certificate is not one for receipts")
    if not _signed(path, body, document["signature"]):
        raise Broken("signature", "the receipt was changed after signing")
    head = {key: value for key, value in body["head"].items() if key != "signature"}
    if head["format"] != HEAD_FORMAT or not _signed(path, head, body["head"]["signature"]):
        raise Broken("head", "the signed head does not hold")
    proof = body["proof"]
    leaf = leaf_hash(canonical_bytes(body["entry"]))
    if leaf.hex() != proof["leaf"]:
        raise Broken("entry", "the entry is not the one that was hashed")
    root = root_from_inclusion(
        int(proof["index"]), int(head["size"]), leaf, [bytes.fromhex(part) for part in proof["path"]]
    )
    if root is None or root.hex() != head["root"]:
        raise Broken("proof", "the path does not lead from the entry to the head")
    return document, path


def _signed(path: Path, body: dict[str, Any], signature: str) -> bool:
    if not signature.isascii() or signature != signature.lower():
        return False
    public: Any = path.leaf.public_key()
    return verify(public, bytes.fromhex(signature), canonical_bytes(body))


def _pairs(listed: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(label), str(value)) for label, value in listed)


def _receipt_verdict(document: dict[str, Any], path: Path) -> Verdict:
    signer = Signer(path.name, path.organisation_code, dt.datetime.fromisoformat(document["made_at"]))
    return Verdict(
        "receipt", path.trusted, path.fingerprint, (signer,), _pairs(document["summary"]), check=document["check"]
    )


def _paper(pdf: CheckedPdf) -> Verdict:
    """What a sound PDF says. Its signers must hold the role that its kind wants."""
    first = pdf.signatures[0].path
    if any(signature.path.root != first.root for signature in pdf.signatures):
        raise Broken("certificate", "the signatures lead to different roots")
    signers = tuple(Signer(s.path.name, s.path.organisation_code, s.at) for s in pdf.signatures)
    roles = {signature.path.role for signature in pdf.signatures}
    if "receipt.json" in pdf.attachments:
        if roles != {RECEIPT_ROLE}:
            raise Broken("certificate", "the signer's certificate is not one for receipts on paper")
        document, path = check_receipt(pdf.attachments["receipt.json"], [first.root])
        if not path.trusted:
            raise Broken("attachment", "the receipt inside leads to another root")
        inside = _receipt_verdict(document, path)
        return Verdict("receipt", pdf.trusted, first.fingerprint, signers, inside.summary, check=inside.check)
    if roles != {SEAL_ROLE}:
        raise Broken("certificate", "the signer's certificate is not one for seals")
    if "licence.json" in pdf.attachments:
        return _licence(pdf, signers)
    if "paper.json" in pdf.attachments:
        return _official_paper(pdf, signers)
    summary = tuple(("用印事由", signature.reason) for signature in pdf.signatures)
    return Verdict("paper", pdf.trusted, first.fingerprint, signers, summary)


def _licence(pdf: CheckedPdf, signers: tuple[Signer, ...]) -> Verdict:
    try:
        document = json.loads(pdf.attachments["licence.json"])
        issuer, summary = document["issuer"], _pairs(document["summary"])
        code, check = str(document["code"]), str(document["check"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Broken("attachment", f"the data inside the licence does not parse: {error}") from None
    path = _sealed_by(pdf, issuer)
    return Verdict("licence", pdf.trusted, path.fingerprint, signers, summary, code=code, check=check)


def _official_paper(pdf: CheckedPdf, signers: tuple[Signer, ...]) -> Verdict:
    """An official paper of a case 文书: what it says for programs, under the seal of the agency that it names."""
    try:
        document = json.loads(pdf.attachments["paper.json"])
        issuer, summary = document["issuer"], _pairs(document["summary"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Broken("attachment", f"the data inside the paper does not parse: {error}") from None
    path = _sealed_by(pdf, issuer)
    return Verdict("paper", pdf.trusted, path.fingerprint, signers, summary)


def _sealed_by(pdf: CheckedPdf, issuer: Any) -> Path:
    """The path of the first signature, which must be that of the agency that the paper names as its issuer."""
    path = pdf.signatures[0].path
    try:
        named = (issuer["name"], issuer["uscc"])
    except (KeyError, TypeError) as error:
        raise Broken("attachment", f"the paper does not name its issuer: {error}") from None
    if named != (path.organisation, path.organisation_code):
        raise Broken("certificate", "the seal is not that of the agency named in the paper")
    return path


def shown(at: dt.datetime) -> str:
    """A moment for the command line."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S %z")
