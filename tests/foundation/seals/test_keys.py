"""The register of keys, and changing a key."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import official
from tests.foundation.licences.test_pages import sign_in
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.queries import check_pdf, read_anchors
from yiwang.foundation.seals import actions, queries
from yiwang.foundation.seals.models import Seal
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db


def keeper() -> Actor:
    """Whoever looks after the whole node."""
    from yiwang.foundation.access.models import Grant

    actor = official("key-keeper", ["seals.*"])
    Grant.objects.filter(account=actor.account_id).update(agency=None)
    from yiwang.foundation.access.queries import of_account
    from yiwang.foundation.accounts.models import Account

    return of_account(Account.objects.get(pk=actor.account_id))


def test_a_seal_goes_on_with_its_next_key(seal: Seal, paper: bytes) -> None:
    who = keeper()
    before = actions.apply_to_pdf(who, seal.code, paper, reason="盖章", kind="test", subject=1)
    with recorded("seals.rotate-key", by=who, kind="key", subject=f"{seal.owner}/{seal.purpose}"):
        assert actions.rotate_key(who, seal.owner, seal.purpose, "定期更换") == 2
    after = actions.apply_to_pdf(who, seal.code, paper, reason="盖章", kind="test", subject=2)
    anchors = read_anchors(queries.trust_anchor())
    assert check_pdf(before, anchors).trusted
    assert check_pdf(after, anchors).trusted
    [row] = [row for row in queries.keys(who) if row.purpose == seal.purpose]
    assert (row.version, row.algorithm, row.for_life) == (2, "ECDSA-P256", False)
    assert row.not_after is not None


def test_the_page_of_a_seal_shows_its_certificates(client: Client, seal: Seal) -> None:
    who = keeper()
    actions.rotate_key(who, seal.owner, seal.purpose, "定期更换")
    paper = queries.certificates(who, seal.code)
    assert [row.version for row in paper] == [1], "the next certificate is made at the next use"
    actions.revoke_seal(who, seal.code, "更名")
    sign_in(client, who)
    text = client.get(f"/desk/seals/{seal.code}").content.decode()
    assert paper[0].serial[:16] in text
    assert "签发证书" in text
    assert "已吊销" in text


def test_who_may_not(seal: Seal) -> None:
    for who in (official("agency-chief", ["seals.*"]), official("clerk")):
        refused(actions.rotate_key, who, seal.owner, seal.purpose, "定期更换")


def test_what_cannot_be_changed(seal: Seal) -> None:
    who = keeper()
    with pytest.raises(Conflict):
        actions.rotate_key(who, "node", "root-authority", "换")
    with pytest.raises(Missing):
        actions.rotate_key(who, "node", "nothing", "换")
    with pytest.raises(Invalid):
        actions.rotate_key(who, seal.owner, seal.purpose, " ")


def test_the_page_and_the_api(client: Client, seal: Seal) -> None:
    sign_in(client, keeper())
    text = client.get("/desk/keys").content.decode()
    assert seal.purpose in text
    assert "长期使用" in text
    given = {"owner": seal.owner, "purpose": seal.purpose, "reason": "定期更换"}
    assert client.post("/desk/keys/rotate", given).status_code == 302
    assert "第 2 版" in client.get("/desk/keys").content.decode()
    assert client.post("/api/v1/keys/rotate", given, "application/json").json() == {"version": 3}
    assert {row["version"] for row in client.get("/api/v1/keys").json()} >= {1, 3}
    sign_in(client, official("clerk"))
    assert client.get("/desk/keys").status_code == 403
    assert client.get("/api/v1/keys").status_code == 403
