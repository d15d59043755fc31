"""The node's authority: one root, certificates that renew themselves, chains that refuse what nothing vouches for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import transaction
from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.crypto import certificates, paths
from yiwang.foundation.crypto.models import Certificate, Key
from yiwang.foundation.crypto.paths import Broken
from yiwang.foundation.crypto.queries import Identity, anchor, chain_of, check_chain, identity, read_anchors

pytestmark = pytest.mark.django_db
DER = serialization.Encoding.DER


def seal(owner: str = "agency:scjg") -> Identity:
    return identity(owner, "seal-official", role="seal", name="云州市市场监督管理局", organisation="云州市市场监督管理局", code="11990100MB00000010")  # fmt: skip


def anchors() -> list[bytes]:
    return read_anchors(anchor())


def test_root_issuing_authority_and_leaf() -> None:
    path = check_chain(seal().chain, anchors(), timezone.now())
    assert (path.trusted, path.role, path.name) == (True, "seal", "云州市市场监督管理局")
    assert (path.organisation, path.organisation_code) == ("云州市市场监督管理局", "11990100MB00000010")
    assert sorted(Certificate.objects.values_list("role", flat=True)) == ["issuing", "root", "seal"]


def test_asking_again_gives_the_same_certificate() -> None:
    assert seal().chain == seal().chain
    assert Certificate.objects.filter(role="seal").count() == 1
    assert anchor() == anchor()


def test_each_owner_has_a_key_and_a_certificate_of_its_own() -> None:
    first, second = seal("agency:scjg"), seal("agency:rsj")
    assert first.key.id != second.key.id
    assert first.chain[0] != second.chain[0]
    assert first.chain[1:] == second.chain[1:]


def test_a_certificate_renews_itself_in_its_last_year() -> None:
    now = timezone.now()
    first = seal()
    with time_machine.travel(now + dt.timedelta(days=365 * 4 + 10), tick=False):
        second = seal()
        assert second.key.id == first.key.id
        assert second.chain[0] != first.chain[0]
        assert check_chain(second.chain, anchors(), timezone.now()).trusted
    assert chain_of("agency:scjg", "seal-official", 1) == second.chain
    assert chain_of("agency:scjg", "seal-official", 2) == ()


def test_a_revoked_certificate_is_followed_by_another() -> None:
    first = seal()
    assert certificates.revoke("agency:scjg", "seal-official") == 1
    assert seal().chain[0] != first.chain[0]


def test_what_was_rolled_back_does_not_stay_in_memory() -> None:
    with transaction.atomic():
        seal()
        transaction.set_rollback(True)
    assert not Certificate.objects.filter(role="seal").exists()
    assert check_chain(seal().chain, anchors(), timezone.now()).trusted


@pytest.mark.django_db(transaction=True)
def test_the_root_is_written_where_verify_looks() -> None:
    path = environment.data_dir / "trust" / f"node-{environment.node_code}.pem"
    path.unlink(missing_ok=True)
    try:
        seal()
        assert path.read_bytes() == anchor()
        path.unlink()
        certificates.keep_anchor()
        assert path.read_bytes() == anchor()
    finally:
        path.unlink(missing_ok=True)


def test_an_unknown_root_is_not_trusted() -> None:
    assert not check_chain(seal().chain, [], timezone.now()).trusted


def test_out_of_time() -> None:
    chain, now = seal().chain, timezone.now()
    for moment in (now - dt.timedelta(days=30), now + dt.timedelta(days=365 * 6)):
        with pytest.raises(Broken, match="not valid at"):
            check_chain(chain, anchors(), moment)


def test_every_flipped_byte_of_a_chain_is_refused() -> None:
    chain, known = seal().chain, anchors()
    now = timezone.now()
    for place, der in enumerate(chain):
        for position in range(len(der)):
            spoilt = bytearray(der)
            spoilt[position] ^= 0x01
            with pytest.raises(Broken):
                check_chain([*chain[:place], bytes(spoilt), *chain[place + 1 :]], known, now)


def test_missing_links_and_too_many() -> None:
    chain = seal().chain
    for wrong in (chain[:1], chain[1:], chain[::-1], (chain[0], chain[2]), (*chain, chain[2], chain[2], chain[2]), ()):
        with pytest.raises(Broken):
            check_chain(wrong, anchors(), timezone.now())


def test_a_leaf_cannot_issue() -> None:
    """Whoever holds a seal cannot make certificates with it."""
    holder = seal()
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "冒名")]))
        .issuer_name(x509.load_der_x509_certificate(holder.chain[0]).subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(timezone.now() - dt.timedelta(days=1))
        .not_valid_after(timezone.now() + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True
        )
        .sign(holder.key.private_key(), hashes.SHA256())
        .public_bytes(DER)
    )  # fmt: skip
    with pytest.raises(Broken, match="may not issue"):
        check_chain([forged, *holder.chain], anchors(), timezone.now())


def test_signatures_in_another_encoding_are_refused() -> None:
    by = seal()
    public = by.key.private_key().public_key()
    signature = by.sign(b"text")
    assert paths.verify(public, signature, b"text")
    assert not paths.verify(public, signature, b"other")
    assert not paths.verify(public, signature + b"\x00", b"text")
    assert not paths.verify(public, b"", b"text")


def test_what_is_no_anchor() -> None:
    for text in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff" * 100):
        with pytest.raises(Broken):
            read_anchors(text)


def test_private_keys_rest_wrapped() -> None:
    by = seal()
    row = Key.objects.get(id=by.key.id)
    assert by.key.secret not in bytes(row.secret)
    assert replace(by.key, secret=b"").public == bytes(row.public)
