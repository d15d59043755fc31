"""Seals are made, used, suspended and revoked by those who may, and every use is in the log."""

from __future__ import annotations

import hashlib

import pytest

from tests.factories import agency, citizen, official
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.models import Certificate
from yiwang.foundation.crypto.queries import Place, check_pdf, read_anchors
from yiwang.foundation.ledger.queries import entries_about
from yiwang.foundation.seals import actions, queries
from yiwang.foundation.seals.models import Seal, SealUse
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing

pytestmark = pytest.mark.django_db


def use(actor: Actor, seal: Seal, pdf: bytes, **more: object) -> bytes:
    return actions.apply_to_pdf(actor, seal.code, pdf, reason="准予许可", kind="case", subject="990100-1", **more)


def test_a_seal_is_made_with_its_image_key_and_certificate(seal: Seal) -> None:
    assert (seal.code, seal.name, seal.status) == ("scjg-official", "云州市市场监督管理局", "active")
    assert seal.image.startswith("<svg")
    assert Certificate.objects.filter(role="seal", key__owner="agency:scjg").count() == 1
    assert [entry.act for entry in entries_about("seal", seal.code)] == ["seals.make"]
    assert queries.seal_of("scjg") == seal


def test_others_may_not_make_or_use(seal: Seal, paper: bytes) -> None:
    other = agency("rsj", "云州市人力资源和社会保障局")
    stranger = official("seal-keeper", ["seals.*"], at=other)
    for attempt in (
        lambda: actions.make(stranger, "scjg"),
        lambda: use(stranger, seal, paper),
        lambda: use(citizen(), seal, paper),
        lambda: actions.revoke_seal(stranger, seal.code, "换新章"),
        lambda: queries.seal(stranger, seal.code),
        lambda: queries.seals(citizen()),
    ):
        with pytest.raises(Denied):
            attempt()
    assert Denial.objects.count() == 6
    assert not SealUse.objects.exists()
    assert queries.seals(stranger) == [] or pytest.fail("sees another agency's seal")


def test_one_official_seal_for_each_agency(seal: Seal, keeper: Actor) -> None:
    with pytest.raises(Conflict):
        actions.make(keeper, "scjg")
    special = actions.make(keeper, "scjg", "云州市市场监督管理局行政审批专用章", "special")
    assert special.code == "scjg-special"
    with pytest.raises(Conflict):
        actions.make(keeper, "scjg", "云州市市场监督管理局行政审批专用章", "special")
    second = actions.make(keeper, "scjg", "云州市市场监督管理局食品许可专用章", "special")
    assert (second.code, second.purpose) == ("scjg-special-2", "seal-special-2")


def test_what_cannot_be_made(keeper: Actor) -> None:
    agency()
    for code, name, kind in (("scjg", "", "emblem"), ("scjg", "局" * 41, "official"), ("scjg", "", "receipt")):
        with pytest.raises(Invalid):
            actions.make(keeper, code, name, kind)
    everywhere = official("node-keeper", ["seals.*"])
    with pytest.raises((Denied, Missing)):
        actions.make(everywhere, "no-such-agency")


def test_a_use_is_logged_with_the_hash_before_and_after(seal: Seal, keeper: Actor, paper: bytes) -> None:
    sealed = use(keeper, seal, paper)
    [logged] = queries.uses(keeper, seal.code).items
    assert logged.document == hashlib.sha256(paper).hexdigest()
    assert logged.sealed == hashlib.sha256(sealed).hexdigest()
    assert (logged.account_id, logged.kind, logged.subject) == (keeper.account_id, "case", "990100-1")
    assert entries_about("seal", seal.code)[-1].act == "seals.use"
    assert queries.uses_about("case", "990100-1") == [logged]


def test_the_signature_names_the_agency(seal: Seal, keeper: Actor, paper: bytes) -> None:
    checked = check_pdf(use(keeper, seal, paper), read_anchors(queries.trust_anchor()))
    [signature] = checked.signatures
    assert checked.trusted
    assert (signature.field, signature.reason, signature.path.role) == ("seal", "准予许可", "seal")
    assert signature.path.organisation == "云州市市场监督管理局"


def test_a_seal_at_a_given_place(seal: Seal, keeper: Actor, paper: bytes) -> None:
    sealed = use(keeper, seal, paper, field_name="corner", place=Place(0, 400, 60, 520, 180))
    assert [s.field for s in check_pdf(sealed, []).signatures] == ["corner"]


def test_two_agencies_seal_one_paper(seal: Seal, keeper: Actor, paper: bytes) -> None:
    other = agency("rsj", "云州市人力资源和社会保障局")
    colleague = official("seal-keeper", ["seals.*"], at=other)
    second = actions.make(colleague, "rsj")
    once = use(keeper, seal, paper)
    twice = use(colleague, second, once, field_name="second", place=Place(0, 60, 60, 180, 180))
    checked = check_pdf(twice, read_anchors(queries.trust_anchor()))
    assert [s.path.organisation for s in checked.signatures] == ["云州市市场监督管理局", "云州市人力资源和社会保障局"]


def test_what_cannot_be_sealed(seal: Seal, keeper: Actor, paper: bytes) -> None:
    for pdf, more in ((b"no pdf", {}), (paper, {"field_name": "nowhere"}), (use(keeper, seal, paper), {})):
        with pytest.raises(Invalid):
            use(keeper, seal, pdf, **more)
    with pytest.raises(Invalid):
        actions.apply_to_pdf(keeper, seal.code, paper, reason=" ", kind="case", subject="1")
    assert SealUse.objects.count() == 1


def test_a_suspended_seal_rests_and_a_revoked_one_is_over(seal: Seal, keeper: Actor, paper: bytes) -> None:
    actions.suspend(keeper, seal.code, "印章保管人休假")
    with pytest.raises(Conflict):
        use(keeper, seal, paper)
    with pytest.raises(Missing):
        queries.seal_of("scjg")
    actions.resume(keeper, seal.code, "恢复")
    sealed = use(keeper, seal, paper)
    actions.revoke_seal(keeper, seal.code, "机构改名")
    with pytest.raises(Conflict):
        actions.resume(keeper, seal.code, "反悔")
    assert Certificate.objects.get(role="seal").revoked_at is not None
    assert check_pdf(sealed, []).signatures  # what was sealed before stays sealed
    successor = actions.make(keeper, "scjg")
    assert (successor.code, queries.seal_of("scjg")) == ("scjg-official-2", successor)
    with pytest.raises(Invalid):
        actions.suspend(keeper, successor.code, "")
