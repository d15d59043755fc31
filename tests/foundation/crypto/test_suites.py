"""Keys have versions: a rotated key seals anew and old values still open; the national suite seals and signs as well."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from django.db import transaction
from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.crypto import algorithms, keys, sm2
from yiwang.foundation.crypto.certificates import forget_identities
from yiwang.foundation.crypto.models import Certificate, Key
from yiwang.foundation.crypto.paths import check_chain
from yiwang.foundation.crypto.queries import (
    Unreadable,
    chain_of,
    decrypt,
    encrypt,
    forget_keys,
    identity,
    keyed_hash,
    revoke,
    rotate,
    sign,
    signature_is_valid,
)

pytestmark = pytest.mark.django_db
national = pytest.mark.skipif(not sm2.available(), reason="no OpenSSL 3 with SM2 on this machine")


def test_a_rotated_key_seals_anew_and_the_old_one_still_opens() -> None:
    old = encrypt("field", "林晓梅".encode(), "t")
    rotate("node", "field")
    new = encrypt("field", "林晓梅".encode(), "t")
    assert (old[:2], new[:2]) == (b"\x00\x01", b"\x00\x02")
    for _time in range(2):
        assert decrypt("field", old, "t") == decrypt("field", new, "t") == "林晓梅".encode()
        forget_keys()  # as in another process
    assert [key.retired_at is None for key in Key.objects.order_by("version")] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_another_process_takes_the_new_version_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    encrypt("field", b"x", "t")
    held = dict(keys._current)
    with transaction.atomic():
        rotate("node", "field")
    keys._current.update(held)  # what the other process still believes
    assert encrypt("field", b"x", "t")[:2] == b"\x00\x01"
    monkeypatch.setattr(keys.time, "monotonic", lambda: max(until for _key, until in held.values()) + 1)
    assert encrypt("field", b"x", "t")[:2] == b"\x00\x02"


def test_keys_for_life_are_not_rotated() -> None:
    keyed_hash("party", "x")
    identity("node", "ledger", role="ledger", name="存证")
    for purpose in ("party-index", "root-authority"):
        with pytest.raises(ValueError, match="for life"):
            rotate("node", purpose)
    with pytest.raises(Unreadable):
        rotate("node", "nothing")


def test_a_signature_outlives_its_key() -> None:
    signature, first = sign("account:1", "application-signature", b"message")
    rotate("account:1", "application-signature")
    _signature, second = sign("account:1", "application-signature", b"message")
    assert (first.version, second.version) == (1, 2)
    assert signature_is_valid(first.public, signature, b"message")
    assert not signature_is_valid(second.public, signature, b"message")


def test_a_rotated_key_gets_a_certificate_and_keeps_its_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity("agency:a", "seal-official", role="seal", name="公章")
    monkeypatch.setattr(environment, "crypto_suite", "national")
    rotate("agency:a", "seal-official")
    after = identity("agency:a", "seal-official", role="seal", name="公章")
    assert after.key.algorithm == algorithms.P256
    assert (after.key.version, after.chain[1:]) == (2, before.chain[1:])
    assert chain_of("agency:a", "seal-official", 1) == before.chain
    assert revoke("agency:a", "seal-official") == 2
    assert not Certificate.objects.filter(role="seal", revoked_at=None).exists()


@national
def test_the_national_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    old = encrypt("field", b"international", "t")
    monkeypatch.setattr(environment, "crypto_suite", "national")
    rotate("node", "field")
    new = encrypt("field", b"national", "t")
    assert Key.objects.get(purpose="field", version=2).algorithm == algorithms.SM4
    assert (decrypt("field", old, "t"), decrypt("field", new, "t")) == (b"international", b"national")
    for spoilt in (new[:-1] + bytes((new[-1] ^ 1,)), new[:-20], new[:16]):
        with pytest.raises(Unreadable):
            decrypt("field", spoilt, "t")
    with pytest.raises(Unreadable):
        decrypt("field", new, "elsewhere")
    signature, key = sign("account:1", "application-signature", "申请".encode())
    assert key.algorithm == algorithms.SM2
    assert signature_is_valid(key.public, signature, "申请".encode())
    assert not signature_is_valid(key.public, signature, "申请!".encode())
    assert len(keyed_hash("party", "x")) == 64
    assert Key.objects.get(purpose="party-index").algorithm == algorithms.HMAC_SM3


def test_sm4_in_gcm_gives_the_vector_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce, aad = bytes.fromhex("00001234567800000000ABCD"), bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = b"".join(bytes((octet,)) * 8 for octet in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    cipher = algorithms.cipher(algorithms.SM4, key)
    sealed = cipher.encrypt(nonce, plain, aad)
    assert sealed[:16].hex().upper() == "17F399F08C67D5EE19D0DC9969C4BB7D"
    assert sealed[-16:].hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert cipher.decrypt(nonce, sealed, aad) == plain
    with pytest.raises(InvalidTag):
        cipher.decrypt(nonce, sealed, b"")


def test_sm3_gives_the_vector_of_the_standard() -> None:
    """HMAC-SM3 of GM/T 0042 is HMAC over SM3; SM3 itself by GB/T 32905, annex A.1."""
    from tests.foundation.crypto.sm2_by_hand import sm3

    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    inner = sm3(bytes(b ^ 0x36 for b in b"k" * 32 + bytes(32)) + b"text")
    outer = sm3(bytes(b ^ 0x5C for b in b"k" * 32 + bytes(32)) + inner)
    assert algorithms.keyed_digest(algorithms.HMAC_SM3, b"k" * 32, b"text") == outer.hex()


def test_after_the_authority_s_key_is_changed_old_and_new_certificates_lead_to_the_root() -> None:
    before = identity("agency:a", "seal-official", role="seal", name="公章")
    rotate("node", "issuing-authority")
    forget_identities()  # what another process, or this one after a restart, knows
    again = identity("agency:a", "seal-official", role="seal", name="公章")
    later = identity("agency:b", "seal-official", role="seal", name="公章")
    assert again.chain == before.chain
    assert later.chain[1] != before.chain[1]
    for chain in (again.chain, later.chain):
        assert check_chain(chain, [before.chain[-1]], timezone.now()).trusted
