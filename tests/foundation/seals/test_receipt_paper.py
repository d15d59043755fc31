"""A receipt as a paper: sealed by the node, with the JSON inside; made once; any other byte is refused."""

from __future__ import annotations

import random

import pytest

from tests.factories import citizen
from tests.foundation.ledger.conftest import note
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.queries import Broken, anchor, check_pdf, read_anchors
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.ledger import queries
from yiwang.foundation.ledger.queries import About, Material
from yiwang.foundation.ledger.verification import examine
from yiwang.foundation.seals.models import SealUse
from yiwang.kernel.refusals import Denied

pytestmark = pytest.mark.django_db

ABOUT = About(
    title="提交回执",
    number="990100202611210001",
    addressee="林晓梅",
    lead="您提交的食品经营许可申请，我们已经收到。",
    rows=(
        ("申请事项", "食品经营许可核发"),
        ("申请人", "云州市晓梅餐饮有限公司"),
        ("提交时间", "2026年11月21日 18:41"),
        ("办理单位", "云州市市场监督管理局"),
    ),
    materials=(
        Material("营业执照", "3f" * 32, "由市场主体登记库核验，免提交"),
        Material("房屋租赁合同", "a1" * 32),
        Material("食品安全管理制度", "0c" * 32, "取自您的材料库"),
    ),
    next_steps=(
        "窗口会在 2026年11月30日 前告诉您是否受理，或者要补哪些材料。",
        "受理后 10 个工作日内作出决定，期间会有工作人员到店里看一看。",
        "办理进度随时可以在“我的办件”里查看。",
    ),
    contact="云州市市场监督管理局 综合窗口 0990-1234567，工作日 9:00–17:00",
)


@pytest.fixture
def actor() -> Actor:
    return citizen()


@pytest.fixture
def pdf(actor: Actor) -> bytes:
    return queries.receipt_pdf(actor, note(actor, "submitted").id, ABOUT)


def anchors() -> list[bytes]:
    return read_anchors(anchor())


def test_the_paper_holds_offline_and_carries_the_json_receipt(pdf: bytes) -> None:
    verdict = examine(pdf, anchors())
    assert (verdict.kind, verdict.trusted) == ("receipt", True)
    assert verdict.signers[0].name == "云州市政务服务电子回执专用章"
    inside = check_pdf(pdf, anchors()).attachments["receipt.json"]
    assert examine(inside, anchors()).summary == verdict.summary


def test_the_same_words_give_the_same_file(actor: Actor) -> None:
    entry = note(actor, "submitted")
    first = queries.receipt_pdf(actor, entry.id, ABOUT)
    assert queries.receipt_pdf(actor, entry.id, ABOUT) == first
    assert SealUse.objects.filter(kind="entry", subject=str(entry.id)).count() == 1
    assert queries.receipt_pdf(actor, entry.id) != first
    stored = StoredFile.objects.filter(purpose="receipt")
    assert {file.party_id for file in stored} == {actor.party_id}


def test_a_neighbour_gets_no_paper(actor: Actor) -> None:
    entry = note(actor, "submitted")
    with pytest.raises(Denied):
        queries.receipt_pdf(citizen("邻居"), entry.id, ABOUT)
    assert not StoredFile.objects.exists()


def test_an_act_without_words_of_its_own_gets_plain_ones(actor: Actor) -> None:
    entry = note(actor, "submitted")
    assert dict(examine(queries.receipt_pdf(actor, entry.id), anchors()).summary)["事项"] == "记一笔"


def test_flipped_bytes_all_over_the_paper_are_refused(pdf: bytes) -> None:
    known = anchors()
    for position in random.Random(7).sample(range(len(pdf)), 150):
        spoilt = bytearray(pdf)
        spoilt[position] ^= 0x01
        with pytest.raises(Broken):
            examine(bytes(spoilt), known)


def test_an_unknown_root_is_unknown_not_broken(pdf: bytes) -> None:
    assert not examine(pdf, []).trusted


def test_many_materials_go_to_a_second_page(actor: Actor) -> None:
    from dataclasses import replace

    many = replace(ABOUT, materials=ABOUT.materials * 12)
    assert examine(queries.receipt_pdf(actor, note(actor, "many").id, many), anchors()).trusted
