"""Document templates: edited in the browser, tried, published as versions that stay; within bounds of time and reach."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.factories import citizen, official
from tests.foundation.licences.test_pages import sign_in
from tests.helpers import recorded, refused
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.files import papers, queries, slots
from yiwang.foundation.files.actions import publish_template
from yiwang.foundation.files.models import TemplateVersion
from yiwang.kernel.models import AppendOnlyError
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
SHIPPED = """
#show: letter.with(number: data.number)
#heading-block(data.title)
#rows(data.rows)
#seal-place("seal")
"""
EDITED = SHIPPED.replace("#rows", "= 附注\n#rows")


@pytest.fixture(autouse=True)
def _letter() -> object:
    data = {"number": "1", "title": "通知书", "rows": [["内容", "云州市 𠮷"]]}
    with slots.document_templates.plugged("letter", slots.Template("通知书", SHIPPED, lambda: data, seals=("seal",))):
        yield


@pytest.fixture
def editor() -> Actor:
    """Whoever looks after the papers of the whole node."""
    actor = official("paper-editor", ["files.*"])
    Grant.objects.filter(account=actor.account_id).update(agency=None)
    return of_account(Account.objects.get(pk=actor.account_id))


def fields(pdf: bytes) -> list[str]:
    form = PdfFileReader(io.BytesIO(pdf)).root["/AcroForm"]
    return [str(field.get_object()["/T"]) for field in form["/Fields"]]


def made() -> bytes:
    return queries.render_document(
        "letter", {"number": "2", "title": "通知书", "rows": [["内容", "x"]]}, title="通知书"
    )


def test_a_published_version_sets_the_papers_from_then_on(editor: Actor) -> None:
    shipped = made()
    with recorded("files.publish-template", by=editor, kind="template", subject="letter"):
        first = publish_template(editor, "letter", EDITED, "加附注")
    assert first.version == 1
    edited = made()
    assert fields(shipped) == fields(edited) == ["seal"]
    assert len(edited) != len(shipped)
    second = publish_template(editor, "letter", EDITED.replace("附注", "说明"), "改名")
    assert [row.version for row in queries.template(editor, "letter").versions] == [2, 1]
    lines = queries.compare_templates(editor, "letter", 1, 2)
    assert {"-= 附注", "+= 说明"} <= set(lines)
    assert queries.compare_templates(editor, "letter", 0, 0) == []
    with pytest.raises(AppendOnlyError):
        second.save()
    with pytest.raises(Conflict):
        publish_template(editor, "letter", second.source, "没有改")


def test_who_may_not() -> None:
    for actor in (citizen(), official("clerk"), official("agency-editor", ["files.*"])):
        refused(publish_template, actor, "letter", EDITED, "改")


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("#let x = ", "does-not-compile"),
        (SHIPPED.replace('#seal-place("seal")', ""), "no-seal-place"),
        ("  ", "length"),
        ('#import "@preview/cetz:0.3.0": *', "does-not-compile"),
        ('#import str.from-unicode(64) + "preview/cetz:0.3.0": *', "does-not-compile"),
        ('#eval("import str.from-unicode(64) + \\"preview/cetz:0.3.0\\"")', "does-not-compile"),
        ('#read("/../papers.py")', "does-not-compile"),
        ('#read("/etc/passwd")', "does-not-compile"),
        ('#image("http://127.0.0.1:8000/x.png")', "does-not-compile"),
    ],
)
def test_what_cannot_be_published_says_why(editor: Actor, source: str, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        publish_template(editor, "letter", source, "改")
    assert [(problem.field, problem.rule) for problem in caught.value.problems] == [("source", rule)]
    assert not TemplateVersion.objects.exists()


def test_a_template_that_never_ends_is_stopped(editor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "LONGEST_SETTING", 2)
    endless = "#for i in range(10000) { for j in range(10000) { for k in range(1000) { } } }"
    with pytest.raises(Invalid, match="2 seconds"):
        queries.preview_template(editor, "letter", endless)


def test_a_note_is_wanted_and_a_template_must_be_there(editor: Actor) -> None:
    with pytest.raises(Invalid):
        publish_template(editor, "letter", EDITED, " ")
    with pytest.raises(Missing):
        publish_template(editor, "nothing", EDITED, "改")


def test_every_shipped_template_can_be_set_with_its_sample(editor: Actor) -> None:
    assert {"receipt", "licence-landscape", "licence-portrait", "voucher"} <= set(slots.document_templates)
    for code in slots.document_templates:
        assert "seal" in fields(queries.preview_template(editor, code)), code


def test_the_pages(client: Client, editor: Actor) -> None:
    sign_in(client, editor)
    assert "通知书" in client.get("/desk/templates").content.decode()
    address = "/desk/templates/letter"
    assert "seal-place" in client.get(address).content.decode()
    preview = client.post(address, {"source": EDITED, "do": "preview"})
    assert preview.content.startswith(b"%PDF-")
    assert not TemplateVersion.objects.exists(), "a preview publishes nothing"
    wrong = client.post(address, {"source": "#let x = ", "note": "改", "do": "publish"})
    assert wrong.status_code == 422
    assert "#let x = " in wrong.content.decode()
    done = client.post(address, {"source": EDITED.replace("\n", "\r\n"), "note": "加附注", "do": "publish"})
    assert done.status_code == 302
    assert TemplateVersion.objects.get().source == EDITED
    assert "+= 附注" in client.get(f"{address}/0-1").content.decode()
    assert client.get(f"{address}/1.pdf").content.startswith(b"%PDF-")
    assert client.get(f"{address}/9.pdf").status_code == 404
    assert client.get("/desk/templates/nothing").status_code == 404
    sign_in(client, official("clerk"))
    assert client.get(address).status_code == 403
    assert client.post(address, {"source": EDITED, "do": "preview"}).status_code == 403


def test_programs(client: Client, editor: Actor) -> None:
    sign_in(client, editor)
    base = "/api/v1/document-templates"
    assert {"code": "letter", "name": "通知书", "version": 0} in client.get(base).json()
    assert client.get(f"{base}/letter").json()["source"] == SHIPPED
    preview = client.post(f"{base}/letter/preview", {"source": EDITED}, "application/json")
    assert preview.content.startswith(b"%PDF-")
    made = client.post(f"{base}/letter/versions", {"source": EDITED, "note": "加附注"}, "application/json")
    assert (made.status_code, made.json()["version"]) == (201, 1)
    wrong = client.post(f"{base}/letter/versions", {"source": "#let x = ", "note": "改"}, "application/json")
    assert wrong.json()["problems"][0]["rule"] == "does-not-compile"
    sign_in(client, citizen())
    assert client.get(base).status_code == 403
