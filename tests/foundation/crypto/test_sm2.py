"""SM2 by OpenSSL agrees with the standard, with an implementation written from its text, and with the openssl program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.foundation.crypto import sm2_by_hand as by_hand
from yiwang.foundation.crypto import sm2

pytestmark = pytest.mark.skipif(not sm2.available(), reason="no OpenSSL 3 with SM2 on this machine")

# GB/T 32918.5-2017, annex A: the recommended curve.
SECRET = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
PUBLIC = (
    0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
    0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
)
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
MESSAGE = b"message digest"


def test_the_vector_of_the_standard() -> None:
    assert by_hand.times(SECRET, by_hand.G) == PUBLIC
    signature = encode_dss_signature(R, S)
    assert by_hand.sign(SECRET, MESSAGE, sm2.IDENTIFIER, K) == signature, "the reference follows the standard"
    assert sm2.verify(by_hand.public_der(PUBLIC), signature, MESSAGE)
    assert not sm2.verify(by_hand.public_der(PUBLIC), signature, MESSAGE + b"!")
    assert not sm2.verify(by_hand.public_der(PUBLIC), signature, MESSAGE, b"ALICE123@YAHOO.COM")
    assert not sm2.verify(by_hand.public_der(PUBLIC), signature, MESSAGE, b"")


@pytest.mark.parametrize("identifier", [sm2.IDENTIFIER, b"ALICE123@YAHOO.COM", "云州市".encode()])
@pytest.mark.parametrize("message", [b"", MESSAGE, bytes(range(256)) * 300])
def test_both_ways_with_another_implementation(message: bytes, identifier: bytes) -> None:
    ours = sm2.sign(by_hand.private_der(SECRET), message, identifier)
    assert by_hand.verify(PUBLIC, ours, message, identifier)
    theirs = by_hand.sign(SECRET, message, identifier)
    assert sm2.verify(by_hand.public_der(PUBLIC), theirs, message, identifier)


def test_a_key_made_here_is_read_there() -> None:
    private, public = sm2.generate()
    assert sm2.is_key(public)
    x, y = public[-64:-32], public[-32:]
    signature = sm2.sign(private, MESSAGE)
    point = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    assert by_hand.verify(point, signature, MESSAGE, sm2.IDENTIFIER)


def test_numbers_of_every_length_are_taken() -> None:
    """Numbers with a leading zero octet, or with the high bit set, are where implementations part (ofdrw#160, ofd.js#62)."""
    public, private, lengths = by_hand.public_der(PUBLIC), by_hand.private_der(SECRET), set()
    for number in range(400):
        message = number.to_bytes(2, "big")
        signature = sm2.sign(private, message)
        assert sm2.verify(public, signature, message)
        lengths.add(len(signature))
    assert len(lengths) > 2, "numbers of 31, 32 and 33 octets came up"
    short = {1, 0x80, 2**247, 2**248 - 1, sm2.ORDER - 1}
    for r in short:
        for s in short:
            signature = encode_dss_signature(r, s)
            assert sm2.verify(public, signature, MESSAGE) == by_hand.verify(PUBLIC, signature, MESSAGE, sm2.IDENTIFIER)


def test_short_numbers_that_hold() -> None:
    """Signatures whose r has one or two octets fewer than usual: messages are tried until r comes out so short."""
    point = by_hand.times(K, by_hand.G)
    assert point is not None
    messages = (number.to_bytes(4, "big") for number in range(400_000))
    rs = ((message, (by_hand.hashed(PUBLIC, message, sm2.IDENTIFIER) + point[0]) % by_hand.N) for message in messages)
    short = next(message for message, r in rs if 2**239 <= r < 2**247)
    shorter = next(message for message, r in rs if r < 2**239)
    for message, octets in ((short, 31), (shorter, 30)):
        signature = by_hand.sign(SECRET, message, sm2.IDENTIFIER, K)
        assert signature[3] <= octets
        assert sm2.verify(by_hand.public_der(PUBLIC), signature, message)


def test_other_encodings_and_numbers_out_of_range_are_refused() -> None:
    public = by_hand.public_der(PUBLIC)
    good = encode_dss_signature(R, S)
    padded = b"\x30" + bytes((good[1] + 1,)) + b"\x02\x22\x00" + good[4:]
    for bad in (
        padded, good + b"\x00", good[:-1], b"", b"\x30\x80" + good[2:] + b"\x00\x00",
        encode_dss_signature(0, S), encode_dss_signature(R, 0), encode_dss_signature(R + sm2.ORDER, S),
        encode_dss_signature(R, S + sm2.ORDER), encode_dss_signature(sm2.ORDER, S), R.to_bytes(32) + S.to_bytes(32),
    ):  # fmt: skip
        assert not sm2.verify(public, bad, MESSAGE)


def test_what_is_no_key() -> None:
    off_the_curve = by_hand.public_der((PUBLIC[0], PUBLIC[1] ^ 1))
    assert not sm2.verify(off_the_curve, encode_dss_signature(R, S), MESSAGE)
    assert not sm2.verify(b"", encode_dss_signature(R, S), MESSAGE)
    with pytest.raises(ValueError, match="no private key"):
        sm2.sign(b"nonsense", MESSAGE)


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl program")
def test_the_openssl_program_agrees(tmp_path: Path) -> None:
    private, public = sm2.generate()
    files = {name: tmp_path / name for name in ("key.der", "pub.der", "message", "ours", "theirs")}
    files["key.der"].write_bytes(private)
    files["pub.der"].write_bytes(public)
    files["message"].write_bytes(MESSAGE)
    files["ours"].write_bytes(sm2.sign(private, MESSAGE))
    common = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{sm2.IDENTIFIER.decode()}", "-in", str(files["message"])]
    checked = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(files["pub.der"]), "-sigfile",
         str(files["ours"]), *common],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert "Signature Verified Successfully" in checked.stdout, checked.stderr
    subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-keyform", "DER", "-inkey", str(files["key.der"]), "-out",
         str(files["theirs"]), *common],
        capture_output=True, check=True,
    )  # fmt: skip
    assert sm2.verify(public, files["theirs"].read_bytes(), MESSAGE)
