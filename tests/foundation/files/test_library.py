"""A person's library of materials: on the pages, over the API, and only theirs."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.factories import citizen, official
from tests.factories.browsing import browser_of
from tests.factories.documents import docx, pdf, png, uploaded
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.foundation.files import vault
from yiwang.foundation.files.actions import add_material, add_to_library, change_material, remove_from_library
from yiwang.foundation.files.models import Material, StoredFile
from yiwang.foundation.files.queries import LARGEST_LIBRARY, library
from yiwang.kernel.refusals import Denied, Invalid, Refusal
from yiwang.web.templatetags.yiwang import field_id

pytestmark = pytest.mark.django_db
ADD = "/my/materials/add"


def _form(content: bytes = b"", name: str = "合同.pdf", **values: str) -> dict[str, object]:
    form: dict[str, object] = {"title": "2026年租赁合同", "kind": "premises", "valid_until": "", **values}
    if content:
        form["file"] = SimpleUploadedFile(name, content)
    return form


def _material(actor: object) -> Material:
    return add_to_library(actor, uploaded(actor).id, kind="premises", title="租赁合同", valid_until=None)  # type: ignore[arg-type]


def test_a_material_is_added_changed_and_removed_and_the_file_stays() -> None:
    actor = citizen()
    file = uploaded(actor)
    with recorded("files.add-to-library", by=actor, kind="material"):
        material = add_to_library(
            actor, file.id, kind="premises", title=" 租赁  合同 ", valid_until=dt.date(2099, 1, 1)
        )
    assert (material.title, library(actor)) == ("租赁 合同", [material])
    assert add_to_library(actor, file.id, kind="premises", title="再来", valid_until=None) == material
    with recorded("files.change-material", by=actor, subject=material.id):
        change_material(actor, material.id, title="新合同", kind="other")
    assert [(m.title, m.kind, m.valid_until) for m in library(actor)] == [("新合同", "other", None)]
    assert library(actor, "premises") == []
    with recorded("files.remove-from-library", by=actor, subject=material.id):
        remove_from_library(actor, material.id)
    assert library(actor) == []
    assert StoredFile.objects.filter(id=file.id).exists()


def test_a_neighbour_can_do_none_of_it() -> None:
    mine, neighbour = citizen(), citizen("邻居")
    material, file = _material(mine), uploaded(mine)
    nothing = {
        refused(add_to_library, neighbour, file.id, kind="other", title="x", valid_until=None).status,
        refused(change_material, neighbour, material.id, title="x").status,
        refused(remove_from_library, neighbour, material.id).status,
    }
    assert nothing == {404}
    with pytest.raises(Refusal) as caught:
        remove_from_library(neighbour, uuid4())
    assert caught.value.status == 404
    assert library(neighbour) == []


def test_who_has_no_party_has_no_library() -> None:
    clerk = official("window-clerk")
    refused(add_material, clerk, name="a.pdf", content=pdf(), kind="other", title="x", valid_until=None)
    with pytest.raises(Denied):
        library(clerk)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_stored() -> None:
    with pytest.raises(Invalid) as caught:
        add_material(
            citizen(), name="", content=None, kind="没有", title=" ", valid_until=timezone.localdate() - dt.timedelta(1)
        )
    assert {problem.field for problem in caught.value.problems} == {"file", "kind", "title", "valid_until"}
    assert not StoredFile.objects.exists()


def test_a_full_library_says_so() -> None:
    actor = citizen()
    file = uploaded(actor)
    Material.objects.bulk_create(
        Material(party_id=actor.party_id, file=StoredFile.objects.create(
            name="a.txt", media_type="text/plain", size=1, sha256="0" * 64, party_id=actor.party_id, purpose="material"
        ), kind="other", title="x")
        for _number in range(LARGEST_LIBRARY)
    )  # fmt: skip
    with pytest.raises(Invalid, match="满了"):
        add_to_library(actor, file.id, kind="other", title="多一份", valid_until=None)


def test_the_list_is_one_query_whatever_its_length(django_assert_num_queries: object) -> None:
    actor = citizen()
    for _number in range(3):
        _material(actor)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert [material.file.name for material in library(actor)] == ["租赁合同.pdf"] * 3


def test_the_page_lists_adds_changes_and_removes_without_script() -> None:
    actor = citizen()
    browser = browser_of(actor)
    assert "还没有材料" in browser.get("/my/materials").content.decode()
    added = browser.post(ADD, _form(pdf(), valid_until="2099-03-31"), follow=True)
    text = added.content.decode()
    assert "2026年租赁合同" in text
    assert "有效至 2099年3月31日" in text
    material = Material.objects.get()
    assert material.file.sha256
    assert material.valid_until == dt.date(2099, 3, 31)
    page = f"/my/materials/{material.id}"
    assert "2026年租赁合同" in browser.get(page).content.decode()
    browser.post(page, {"title": "改了名", "kind": "other", "valid_until": ""})
    material.refresh_from_db()
    assert (material.title, material.kind, material.valid_until) == ("改了名", "other", None)
    wrong = browser.post(page, {"title": "", "kind": "other", "valid_until": "31/3/2099"})
    assert wrong.status_code == 422
    gone = browser.post(f"{page}/remove", follow=True)
    assert "已移出材料库" in gone.content.decode()
    assert browser.get(page).status_code == 404


def test_the_page_of_a_neighbour_s_material_is_not_found() -> None:
    material = _material(citizen())
    browser = browser_of(citizen("邻居"))
    for answer in (
        browser.get(f"/my/materials/{material.id}"),
        browser.post(f"/my/materials/{material.id}", {"title": "我的了"}),
        browser.post(f"/my/materials/{material.id}/remove"),
    ):
        assert answer.status_code == 404
    assert Client().get("/my/materials").status_code == 302


def test_a_title_is_escaped() -> None:
    actor = citizen()
    add_to_library(actor, uploaded(actor).id, kind="other", title="<b>粗</b>", valid_until=None)
    text = browser_of(actor).get("/my/materials").content.decode()
    assert "<b>粗" not in text
    assert "&lt;b&gt;粗" in text


@pytest.mark.parametrize(
    ("form", "status", "field", "says"),
    [
        (_form(), 422, "file", "请选择要上传的文件"),
        (_form(b"MZ" + bytes(500)), 422, "file", "电脑程序"),
        (_form(b"<svg onload=alert(1)>"), 422, "file", "网页"),
        (_form(pdf(), title=""), 422, "title", "起个名字"),
        (_form(pdf(), kind="没有"), 422, "kind", "选一类"),
        (_form(pdf(), valid_until="明天"), 422, "valid_until", "2027-03-31"),
        (_form(pdf(), valid_until="2020-01-01"), 422, "valid_until", "有效期已经过了"),
        (_form(b"a" * (1024 * 1024 + 1), "大.txt"), 413, "file", "1 MB"),
    ],
)
def test_a_wrong_upload_says_what_to_do_at_the_field(
    form: dict[str, object], status: int, field: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "upload_limit_mb", 1)
    if isinstance(form.get("file"), SimpleUploadedFile):
        form["file"].seek(0)  # type: ignore[attr-defined]
    answer = browser_of(citizen()).post(ADD, form)
    text = answer.content.decode()
    assert answer.status_code == status
    assert says in text
    assert 'class="error-summary"' in text
    assert f'id="{field_id(field)}-error"' in text
    assert not StoredFile.objects.exists()
    assert not list(vault.incoming().iterdir())


def test_an_upload_lies_on_no_disk_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request goes straight into an encrypted draft, which is gone when the request ends without an act."""
    seen: list[bytes] = []
    discard = vault.Draft.discard

    def spy(draft: vault.Draft) -> None:
        if draft._path.exists():
            seen.append(draft._path.read_bytes())
        discard(draft)

    monkeypatch.setattr(vault.Draft, "discard", spy)
    browser_of(citizen()).post(ADD, _form(b"a secret line\n" * 9000, "a.txt", title=""))
    assert seen
    assert all(b"secret" not in content for content in seen)
    assert not list(vault.incoming().iterdir())


def test_a_flood_cuts_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "upload_limit_mb", 1)
    answer = browser_of(citizen()).post(ADD, _form(b"a" * (5 * 1024 * 1024), "大.txt"))
    assert answer.status_code == 422
    assert not list(vault.incoming().iterdir())


def test_the_api_uploads_adds_lists_and_hands_out() -> None:
    actor = citizen()
    browser = browser_of(actor)
    upload = {"file": SimpleUploadedFile("合同.pdf", pdf())}
    first = browser.post("/api/v1/files", upload, headers={"Idempotency-Key": "k1"})
    assert first.status_code == 201, first.content
    body = first.json()
    assert (body["name"], body["media_type"], body["state"]) == ("合同.pdf", "application/pdf", "clean")
    again = browser.post(
        "/api/v1/files", {"file": SimpleUploadedFile("合同.pdf", pdf())}, headers={"Idempotency-Key": "k1"}
    )
    assert again.json()["id"] == body["id"]
    assert browser.get(f"/api/v1/files/{body['id']}").json()["sha256"] == body["sha256"]
    assert browser.get(f"/api/v1/files/{body['id']}/content").getvalue() == pdf()
    entry = {"file_id": body["id"], "kind": "premises", "title": "合同"}
    added = browser.post("/api/v1/materials", entry, content_type="application/json")
    assert added.status_code == 201
    material = added.json()
    assert (material["kind_name"], material["file"]["id"]) == ("场所证明（产权证、租赁合同）", body["id"])
    assert [m["id"] for m in browser.get("/api/v1/materials?kind=premises").json()] == [material["id"]]
    address = f"/api/v1/materials/{material['id']}"
    changed = browser.put(address, {"title": "新名", "valid_until": "2099-01-01"}, content_type="application/json")
    assert changed.json()["title"] == "新名"
    assert browser.delete(address).status_code == 204
    assert browser.get("/api/v1/materials").json() == []


def test_the_api_refuses_as_the_page_does() -> None:
    file, browser = uploaded(citizen()), browser_of(citizen("邻居"))
    exe = browser.post("/api/v1/files", {"file": SimpleUploadedFile("合同.pdf", b"MZ" + bytes(400))})
    assert (exe.status_code, exe["Content-Type"]) == (422, "application/problem+json")
    assert exe.json()["problems"][0]["field"] == "file"
    assert browser.get(f"/api/v1/files/{file.id}").status_code == 404
    assert browser.get(f"/api/v1/files/{file.id}/content").status_code == 404
    assert Client().get(f"/api/v1/files/{file.id}").status_code == 401
    taken = {"file_id": str(file.id), "kind": "other", "title": "我的"}
    assert browser.post("/api/v1/materials", taken, content_type="application/json").status_code == 404


def test_a_picture_and_a_document_together_keep_their_kinds() -> None:
    actor = citizen()
    for content, name, kind in ((png(), "照片.png", "photo"), (docx(), "证明.docx", "health")):
        add_to_library(actor, uploaded(actor, content, name).id, kind=kind, title=name, valid_until=None)
    text = browser_of(actor).get("/my/materials?kind=photo").content.decode()
    assert "照片.png" in text
    assert "证明.docx" not in text
