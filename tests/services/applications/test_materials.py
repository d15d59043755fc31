"""Proving what an application asks for: by a file, from the library, by what registers know, by a promise."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.factories.applications import FOOD, SITUATIONS, draft_for, neighbour, owner, ready, signed
from tests.factories.browsing import browser_of
from tests.factories.documents import pdf, uploaded
from yiwang.data.registries.models import RegisterRecord
from yiwang.foundation.access.queries import Actor, Denial, system
from yiwang.foundation.files.models import Material, StoredFile
from yiwang.foundation.files.queries import library
from yiwang.kernel.refusals import Conflict, Invalid
from yiwang.services.applications import actions, queries
from yiwang.services.applications.models import Draft
from yiwang.services.items import actions as items
from yiwang.services.items.models import Item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def begun(actor: Actor, **situation: str) -> Draft:
    draft = draft_for(actor)
    return actions.answer_situation(actor, draft.id, {**SITUATIONS[FOOD], **situation})


def with_materials(*materials: dict[str, Any]) -> None:
    """The food permit, asking for these materials only."""
    body = Item.objects.get(code=FOOD).current.body
    items.install(system(), {**body, "materials": list(materials)})


def refusal_of(actor: Actor, draft: Draft, code: str, **how: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        actions.give_material(actor, draft.id, code, **how)
    assert caught.value.problems[0].field == f"materials.{code}"
    return caught.value


def test_an_uploaded_file() -> None:
    me = owner()
    draft = begun(me)
    file = uploaded(me, name="布局图.pdf")
    given = actions.give_material(me, draft.id, "layout", file_id=file.id)
    assert (given.how, given.source, given.name) == ("upload", "布局图.pdf", "经营场所布局和主要设备设施图")
    with pytest.raises(Conflict, match="已经在这份材料里了"):
        actions.give_material(me, draft.id, "layout", file_id=file.id)
    actions.remove_material(me, draft.id, given.id)
    actions.remove_material(me, draft.id, given.id)
    assert not draft.materials.exists()


def test_a_material_of_the_library() -> None:
    me = owner()
    draft = begun(me)
    kept = next(material for material in library(me) if material.kind == "health")
    given = actions.give_material(me, draft.id, "health", file_id=kept.file_id, how="library")
    assert (given.how, given.source) == ("library", "店里两个人的健康证明")


def test_a_library_material_that_is_out_of_date_or_was_taken_out() -> None:
    me = owner()
    draft = begun(me)
    kept = next(material for material in library(me) if material.kind == "health")
    Material.objects.filter(id=kept.id).update(valid_until=timezone.localdate() - dt.timedelta(days=1))
    assert refusal_of(me, draft, "health", file_id=kept.file_id, how="library").problems[0].rule == "expired"
    assert "店里两个人的健康证明" not in browser_of(me).get(f"/drafts/{draft.id}/materials").content.decode()
    Material.objects.filter(id=kept.id).delete()
    assert refusal_of(me, draft, "health", file_id=kept.file_id, how="library").problems[0].rule == "choice"


def test_a_file_in_which_something_was_found() -> None:
    me = owner()
    draft = begun(me)
    file = uploaded(me)
    StoredFile.objects.filter(id=file.id).update(state="refused")
    assert "安全检查" in str(refusal_of(me, draft, "layout", file_id=file.id))


def test_ten_files_are_enough() -> None:
    me = owner()
    draft = begun(me)
    for number in range(10):
        actions.give_material(me, draft.id, "layout", file_id=uploaded(me, pdf(f"page{number}")).id)
    assert refusal_of(me, draft, "layout", file_id=uploaded(me).id).problems[0].rule == "too-many"
    assert draft.materials.count() == 10


@pytest.mark.parametrize("code", ["lease", "passport", ""])
def test_what_is_not_asked_for(code: str) -> None:
    me = owner()
    draft = begun(me, premises="owned")
    assert refusal_of(me, draft, code, file_id=uploaded(me).id).problems[0].rule == "unknown"


def test_a_file_must_be_named() -> None:
    assert refusal_of(owner(), begun(owner()), "layout").problems[0].rule == "required"


@pytest.mark.parametrize("how", ["register", "licence", "system", "commitment", "prayer"])
def test_what_a_file_must_prove_cannot_be_claimed(how: str) -> None:
    assert refusal_of(owner(), begun(owner()), "layout", how=how).problems[0].rule == "how"


class TestProvenByData:
    def test_nothing_needs_to_be_handed_in(self) -> None:
        me = owner()
        needs = {given.need.code: given for given in queries.draft_view(me, begun(me).id).materials}
        assert needs["subject"].by_data
        assert needs["subject"].complete
        filing = actions.submit(me, ready(me).id, **signed(me))
        row = filing.materials.get(code="subject")
        assert (row.how, row.file_id, row.source) == ("register", None, "系统已从法人基础库核对，不用提交")

    def test_without_a_record_the_paper_must_be_handed_in(self) -> None:
        RegisterRecord.objects.filter(register_id="firms").update(until=timezone.now())
        me = owner()
        draft = begun(me)
        assert not next(g for g in queries.draft_view(me, draft.id).materials if g.need.code == "subject").complete
        assert refusal_of(me, draft, "subject", how="register").problems[0].rule == "how"
        text = browser_of(me).get(f"/drafts/{draft.id}/materials").content.decode()
        assert "系统没有查到可以代替的记录，请上传。" in text
        assert "系统已从法人基础库核对" not in text
        actions.give_material(me, draft.id, "subject", file_id=uploaded(me).id)
        assert next(g for g in queries.draft_view(me, draft.id).materials if g.need.code == "subject").complete

    def test_a_licence_that_is_held(self) -> None:
        with_materials(
            {
                "code": "permit",
                "name": "许可证",
                "replaced_by": {"kind": "licence", "ref": "food-permit", "label": "系统核对许可证"},
            }
        )
        me = owner()
        assert begun(me).proven == []


def test_a_promise_in_place_of_a_paper() -> None:
    with_materials(
        {"code": "fire", "name": "消防证明", "replaced_by": {"kind": "commitment", "label": "我承诺符合消防要求"}}
    )
    me = owner()
    draft = begun(me)
    page = browser_of(me).get(f"/drafts/{draft.id}/materials").content.decode()
    assert re.search(r'<button[^>]*name="how" value="commitment"', page)
    for _again in range(2):
        given = actions.give_material(me, draft.id, "fire", how="commitment")
    assert (given.how, given.source, given.file_id) == ("commitment", "我承诺符合消防要求", None)
    assert draft.materials.count() == 1


class TestThePage:
    def post(self, draft: Draft, body: dict[str, Any]) -> Any:
        return browser_of(owner()).post(f"/drafts/{draft.id}/materials", body)

    def test_uploading_choosing_and_taking_out(self) -> None:
        me = owner()
        draft = begun(me)
        upload = SimpleUploadedFile("图<b>.pdf", pdf(), "application/pdf")
        response = self.post(draft, {"material": "layout", "file": upload})
        assert response.url == f"/drafts/{draft.id}/materials#material-layout"
        kept = next(material for material in library(me) if material.kind == "premises")
        assert self.post(draft, {"material": "lease", "library": str(kept.file_id)}).status_code == 302
        assert {row.how for row in draft.materials.all()} == {"upload", "library"}
        given = draft.materials.get(code="layout")
        assert self.post(draft, {"material": "layout", "remove": str(given.id)}).status_code == 302
        assert [row.code for row in draft.materials.all()] == ["lease"]
        assert self.post(draft, {"material": "layout", "remove": "no number"}).status_code == 302

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({"material": "layout"}, 422, "请先选择一个文件"),
            ({"material": "layout", "library": "not an id"}, 422, "请重新选择"),
            ({"material": "layout", "library": "018f0000-0000-7000-8000-000000000000"}, 404, "没有找到这个文件"),
            ({"material": "passport", "how": "upload"}, 422, "不需要这份材料"),
            ({"material": "layout", "how": "register"}, 422, "不能这样提供"),
        ],
    )
    def test_what_cannot_be_is_told_in_place(self, body: dict[str, str], status: int, words: str) -> None:
        response = self.post(begun(owner()), body)
        assert response.status_code == status
        assert words in response.content.decode()
        assert "提供材料" in response.content.decode()

    def test_a_program_in_disguise_is_told_in_place(self) -> None:
        draft = begun(owner())
        upload = SimpleUploadedFile("布局图.pdf", b"MZ\x90\x00" + bytes(200), "application/pdf")
        response = self.post(draft, {"material": "layout", "file": upload})
        assert response.status_code == 422
        assert not draft.materials.exists()

    def test_errors_lead_to_their_inputs(self) -> None:
        draft = begun(owner())
        page = browser_of(owner()).get(f"/drafts/{draft.id}/materials?check=1").content.decode()
        assert 'href="#f-materials-layout"' in page
        assert 'id="f-materials-layout"' in page
        assert "还缺材料“经营场所布局和主要设备设施图”" in page
        assert "还缺材料" not in browser_of(owner()).get(f"/drafts/{draft.id}/materials").content.decode()

    def test_nothing_to_hand_in(self) -> None:
        with_materials()
        draft = begun(owner())
        assert "这次办理不需要您提供材料" in browser_of(owner()).get(f"/drafts/{draft.id}/materials").content.decode()

    def test_somebody_elses_file_is_refused_and_kept(self) -> None:
        foreign = uploaded(neighbour())
        before = Denial.objects.count()
        response = self.post(begun(owner()), {"material": "layout", "library": str(foreign.id)})
        assert response.status_code == 404
        assert "没有找到这个文件" in response.content.decode()
        assert Denial.objects.count() == before + 1


def test_an_account_without_the_party_cannot_upload_for_it() -> None:
    stranger = replace(neighbour(), party_id=UUID(int=1))
    draft = begun(owner())
    response = browser_of(stranger).post(
        f"/drafts/{draft.id}/materials",
        {"material": "layout", "file": SimpleUploadedFile("图.pdf", pdf(), "application/pdf")},
    )
    assert response.status_code == 403
    assert not StoredFile.objects.filter(party_id=draft.party_id, name="图.pdf").exists()
