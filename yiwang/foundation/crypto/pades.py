"""Signatures in PDF: made as PAdES baseline B (ETSI EN 319 142-1), checked to the last byte.

A PDF signature leaves bytes that nothing vouches for: the case of the hex digits, the zeros behind them, and those parts of
the CMS container that are neither signed attributes nor certificates. Common readers ignore changes there. :func:`check_pdf`
does not: it rebuilds the container from what is vouched for and wants to see the very same bytes.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Sequence
from typing import Any

from asn1crypto import cms, core, keys
from asn1crypto import x509 as asn1
from pyhanko.pdf_utils import content as pdf_content
from pyhanko.pdf_utils import layout
from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from .certificates import Identity
from .paths import CONTEXT_0, ECDSA_SHA256, OCTETS, SEQUENCE, SET, Broken, check_chain, der, verify
from .pdfs import CheckedPdf, NotSignable, PdfSignature, Place

RESERVED = 12288  # hex digits kept free for the container: three certificates with long Chinese names fit twice
LARGEST = 40 * 1024 * 1024  # bytes of a PDF that is checked
MOST_SIGNATURES = 8
# What is checked comes from strangers. A table of objects is read entry by entry, so its size is time: this is room for some 40,000.
_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_ratio=100, ratio_floor=1 << 20, max_output_size=16 << 20),
    per_purpose={**DEFAULT_PURPOSE_LIMITS, DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_output_size=256 << 10)},
    document_budget=DocumentDecodeBudget(base_allowance=64 << 20, max_ratio=2),
)
_SHA256 = cms.DigestAlgorithm({"algorithm": "sha256"}).dump()
_HEX = re.compile(rb"<[0-9A-F]+>")
_END = re.compile(rb"%%EOF\s?\n?")


# What the library warns of while it reads a damaged file becomes our own answer; strangers upload such files.
logging.getLogger("pyhanko").setLevel(logging.ERROR)


class _Picture(pdf_content.PdfContent):
    """The first page of a PDF as the picture of a signature."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self.pdf = pdf

    def render(self) -> bytes:
        assert self.writer is not None
        page = self.writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.pdf)), page_ix=0)
        self.resources.xobject["/Seal"] = page
        left, bottom, right, top = (float(number) for number in page.get_object()["/BBox"])
        self.box = layout.BoxConstraints(width=right - left, height=top - bottom)
        return b"/Seal Do"


class _Writer(IncrementalPdfFileWriter):
    """Adds to a PDF and leaves its metadata as they are.

    The library would write the XMP packet anew and turn literals of PDF/A's extension schemas into resources, after which the
    paper would no longer be PDF/A. What is added here changes nothing that the metadata speak of.
    """

    def _update_meta(self) -> None:
        pass


def add_places(pdf: bytes, places: dict[str, Place]) -> bytes:
    """See :func:`.pdfs.add_places`."""
    writer = _Writer(io.BytesIO(pdf))
    for name, place in places.items():
        spec = fields.SigFieldSpec(name, on_page=place.page, box=_box(place))
        fields.append_signature_field(writer, spec)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _box(place: Place) -> tuple[int, int, int, int]:
    return (round(place.left), round(place.bottom), round(place.right), round(place.top))


def sign_pdf(
    pdf: bytes, identity: Identity, *, field: str, reason: str, place: Place | None = None, picture: bytes = b""
) -> bytes:
    """See :func:`.pdfs.sign_pdf`."""
    leaf, *rest = (asn1.Certificate.load(der) for der in identity.chain)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(rest)
    signer = SimpleSigner(
        signing_cert=leaf, signing_key=keys.PrivateKeyInfo.load(identity.key.secret), cert_registry=store
    )
    settings = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, reason=reason
    )
    style = StaticStampStyle(
        border_width=0,
        background=_Picture(picture) if picture else None,
        background_layout=layout.SimpleBoxLayoutRule(
            x_align=layout.AxisAlignment.ALIGN_MID,
            y_align=layout.AxisAlignment.ALIGN_MID,
            margins=layout.Margins(0, 0, 0, 0),
        ),
    )
    spec = fields.SigFieldSpec(field, on_page=place.page, box=_box(place)) if place else None
    try:
        writer = _Writer(io.BytesIO(pdf))
        signed = PdfSigner(settings, signer, stamp_style=style, new_field_spec=spec).sign_pdf(
            writer, existing_fields_only=place is None, bytes_reserved=RESERVED
        )
    except (SigningError, PdfError, ValueError, LookupError) as error:
        raise NotSignable(f"the PDF cannot be signed in field {field!r}: {error}") from error
    return bytes(signed.getbuffer())


def check_pdf(pdf: bytes, anchors: Sequence[bytes]) -> CheckedPdf:
    """See :func:`.pdfs.check_pdf`."""
    if len(pdf) > LARGEST:
        raise Broken("file", "the file is too large")
    if not pdf.startswith(b"%PDF-"):
        raise Broken("file", "the file does not begin as a PDF")
    try:
        reader = PdfFileReader(io.BytesIO(pdf), decode_limits=_LIMITS)
        found = list(reader.embedded_signatures)
    except Exception as error:  # a damaged PDF fails in many ways, all of which mean the same here
        raise Broken("file", f"the PDF does not parse: {type(error).__name__}") from None
    if not 1 <= len(found) <= MOST_SIGNATURES:
        raise Broken("signature", "the PDF has no signature" if not found else "the PDF has too many signatures")
    signatures = []
    for position, embedded in enumerate(found):
        try:
            signatures.append(_check_signature(pdf, embedded, anchors, last=position == len(found) - 1))
        except Broken:
            raise
        except Exception as error:  # as above: a container that fails to parse
            raise Broken("signature", f"the signature does not parse: {type(error).__name__}") from None
    try:
        attachments = dict(_attachments(reader))
    except Exception as error:  # vouched for, yet unreadable: made by another program
        raise Broken("attachment", f"the embedded files do not parse: {type(error).__name__}") from None
    return CheckedPdf(tuple(signatures), attachments)


def _check_signature(pdf: bytes, embedded: Any, anchors: Sequence[bytes], *, last: bool) -> PdfSignature:
    start, before, after, rest = (int(number) for number in embedded.byte_range)
    end = after + rest
    if start != 0 or not 0 < before < after <= end <= len(pdf):
        raise Broken("signature", "the signed range is not the whole file")
    if last and end != len(pdf):
        raise Broken("file", "something was added behind the signature")
    if not _END.fullmatch(pdf[max(pdf.rfind(b"%%EOF", 0, end), 0) : end]):
        raise Broken("file", "the file does not end where its signature says")
    hexed = pdf[before:after]
    if not _HEX.fullmatch(hexed):
        raise Broken("signature", "the place of the signature holds something else")
    raw = bytes.fromhex(hexed[1:-1].decode())
    container = cms.ContentInfo.load(raw)
    held = container.dump()
    if raw[: len(held)] != held or any(raw[len(held) :]):
        raise Broken("signature", "there is something behind the signature")
    signed: Any = container["content"]
    info = signed["signer_infos"][0]
    certificates = [choice.chosen for choice in signed["certificates"]]
    chain = _ordered(certificates, info)
    digest = hashlib.sha256(pdf[:before])
    digest.update(memoryview(pdf)[after:end])
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in info["signed_attrs"]}
    if attributes["message_digest"].native != digest.digest():
        raise Broken("content", "the content was changed after signing")
    path = check_chain(chain, anchors, at := embedded.self_reported_timestamp)
    covered, signature = bytes(info["signed_attrs"].contents), info["signature"].native
    public: Any = path.leaf.public_key()
    if not verify(public, signature, der(SET, covered)):
        raise Broken("signature", "the signature does not fit the signer's key")
    if _rebuilt(certificates, asn1.Certificate.load(chain[0]), covered, signature) != held:
        raise Broken("signature", "the container of the signature was changed")
    # The library's own judgement on top: structure of the form, later revisions, use of the certificate.
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(chain[-1])],
        other_certs=certificates,
        allow_fetching=False,
        moment=at,
        revocation_mode="soft-fail",
    )
    status = validate_pdf_signature(embedded, context)
    if not status.bottom_line:
        raise Broken("signature", "the PDF was changed in a way that its signature does not allow")
    reason = embedded.sig_object.get("/Reason", "")
    return PdfSignature(embedded.field_name, at, str(reason), path)


def _ordered(certificates: list[Any], info: Any) -> list[bytes]:
    """The chain from the signer's certificate to the root, using every certificate of the container exactly once."""
    wanted = info["sid"].chosen
    left = list(certificates)
    chain = []
    link = next(
        (c for c in left if c.issuer == wanted["issuer"] and c.serial_number == wanted["serial_number"].native), None
    )
    while link is not None:
        left.remove(link)
        chain.append(link)
        if link.subject == link.issuer:
            break
        issuer = link.issuer
        link = next((c for c in left if c.subject == issuer), None)
    if not chain or left:
        raise Broken("certificate", "the certificates in the signature are not one chain")
    return [certificate.dump() for certificate in chain]


def _rebuilt(certificates: list[Any], leaf: Any, attributes: bytes, signature: bytes) -> bytes:
    """The container (RFC 5652) as it must be, given its certificates, signed attributes and signature."""
    version = core.Integer(1).dump()
    signer = (
        version
        + der(SEQUENCE, leaf.issuer.dump() + core.Integer(leaf.serial_number).dump())
        + _SHA256
        + der(CONTEXT_0, attributes)
        + ECDSA_SHA256
        + der(OCTETS, signature)
    )
    signed = (
        version
        + der(SET, _SHA256)
        + der(SEQUENCE, cms.ContentType("data").dump())
        + der(CONTEXT_0, b"".join(certificate.dump() for certificate in certificates))
        + der(SET, der(SEQUENCE, signer))
    )
    return der(SEQUENCE, cms.ContentType("signed_data").dump() + der(CONTEXT_0, der(SEQUENCE, signed)))


def _attachments(reader: Any) -> list[tuple[str, bytes]]:
    """The embedded files of a PDF by name, from the flat or nested name tree of its catalogue."""
    names = reader.root.get("/Names")
    found: list[tuple[str, bytes]] = []
    waiting = [names["/EmbeddedFiles"]] if names is not None and "/EmbeddedFiles" in names else []
    while waiting and len(found) < 100:
        node = waiting.pop()
        waiting += list(node.get("/Kids", ()))
        listed = node.get("/Names", ())
        for position in range(0, len(listed), 2):
            stream = listed[position + 1]["/EF"]["/F"]
            assert isinstance(stream, StreamObject)
            found.append((str(listed[position]), bytes(stream.data)))
    return found
