"""What the office tells an applicant, it tells on paper: with reason, law, remedies with their days, and the agency's seal."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories.applications import (
    FIRM,
    LAYOUT,
    awaiting_correction,
    decided,
    jobless,
    neighbour,
    open_task,
    owner,
    person,
    ready,
    signed,
    step,
    submitted,
)
from tests.factories.browsing import browser_of
from tests.helpers import recorded, refused
from yiwang.config.command import main
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases.models import Case
from yiwang.foundation.crypto.queries import Broken, anchor, check_pdf, read_anchors
from yiwang.foundation.files.queries import read_bytes, stored
from yiwang.foundation.ledger.verification import examine
from yiwang.foundation.seals.models import Seal, SealUse
from yiwang.kernel.refusals import Conflict, Denied, Invalid
from yiwang.services.applications import actions, jobs, queries
from yiwang.services.applications.models import Filing, Paper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
LAW = "《食品经营许可和备案管理办法》第十五条"


def sealed(case: Case, kind: str) -> Paper:
    """The paper of a case, after the job has run."""
    paper = Paper.objects.get(case=case, kind=kind)
    return actions.seal_paper(system(), paper.id)


def words(paper: Paper) -> str:
    """What the sealed PDF says, without blanks; the seal is the agency's and holds."""
    assert paper.file_id is not None
    checked = check_pdf(read_bytes(paper.file_id), read_anchors(anchor()))
    assert checked.trusted
    assert checked.signatures[0].path.organisation == "云州市市场监督管理局"
    inside = json.loads(checked.attachments["paper.json"])
    return "".join("".join(str(value) for value in inside.values()).split())


def before_decision(filing: Filing) -> None:
    step(filing, "clerk", "accept", "accept")
    step(filing, "reviewer1", "review_documents", "agree", "材料齐全")
    step(filing, "reviewer2", "review_premises", "agree", "布局合理")
    step(filing, "inspector", "inspect", "pass", "现场与图纸一致")


def test_a_refusal_names_reason_law_and_remedies_with_their_days() -> None:
    filing = submitted(owner())
    before_decision(filing)
    chief = person("chief")
    with recorded("applications.refuse", by=chief, kind="application", subject=filing.case.number):
        actions.refuse(chief, open_task(filing.case, "decide").id, reason="后厨没有独立的冷食间", basis=[LAW, ""])
    with recorded("applications.seal_paper", kind="paper"):
        paper = sealed(filing.case, "refusal")
    text = words(paper)
    for said in (
        "不予行政许可决定书",
        "后厨没有独立的冷食间",
        LAW,
        "60日内",
        "云州市人民政府申请行政复议",
        "6个月内",
        "行政诉讼",
        filing.party.name,
    ):
        assert said in text, said
    assert SealUse.objects.filter(kind="paper", subject=paper.number).count() == 1
    assert stored(owner(), paper.file_id).media_type == "application/pdf"
    with pytest.raises(Denied):
        stored(neighbour(), paper.file_id)
    assert stored(person("reviewer1"), paper.file_id)  # who may read the case may read its papers


def test_a_refusal_needs_reason_and_law_and_the_right_person() -> None:
    filing = submitted(owner())
    task = open_task(filing.case, "accept")
    for who in (neighbour(), owner(), person("reviewer1")):
        refused(actions.refuse, who, task.id, reason="不归本机关管", basis=[LAW])
    with pytest.raises(Invalid) as caught:
        actions.refuse(person("clerk"), task.id, reason=" ", basis=["", " "])
    assert {problem.field for problem in caught.value.problems} == {"opinion", "basis"}
    assert not Paper.objects.filter(case=filing.case).exists()
    actions.refuse(person("clerk"), task.id, reason="不归本机关管", basis=[LAW])
    assert "不予受理通知书" in words(sealed(filing.case, "non-acceptance"))


def test_a_refusal_at_the_desk_suggests_the_law_and_shows_what_is_missing() -> None:
    filing = submitted(owner())
    task, client = open_task(filing.case, "accept"), browser_of(person("clerk"))
    page = client.get(f"/desk/cases/{filing.case.number}?outcome=refuse").content.decode()
    assert "《中华人民共和国行政许可法》第三十二条" in page
    assert "60 日内" in page
    answer = client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "refuse", "opinion": "", "basis": LAW})
    assert "请写明事实和理由" in answer.content.decode()
    client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "refuse", "opinion": "不归本机关管", "basis": LAW})
    assert Paper.objects.get(case=filing.case).content["basis"] == [LAW]


def test_acceptance_and_correction_are_told_in_writing() -> None:
    filing = submitted(owner())
    awaiting_correction(filing)
    assert LAYOUT["text"] in words(sealed(filing.case, "correction"))
    assert Paper.objects.filter(case=filing.case).count() == 1


def test_an_acceptance_says_by_when() -> None:
    filing = submitted(owner())
    case = step(filing, "clerk", "accept", "accept")
    text = words(sealed(case, "acceptance"))
    assert "现予受理" in text
    assert f"{case.due_on.year}年{case.due_on.month}月{case.due_on.day}日" in text


def test_a_licence_needs_no_second_paper_and_withdrawing_none() -> None:
    filing = submitted(owner())
    assert decided(filing).outcome == "approved"
    assert not Paper.objects.filter(case=filing.case, kind="approval").exists()


def test_sealing_again_changes_nothing_and_only_the_node_seals() -> None:
    filing = submitted(owner())
    case = step(filing, "clerk", "accept", "accept")
    paper = sealed(case, "acceptance")
    assert actions.seal_paper(system(), paper.id).sha256 == paper.sha256
    refused(actions.seal_paper, person("clerk"), paper.id)


def test_a_paper_waits_for_an_agency_without_a_seal() -> None:
    filing = submitted(owner())
    step(filing, "clerk", "accept", "accept")
    paper = Paper.objects.get(case=filing.case)
    Seal.objects.filter(agency_id=filing.case.agency_id).update(status=Seal.Status.SUSPENDED)
    jobs.seal_paper.func(str(paper.id))
    paper.refresh_from_db()
    assert paper.file_id is None
    assert "正在盖章" in browser_of(owner()).get(f"/my/cases/{filing.case.number}").content.decode()
    Seal.objects.filter(agency_id=filing.case.agency_id).update(status=Seal.Status.ACTIVE)
    Paper.objects.filter(id=paper.id).update(created_at="2026-01-01T00:00:00Z")
    jobs.seal_waiting()
    paper.refresh_from_db()
    assert paper.file_id is not None


class TestDelivery:
    POST = {"way": "post", "name": "林晓梅", "phone": "0320-6010000", "address": "云州市青年路1号"}

    def handed_in(self, me: Actor, **delivery: str) -> Filing:
        return actions.submit(me, ready(me).id, **signed(me), delivery=delivery)

    def test_the_post_needs_an_address(self) -> None:
        me = owner()
        draft = ready(me)
        with pytest.raises(Invalid) as caught:
            actions.submit(me, draft.id, **signed(me), delivery={"way": "post", "phone": "打我手机"})
        assert {problem.field for problem in caught.value.problems} == {
            "delivery.name", "delivery.address", "delivery.phone",
        }  # fmt: skip
        with pytest.raises(Invalid):
            actions.submit(me, draft.id, **signed(me), delivery={"way": "pigeon"})

    def test_a_posted_result_is_followed_by_its_number(self) -> None:
        filing = self.handed_in(owner(), **self.POST)
        clerk = person("clerk")
        with pytest.raises(Conflict):
            actions.deliver(clerk, filing.case.number, "EMS1")  # nothing is decided yet
        decided(filing)
        for who in (neighbour(), owner(), person("reviewer1")):
            refused(actions.deliver, who, filing.case.number, "EMS1")
        with pytest.raises(Invalid):
            actions.deliver(clerk, filing.case.number)
        page = browser_of(clerk).get(f"/desk/cases/{filing.case.number}/deliver").content.decode()
        assert self.POST["address"] in page
        assert browser_of(clerk).post(f"/desk/cases/{filing.case.number}/deliver", {"tracking": ""}).status_code == 422
        with recorded("applications.deliver", by=clerk, kind="application", subject=filing.case.number):
            actions.deliver(clerk, filing.case.number, " EMS 123 ")
        with pytest.raises(Conflict):
            actions.deliver(clerk, filing.case.number, "EMS1")
        assert "邮件号 EMS123" in browser_of(owner()).get(f"/my/cases/{filing.case.number}").content.decode()

    def test_what_comes_as_a_file_is_not_handed_over(self) -> None:
        filing = submitted(owner())
        decided(filing)
        with pytest.raises(Conflict):
            actions.deliver(person("clerk"), filing.case.number)

    def test_the_address_is_chosen_on_the_check_page(self) -> None:
        me = owner()
        draft, client = ready(me), browser_of(me)
        typed = {
            **{f"delivery.{name}": text for name, text in self.POST.items()},
            "signed_name": me.name,
            "agreed": "true",
        }
        answer = client.post(f"/drafts/{draft.id}/check", {**typed, "delivery.address": ""})
        assert answer.status_code == 422
        assert "请填写收件地址" in answer.content.decode()
        client.post(f"/drafts/{draft.id}/check", typed)
        draft.refresh_from_db()
        filing = Filing.objects.get(case=draft.case_id)
        assert filing.delivery == self.POST
        assert queries.filing_of(me, filing.case.number).signed


def test_nobody_else_sees_the_papers() -> None:
    filing = submitted(owner())
    step(filing, "clerk", "accept", "accept")
    with pytest.raises(Denied):
        queries.readable(neighbour(), filing.case.number)
    found: list[dict[str, Any]] = browser_of(owner()).get(f"/api/v1/applications/{filing.case.number}/papers").json()
    assert [paper["title"] for paper in found] == ["受理通知书"]
    assert browser_of(jobless()).get(f"/api/v1/applications/{filing.case.number}/papers").status_code == 403


class TestVerifying:
    """Whoever was given a paper checks it, offline or on the public page."""

    @pytest.mark.parametrize("kind", ["acceptance", "correction", "refusal", "non-acceptance"])
    def test_each_kind_is_known_by_what_it_says(self, kind: str) -> None:
        paper = of_kind(kind)
        assert paper.file_id
        verdict = examine(read_bytes(paper.file_id), read_anchors(anchor()))
        said = dict(verdict.summary)
        assert (verdict.kind, verdict.trusted) == ("paper", True)
        assert (said["文书"], said["文号"], said["致"]) == (paper.title, paper.number, FIRM)
        assert verdict.signers[0].name.startswith(said["作出机关"])

    def test_a_flipped_byte_anywhere_is_refused(self) -> None:
        paper = of_kind("acceptance")
        assert paper.file_id
        content, known = read_bytes(paper.file_id), read_anchors(anchor())
        for position in random.Random(11).sample(range(len(content)), 120):
            spoilt = bytearray(content)
            spoilt[position] ^= 0x01
            with pytest.raises(Broken):
                examine(bytes(spoilt), known)

    def test_the_command_and_the_public_page(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        paper = of_kind("refusal")
        assert paper.file_id
        content = read_bytes(paper.file_id)
        (tmp_path / "root.pem").write_bytes(anchor())
        (tmp_path / "paper.pdf").write_bytes(content)
        assert main(["verify", str(tmp_path / "paper.pdf"), "--anchor", str(tmp_path / "root.pem")]) == 0
        assert paper.number in capsys.readouterr().out
        (tmp_path / "spoilt.pdf").write_bytes(content[:4000] + bytes([content[4000] ^ 1]) + content[4001:])
        assert main(["verify", str(tmp_path / "spoilt.pdf"), "--anchor", str(tmp_path / "root.pem")]) == 1
        told = Client().post("/verify", {"file": SimpleUploadedFile("决定书.pdf", content)}).content.decode()
        assert paper.number in told
        bad = SimpleUploadedFile("决定书.pdf", (tmp_path / "spoilt.pdf").read_bytes())
        assert "没有通过" in Client().post("/verify", {"file": bad}).content.decode()


def of_kind(kind: str) -> Paper:
    """A sealed paper of a kind, from a case that came to it."""
    filing = submitted(owner())
    if kind == "correction":
        awaiting_correction(filing)
    elif kind == "non-acceptance":
        step(filing, "clerk", "accept", "refuse", "不归本机关管")
    elif kind == "refusal":
        decided(filing, "refuse")
    else:
        step(filing, "clerk", "accept", "accept")
    return sealed(filing.case, kind)
