"""Pages and the API of licences: for strangers, holders and staff."""

from __future__ import annotations

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import citizen
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.licences import actions, queries
from yiwang.foundation.licences.models import Licence

pytestmark = pytest.mark.django_db


def sign_in(client: Client, actor: Actor) -> dict[str, str]:
    client.force_login(Account.objects.get(pk=actor.account_id))
    return {"HTTP_X_YIWANG_PARTY": str(actor.party_id)} if actor.party_id else {}


def test_a_stranger_scans_the_code(client: Client, licence: Licence) -> None:
    page = client.get(licence.check_path)
    assert page.status_code == 200
    text = page.content.decode()
    assert "这个证照现在有效" in text
    assert "印章是真的" in text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.get("/l/0000000000000000").status_code == 404


def test_trying_codes_in_bulk_is_held_back(client: Client, licence: Licence, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.foundation.ledger import limits

    monkeypatch.setattr(limits, "CODES", 2)
    with time_machine.travel(1_800_000_000, tick=False):
        for number in range(2):
            assert client.get(f"/l/000000000000000{number}").status_code == 404
        full = client.get(licence.check_path)
        assert (full.status_code, full.headers["Retry-After"]) == (429, "60")
        assert "查得太频繁" in full.content.decode()
        assert client.get("/l/s/anything").status_code == 429
        told = client.get(f"/api/v1/licences/check/{licence.number}")
        assert (told.status_code, told.json()["code"]) == (429, "too-often")
        assert client.get(licence.check_path, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_a_typed_code_leads_there_from_the_public_check(client: Client, licence: Licence) -> None:
    assert client.get("/verify", {"code": licence.shown_code}).headers["Location"] == licence.check_path
    assert client.get("/verify", {"code": licence.number}).headers["Location"] == f"/l/{licence.number}"


def test_an_uploaded_licence_is_told_apart_from_its_state(client: Client, licence: Licence, holder: Actor) -> None:
    pdf = SimpleUploadedFile("licence.pdf", queries.pdf(holder, licence.number))
    text = client.post("/verify", {"file": pdf}).content.decode()
    assert "是真的，没有被改动" in text
    assert f"code={licence.code}" in text


def test_annulled_says_so_on_the_page(client: Client, licence: Licence, issuer: Actor) -> None:
    actions.annul(issuer, licence.number, "经营者申请", "deregistered")
    text = client.get(licence.check_path).content.decode()
    assert "已注销" in text
    assert "不能再用" in text


def test_the_holder_s_pages(client: Client, licence: Licence, holder: Actor) -> None:
    party = sign_in(client, holder)
    assert licence.shown_code in client.get(f"/my/licences/{licence.number}", **party).content.decode()
    paper = client.get(f"/my/licences/{licence.number}/paper.pdf", **party)
    assert paper.content.startswith(b"%PDF-")
    shown = client.post(f"/my/licences/{licence.number}/show", **party)
    assert "请对方在" in shown.content.decode()


def test_a_neighbour_s_pages_are_refused(client: Client, licence: Licence) -> None:
    assert client.get(f"/my/licences/{licence.number}").status_code == 302
    sign_in(client, citizen("邻居"))
    for address in (f"/my/licences/{licence.number}", f"/my/licences/{licence.number}/paper.pdf"):
        assert client.get(address).status_code == 403
    assert client.post(f"/my/licences/{licence.number}/show").status_code == 403
    assert client.get("/desk/licences").status_code == 403


def test_staff_find_and_annul(client: Client, licence: Licence, issuer: Actor) -> None:
    sign_in(client, issuer)
    assert licence.number in client.get("/desk/licences").content.decode()
    assert "注销、撤销或吊销" in client.get(f"/desk/licences/{licence.number}").content.decode()
    client.post(f"/desk/licences/{licence.number}/annul", {"ground": "revoked", "reason": ""})
    assert Licence.objects.get().state == "valid"
    client.post(f"/desk/licences/{licence.number}/annul", {"ground": "revoked", "reason": "提供虚假材料"})
    assert Licence.objects.get().state == "annulled"
    assert "已撤销" in client.get(f"/desk/licences/{licence.number}").content.decode()


def test_the_register_of_seals(client: Client, issuer: Actor, licence: Licence) -> None:
    sign_in(client, issuer)
    assert "云州市市场监督管理局" in client.get("/desk/seals").content.decode()
    page = client.get("/desk/seals/scjg-official").content.decode()
    assert "颁发食品经营许可证" in page
    made = client.post(
        "/desk/seals/make", {"agency": "scjg", "kind": "special", "name": "云州市市场监督管理局许可专用章"}
    )
    assert made.status_code == 302
    assert client.post("/desk/seals/make", {"agency": "scjg", "kind": "official"}).status_code == 422
    client.post("/desk/seals/scjg-special/suspend", {"reason": "保管人休假"})
    assert "已停用" in client.get("/desk/seals/scjg-special").content.decode()
    assert client.post("/desk/seals/scjg-special/burn", {"reason": "x"}).status_code == 404


def test_programs(client: Client, licence: Licence, holder: Actor, issuer: Actor) -> None:
    public = client.get(f"/api/v1/licences/check/{licence.code}").json()
    assert (public["state"], public["seal"]["sound"]) == ("valid", True)
    assert client.get("/api/v1/licences/check/nothing").status_code == 404
    assert client.get("/api/v1/licences").status_code == 401
    party = sign_in(client, holder)
    [mine] = client.get("/api/v1/licences", **party).json()
    assert (mine["number"], mine["verification_code"]) == (licence.number, licence.code)
    assert client.get(f"/api/v1/licences/{licence.number}/pdf", **party).content.startswith(b"%PDF-")
    shown = client.post(f"/api/v1/licences/{licence.number}/show", **party).json()
    token = shown["path"].rsplit("/", 1)[1]
    assert client.get(f"/api/v1/licences/shown/{token}").json()["shown_by_holder"] is True
    assert client.get(shown["path"]).status_code == 200
    body = {"reason": "经营者申请"}
    assert client.post(f"/api/v1/licences/{licence.number}/annul", body, "application/json", **party).status_code == 403
    sign_in(client, issuer)
    done = client.post(f"/api/v1/licences/{licence.number}/annul", body, "application/json").json()
    assert done["state"] == "annulled"


def test_the_trust_anchor_is_for_everybody(client: Client) -> None:
    from yiwang.foundation.seals.queries import trust_anchor

    assert client.get("/api/v1/node/trust-anchor").content == trust_anchor()
