"""One byte of a sealed paper is another one: refused, wherever it stands. And other readers agree that it is signed."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.queries import Broken, add_places, check_pdf, identity, read_anchors, sign_pdf
from yiwang.foundation.seals import actions, queries
from yiwang.foundation.seals.models import Seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(seal: Seal, keeper: Actor, paper: bytes) -> bytes:
    return actions.apply_to_pdf(keeper, seal.code, paper, reason="准予许可", kind="case", subject="1")


def anchors() -> list[bytes]:
    return read_anchors(queries.trust_anchor())


def contents(pdf: bytes) -> tuple[int, int]:
    """Where the signature stands: from "<" to behind ">"."""
    found = re.search(rb"/Contents (<[0-9A-F]+>)", pdf)
    assert found
    return found.span(1)


def refused(pdf: bytes, position: int, flip: int) -> None:
    spoilt = bytearray(pdf)
    spoilt[position] ^= flip
    with pytest.raises(Broken):
        check_pdf(bytes(spoilt), anchors())


def regions(pdf: bytes) -> dict[str, range]:
    """Every kind of place in the file."""
    start, end = contents(pdf)
    container = pdf[start + 1 : end - 1].rstrip(b"0")
    ranges = re.search(rb"/ByteRange \[[0-9 ]+\]", pdf)
    assert ranges
    first_end = pdf.index(b"%%EOF")
    return {
        "header": range(16),
        "original paper": range(16, first_end),
        "end of the first revision": range(first_end, first_end + 6),
        "fields and picture": range(first_end + 6, start),
        "opening of the signature": range(start, start + 1),
        "container": range(start + 1, start + 1 + len(container)),
        "padding": range(start + 1 + len(container) + 2, end - 1),
        "closing of the signature": range(end - 1, end),
        "signed range": range(*ranges.span()),
        "behind the signature": range(end, len(pdf) - 40),
        "trailer": range(len(pdf) - 40, len(pdf)),
    }


def test_every_kind_of_place_refuses_a_flip(sealed: bytes) -> None:
    known = anchors()
    assert check_pdf(sealed, known).trusted
    chosen = random.Random(20261121)
    tried = 0
    for places in regions(sealed).values():
        sample = list(places) if len(places) <= 70 else chosen.sample(list(places), 70)
        for position in sample:
            refused(sealed, position, chosen.choice([0x01, 0x02, 0x10, 0x20, 0x40, 0x80, 0xFF]))
            tried += 1
    assert tried > 400


def test_the_container_refuses_other_digits_and_lower_case(sealed: bytes) -> None:
    start, end = contents(sealed)
    length = len(sealed[start + 1 : end - 1].rstrip(b"0"))
    for position in range(start, start + length + 4, 17):
        refused(sealed, position, 0x01)  # another digit
        if sealed[position] > 0x40:
            refused(sealed, position, 0x20)  # the same digit in lower case


@pytest.mark.slow
def test_hundreds_of_bytes_all_over_the_file(sealed: bytes) -> None:
    for position in range(0, len(sealed), 101):
        refused(sealed, position, 0x01)


def test_bytes_added_or_taken(sealed: bytes) -> None:
    start, end = contents(sealed)
    other = sealed[: end - 3] + sealed[end - 1 :]
    for spoilt in (
        sealed + b"\n",
        sealed + b"\x00",
        sealed[:-1],
        sealed[:-7],
        b" " + sealed,
        other,
        sealed[:start],
        b"",
    ):
        with pytest.raises(Broken):
            check_pdf(spoilt, anchors())


def test_a_later_revision_is_refused(sealed: bytes) -> None:
    from yiwang.foundation.crypto.queries import Place

    with pytest.raises(Broken, match="behind the signature"):
        check_pdf(add_places(sealed, {"more": Place(0, 10, 10, 20, 20)}), anchors())


def test_an_unsigned_paper_is_refused(paper: bytes) -> None:
    with pytest.raises(Broken, match="no signature"):
        check_pdf(paper, anchors())


def test_an_extra_certificate_in_the_container_is_refused(seal: Seal, paper: bytes) -> None:
    """What is on no path could be exchanged unnoticed."""
    from dataclasses import replace

    mine = actions.identity_of(seal)
    other = identity("agency:rsj", "seal-official", role="seal", name="别的单位")
    with pytest.raises(Broken, match="not one chain"):
        check_pdf(
            sign_pdf(paper, replace(mine, chain=(*mine.chain, other.chain[0])), field="seal", reason="x"), anchors()
        )


def test_an_unknown_root_holds_and_is_not_trusted(sealed: bytes) -> None:
    checked = check_pdf(sealed, [])
    assert not checked.trusted
    start, _end = contents(sealed)
    for position in range(start, start + 4000, 31):
        spoilt = bytearray(sealed)
        spoilt[position] ^= 0x01
        with pytest.raises(Broken):
            check_pdf(bytes(spoilt), [])


# Other readers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def nss_folder(tmp_path: Path) -> Path:
    """A trust store of NSS that holds the node's root."""
    folder, root = tmp_path / "nss", tmp_path / "root.der"
    folder.mkdir()
    root.write_bytes(anchors()[0])
    program = Path(__file__).parent / "nss.py"
    if subprocess.run([sys.executable, program, folder, root], capture_output=True, check=False).returncode != 0:
        pytest.skip("libnss3 cannot make a database here; pyHanko alone judges below")
    return folder


@pytest.mark.skipif(
    shutil.which("pdfsig") is None, reason="poppler's pdfsig is not installed; pyHanko alone judges below"
)
def test_poppler_calls_the_signature_valid_and_the_certificate_trusted(
    sealed: bytes, tmp_path: Path, nss_folder: Path
) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    said = subprocess.run(
        ["pdfsig", "-nssdir", f"sql:{nss_folder}", str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_pyhanko_calls_the_signature_valid_and_trusted(sealed: bytes) -> None:
    import io

    from asn1crypto import x509 as asn1

    [embedded] = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    root = x509.load_pem_x509_certificate(queries.trust_anchor()).public_bytes(serialization.Encoding.DER)
    context = ValidationContext(trust_roots=[asn1.Certificate.load(root)], allow_fetching=False)
    status = validate_pdf_signature(embedded, context)
    assert status.bottom_line
    assert status.trusted
