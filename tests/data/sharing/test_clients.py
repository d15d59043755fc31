"""Systems of agencies at the door of the gateway: who is let in, and why others are not."""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from tests.factories.sharing import LIN, Key, Memory, bureau, client, granted, resource, send, steward
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.data.sharing import actions, signatures
from yiwang.data.sharing.models import Client, Credential, Grant, Nonce
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = pytest.mark.django_db
ASK = {"key": {"identity_number": LIN}, "purpose": "核对救助申请人的身份"}


def _path(grant: Grant) -> str:
    return f"/api/v1/exchange/grants/{grant.number}/look-up"


@pytest.fixture
def grant(memory: Memory) -> Grant:
    resource()
    return granted()


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# What the standard itself gives as an example (RFC 9421, B.2.6)
_EXAMPLE_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""


def test_the_base_and_the_signature_are_those_of_the_standard() -> None:
    message = signatures.Message(
        "POST", "https://example.com/foo?param=Value&Pet=dog",
        {"date": "Tue, 20 Apr 2021 02:07:55 GMT", "content-type": "application/json", "content-length": "18"},
    )  # fmt: skip
    parameters = '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"'
    base = signatures.base(
        message, ("date", "@method", "@path", "@authority", "content-type", "content-length"), parameters
    )
    assert base.decode().splitlines()[1:4] == ['"@method": POST', '"@path": /foo', '"@authority": example.com']
    given = base64.b64decode("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
    assert signatures.holds(signatures.ED25519, _EXAMPLE_KEY, base, given)
    assert not signatures.holds(signatures.ED25519, _EXAMPLE_KEY, base + b" ", given)


@pytest.mark.parametrize("kind", [signatures.P256, signatures.ED25519])
def test_a_signed_request_is_answered(grant: Grant, kind: str) -> None:
    answer = Key(client(), kind).post(_path(grant), ASK)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"found": True, "row": {"name": "林晓梅", "sex": "2", "residence": "云州市云山区****"}}


def test_a_replayed_request_is_refused_even_when_the_first_was(grant: Grant) -> None:
    key = Key(client())
    content = json.dumps(ASK).encode()
    headers = key.headers("POST", _path(grant), content)
    assert send("POST", _path(grant), content, headers).status_code == 200
    assert _code(send("POST", _path(grant), content, headers)) == (401, "replayed")
    assert Nonce.objects.count() == 1


@pytest.mark.parametrize("part", ["body", "path", "method", "signature", "other key", "no digest", "unsigned digest"])
def test_a_forged_request_is_refused(grant: Grant, part: str) -> None:
    key = Key(client())
    content = json.dumps(ASK).encode()
    path = _path(grant)
    headers = key.headers("POST", path, content)
    wanted = "signature-wrong"
    if part == "body":
        content, wanted = content.replace(b"9023", b"9024"), "digest-mismatch"
    elif part == "path":
        path = path.replace("look-up", "verify")
    elif part == "method":
        headers = key.headers("GET", path, content)
    elif part == "signature":
        headers["Signature"] = f"sig1=:{base64.b64encode(bytes(64)).decode()}:"
    elif part == "other key":
        other = Key(client("other-system"))
        other.keyid = key.keyid
        headers = other.headers("POST", path, content)
    elif part == "no digest":
        headers, wanted = key.headers("POST", path, b""), "signature-components"
    else:
        headers["Content-Digest"] = signatures.digest(content)
        headers["Signature-Input"] = headers["Signature-Input"].replace(' "content-digest"', "")
        wanted = "signature-components"
    assert _code(send("POST", path, content, headers)) == (401, wanted)
    assert grant.uses.count() == 0


@pytest.mark.parametrize(
    ("shift", "life", "code"),
    [
        (-120, 60, "signature-expired"),
        (120, 60, "clock-skew"),
        (0, 4000, "signature-life"),
        (-80, 60, ""),
        (20, 60, ""),
    ],
)
def test_clocks_may_differ_by_half_a_minute_and_the_answer_says_so(
    grant: Grant, shift: int, life: int, code: str
) -> None:
    answer = Key(client()).post(_path(grant), ASK, now=time.time() + shift, life=life)
    if code:
        assert _code(answer) == (401, code)
        if life == 60:
            assert "30" in answer.json()["title"]
    else:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "given",
    ["", "sig1=();created=1", 'sig1=("@method" "@target-uri"', 'a=("@method"), b=("@method")', 'sig1=("@method";sf)'],
)
def test_what_is_not_the_grammar_is_refused(grant: Grant, given: str) -> None:
    headers = {"Signature-Input": given, "Signature": "sig1=:AAAA:"}
    assert _code(send("POST", _path(grant), b"{}", headers))[0] == 401


def test_a_revoked_key_and_a_suspended_client_are_out_at_once(grant: Grant) -> None:
    system = client()
    key = Key(system)
    with recorded("sharing.set_client", kind="client", subject=system.code):
        actions.set_client(bureau(), system.code, "suspended")
    assert _code(key.post(_path(grant), ASK)) == (403, "client-suspended")
    actions.set_client(bureau(), system.code, "active")
    with recorded("sharing.revoke_credential"):
        actions.revoke_credential(bureau(), Credential.objects.get(name=key.keyid).id)
    assert _code(key.post(_path(grant), ASK)) == (401, "key-unknown")


def test_after_a_rotation_both_keys_hold_for_a_week(grant: Grant) -> None:
    system = client()
    first = Key(system)
    second = Key(system)
    assert first.post(_path(grant), ASK).status_code == second.post(_path(grant), ASK).status_code == 200
    former = Credential.objects.get(name=first.keyid)
    assert former.until is not None
    assert dt.timedelta(days=6) < former.until - timezone.now() < dt.timedelta(days=8)
    Credential.objects.filter(id=former.id).update(until=timezone.now() - dt.timedelta(seconds=1))
    assert _code(first.post(_path(grant), ASK)) == (401, "key-unknown")


def _token(code: str, secret: str, **more: str) -> Any:
    from urllib.parse import urlencode

    form = urlencode({"grant_type": "client_credentials", "client_id": code, "client_secret": secret, **more})
    return send("POST", "/api/v1/exchange/token", form.encode(), {}, "application/x-www-form-urlencoded")


def test_a_token_opens_what_its_scope_says_and_no_more(grant: Grant) -> None:
    system = client()
    with recorded("sharing.new_secret", subject=system.code):
        _made, secret = actions.new_secret(bureau(), system.code)
    answer = _token(system.code, secret, scope="look-up")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["token_type"], answer.json()["scope"]) == ("Bearer", "look-up")
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    content = json.dumps(ASK).encode()
    assert send("POST", _path(grant), content, bearer).status_code == 200
    verify = json.dumps({**ASK, "claims": {"name": "林晓梅"}}).encode()
    assert _code(send("POST", _path(grant).replace("look-up", "verify"), verify, bearer)) == (403, "insufficient-scope")
    assert _code(_token(system.code, secret + "x")) == (401, "invalid_client")
    assert _code(_token(system.code, secret, grant_type="password"))[0] == 422
    Credential.objects.filter(client=system).update(revoked_at=timezone.now())
    assert _code(send("POST", _path(grant), content, bearer)) == (401, "token-wrong")
    assert _code(send("POST", _path(grant), content, {"Authorization": "Bearer made-up"})) == (401, "token-wrong")


def _certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relief")])
    now = timezone.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=9))
    return made.sign(key, hashes.SHA256())


def test_a_certificate_counts_only_when_the_setting_names_the_header(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, certificate = client(), _certificate()
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    with recorded("sharing.add_certificate", subject=system.code):
        actions.add_certificate(bureau(), system.code, pem)
    der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    headers, content = {"Client-Cert": f":{der}:"}, json.dumps(ASK).encode()
    assert _code(send("POST", _path(grant), content, headers)) == (401, "client-unknown")
    monkeypatch.setattr(environment, "client_certificate_header", "Client-Cert")
    assert send("POST", _path(grant), content, headers).status_code == 200
    from urllib.parse import quote

    assert send("POST", _path(grant), content, {"Client-Cert": quote(pem)}).status_code == 200
    stranger = base64.b64encode(_certificate().public_bytes(serialization.Encoding.DER)).decode()
    assert _code(send("POST", _path(grant), content, {"Client-Cert": f":{stranger}:"})) == (401, "certificate-unknown")


def test_only_those_who_answer_for_the_agency_manage_its_clients(memory: Memory) -> None:
    system = client()
    wrong = steward()  # of another agency
    refused(actions.register_client, wrong, "x-system", "别人的系统", "mzj")
    refused(actions.set_client, wrong, system.code, "suspended")
    refused(actions.add_key, wrong, system.code, "pem")
    refused(actions.new_secret, wrong, system.code)
    refused(actions.add_certificate, wrong, system.code, "pem")
    key = Key(system)
    refused(actions.revoke_credential, wrong, Credential.objects.get(name=key.keyid).id)


def test_what_is_wrong_with_a_client_is_said_at_its_fields(memory: Memory) -> None:
    with recorded("sharing.register_client", kind="client", subject="relief"):
        client()
    with pytest.raises(Conflict):
        client()
    with pytest.raises(Invalid) as caught:
        actions.register_client(bureau(), "X", "", "mzj", scopes=("all",))
    assert {problem.field for problem in caught.value.problems} == {"code", "name", "scopes"}
    with recorded("sharing.add_key", times=1):
        Key(Client.objects.get(code="relief"))
    with pytest.raises(Invalid, match="公钥"):
        actions.add_key(bureau(), "relief", "-----BEGIN " + "PRIVATE KEY-----")
