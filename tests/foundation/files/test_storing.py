"""A file that is stored is encrypted, durable, told by its content, and comes out as it went in."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import citizen
from tests.factories.documents import (
    archive,
    docx,
    jpeg,
    odt,
    ofd,
    pdf,
    pdf_with_object_stream,
    png,
    uploaded,
    webp,
    xlsx,
)
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.foundation.access.queries import ANONYMOUS, Actor, UnfinishedAct, act, require
from yiwang.foundation.crypto.queries import Unreadable
from yiwang.foundation.files import vault
from yiwang.foundation.files.actions import keep, store
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.files.queries import open_file, read_bytes
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Refusal, TooLarge

pytestmark = pytest.mark.django_db


def test_what_goes_in_comes_out_and_the_ledger_has_only_its_hash() -> None:
    actor, content = citizen(), pdf("晓梅的合同")
    with recorded("files.store", by=actor, kind="file") as entries:
        file = uploaded(actor, content)
    assert read_bytes(file.id) == content
    assert (file.name, file.media_type, file.size) == ("租赁合同.pdf", "application/pdf", len(content))
    assert hashlib.sha256(content).hexdigest() in entries[0].content
    assert "租赁合同" not in entries[0].content


def test_a_file_cannot_be_stored_for_somebody_else_or_by_a_passer_by() -> None:
    mine, neighbour = citizen(), citizen("邻居")
    refused(store, neighbour, name="a.pdf", content=pdf(), party_id=mine.party_id)
    refused(store, ANONYMOUS, name="a.pdf", content=pdf(), party_id=mine.party_id)


def test_the_disk_holds_nothing_readable() -> None:
    content = b"a very secret lease " * 10_000
    file = uploaded(citizen(), content, "a.txt")
    on_disk = vault.path_of(file.sha256).read_bytes()
    assert b"secret" not in on_disk
    assert len(on_disk) > len(content)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    size=st.sampled_from([0, 1, vault.CHUNK - 1, vault.CHUNK, vault.CHUNK + 1, 3 * vault.CHUNK, 3 * vault.CHUNK + 7]),
    cut=st.integers(1, 100_000),
    start=st.integers(0, 300_000),
    length=st.integers(0, 200_000),
)
def test_content_of_any_length_is_read_back_whole_and_at_any_place(
    size: int, cut: int, start: int, length: int
) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    with vault.Draft() as draft:
        for place in range(0, size, cut):
            draft.write(content[place : place + cut])
        sha256 = draft.seal()
        assert sha256 == hashlib.sha256(content).hexdigest()
        reader = draft.open()
        assert reader.size == size
        assert b"".join(draft.open().chunks()) == content
        reader.seek(start)
        assert io.BufferedReader(reader).read(length) == content[start : start + length]


def _stored() -> tuple[StoredFile, bytes]:
    file = uploaded(citizen(), b"line\n" * 60_000, "a.txt")
    return file, vault.path_of(file.sha256).read_bytes()


@pytest.mark.parametrize("harm", ["flip", "cut", "cut-chunk", "swap-chunks", "empty"])
def test_a_change_on_the_disk_is_noticed(harm: str) -> None:
    file, sealed = _stored()
    piece = vault.CHUNK + 16
    head, body = sealed[: -(len(sealed) - 66)], sealed[66:]
    harmed = {
        "flip": sealed[:-9] + bytes([sealed[-9] ^ 1]) + sealed[-8:],
        "cut": sealed[:-1],
        "cut-chunk": head + body[:piece],
        "swap-chunks": head + body[piece : 2 * piece] + body[:piece] + body[2 * piece :],
        "empty": b"",
    }[harm]
    vault.path_of(file.sha256).write_bytes(harmed)
    with pytest.raises(Refusal) as caught:
        read_bytes(file.id)
    assert (caught.value.status, caught.value.code) == (500, "file-unreadable")
    assert str(file.id) in str(caught.value)


def test_one_file_cannot_stand_in_for_another() -> None:
    one, other = uploaded(citizen(), pdf("one")), uploaded(citizen(), pdf("two"))
    vault.path_of(one.sha256).write_bytes(vault.path_of(other.sha256).read_bytes())
    with pytest.raises(Unreadable):
        vault.open_content(one.sha256)


def test_the_same_content_lies_there_once_and_stays_readable_for_both() -> None:
    first, second = uploaded(citizen(), pdf("same")), uploaded(citizen("邻居"), pdf("same"))
    assert first.sha256 == second.sha256
    assert read_bytes(first.id) == read_bytes(second.id) == pdf("same")


def test_the_same_key_is_the_same_file() -> None:
    actor = citizen()
    same = {"name": "a.pdf", "content": pdf(), "party_id": actor.party_id, "key": "k1"}
    assert store(actor, **same) == store(actor, **same)  # type: ignore[arg-type]
    assert StoredFile.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "media_type", "shown"),
    [
        (pdf(), "合同.pdf", "application/pdf", "合同.pdf"),
        (b"\xef\xbb\xbf" + pdf(), "合同.PDF", "application/pdf", "合同.pdf"),
        (jpeg(), "合同.pdf", "image/jpeg", "合同.jpg"),
        (png(), "照片", "image/png", "照片.png"),
        (webp(), "照片.2026", "image/webp", "照片.2026.webp"),
        (docx(), "申请.docx", StoredFile, "申请.docx"),
        (xlsx(), "表.xlsx", StoredFile, "表.xlsx"),
        (odt(), "文.odt", "application/vnd.oasis.opendocument.text", "文.odt"),
        (ofd(), "发票.ofd", "application/ofd", "发票.ofd"),
        ("姓名,金额\n林,12\n".encode(), "名单.csv", "text/plain", "名单.csv"),
        ("用记事本写的说明".encode("gb18030"), "说明.txt", "text/plain", "说明.txt"),
        (b"del /q c:\\", "run.bat", "text/plain", "run.bat.txt"),
    ],
)
def test_a_type_is_told_by_content_and_the_name_follows(
    content: bytes, name: str, media_type: object, shown: str
) -> None:
    file = uploaded(citizen(), content, name)
    assert file.name == shown
    assert media_type is StoredFile or file.media_type == media_type


_OVERLAPPING = docx({"a.xml": bytes(2_000_000)})
_DENSE = docx({"word/media/a.bmp": bytes(60_000_000)})
_JS = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
_UTF16 = "\ufeff<svg onload=alert(1)>".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "content", "rule", "says"),
    [
        ("空.pdf", b"", "empty", "空"),
        ("合同.pdf", b"MZ\x90\x00" + bytes(300), "type", "程序"),
        ("合同.pdf", b"\x7fELF" + bytes(300), "type", "程序"),
        ("合同.pdf", b"#!/bin/sh\nrm -rf /\n", "type", "程序"),
        ("合同.pdf", b"  <!DOCTYPE html><script>alert(1)</script>", "type", "网页"),
        ("合同.pdf", b'<svg xmlns="x" onload="alert(1)"/>', "type", "网页"),
        ("合同.txt", b"hello <script>alert(1)</script>", "type", "网页"),
        ("合同.txt", _UTF16, "type", "网页"),
        ("合同.txt", "说明".encode("utf-16"), "type", "UTF-8"),
        ("合同.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "type", "另存为 docx"),
        ("照片.jpg", b"\x00\x00\x00\x20ftypheic" + bytes(100), "type", "HEIC"),
        ("录像.mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(100), "type", "视频"),
        ("材料.rar", b"Rar!\x1a\x07\x01\x00" + bytes(100), "type", "压缩包"),
        ("材料.zip", archive({"a.txt": b"a"}), "type", "解压"),
        ("ppt.pptx", archive({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), "type", "PPT"),
        ("怪.bin", bytes(range(256)), "type", "不认识"),
        ("合同.pdf", b"%PDF-1.7\nhalf of it", "damaged", "损坏"),
        ("合同.pdf", pdf(extra=_JS), "active-content", "脚本"),
        ("合同.pdf", pdf(extra=b"/OpenAction << /S /J#61vaScript /JS (x) >>"), "active-content", "脚本"),
        ("合同.pdf", pdf(extra=b"/A << /S/Launch /F (cmd.exe) >>"), "active-content", "脚本"),
        ("合同.pdf", pdf(extra=b"/Names << /EmbeddedFiles 9 0 R >>"), "active-content", "附件"),
        ("合同.pdf", pdf_with_object_stream(_JS), "active-content", "脚本"),
        ("合同.pdf", pdf_with_object_stream(_JS, dictionary=b"/Type /O#62jStm"), "active-content", "脚本"),
        ("合同.pdf", pdf_with_object_stream(_JS, dictionary=b""), "active-content", "脚本"),
        ("合同.pdf", pdf_with_object_stream(bytes(40_000_000)), "active-content", "打印"),
        ("合同.pdf", pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 9 0 R"), "encrypted", "密码"),
        ("照片.png", png()[:-12], "damaged", "损坏"),
        ("照片.png", png(40_000, 40_000), "pixels", "像素"),
        ("照片.jpg", jpeg()[:-2], "damaged", "损坏"),
        ("照片.jpg", jpeg(0, 0), "damaged", "损坏"),
        ("照片.jpg", b"\xff\xd8\xff", "damaged", "损坏"),
        ("照片.webp", webp()[:30], "damaged", "损坏"),
        ("申请.docx", docx()[:-30], "damaged", "损坏"),
        ("申请.docx", docx().replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged", "损坏"),
        ("申请.docx", docx({"word/vbaProject.bin": b"x"}), "active-content", "宏"),
        ("申请.docx", docx({"word/embeddings/oleObject1.bin": b"x"}), "active-content", "宏"),
        ("申请.docx", docx({"../../etc/passwd": b"x"}), "archive", "PDF"),
        ("申请.docx", docx({"/etc/passwd": b"x"}), "archive", "PDF"),
        ("申请.docx", _DENSE, "archive", "PDF"),
        (
            "申请.docx",
            docx(
                {
                    "word/_rels/settings.xml.rels": b'<Relationships><Relationship Type="http://x/attachedTemplate" '
                    b'Target="https://evil.example/t.dotm" TargetMode="External"/></Relationships>'
                }
            ),
            "active-content",
            "外部",
        ),
    ],
)
def test_what_is_not_wanted_is_refused_with_a_way_out(name: str, content: bytes, rule: str, says: str) -> None:
    actor = citizen()
    with pytest.raises(Invalid) as caught:
        store(actor, name=name, content=content, party_id=actor.party_id)
    (problem,) = caught.value.problems
    assert (problem.field, problem.rule) == ("file", rule)
    assert says in problem.message
    assert not StoredFile.objects.exists()
    assert not list(vault.incoming().iterdir())


def test_a_long_ordinary_pdf_is_taken() -> None:
    page = (
        b"9 0 obj\n<< /Length 9 /Filter /FlateDecode >>\nstream\n"
        + bytes(range(200, 240)) * 8
        + b"\nendstream\nendobj\n"
    )
    contents = b"9 0 obj\n<< /Type /Outlines /First 3 0 R /Title (/JavaScripture) >>\nendobj\n"
    assert (
        uploaded(citizen(), pdf().replace(b"xref\n", (contents + page) * 5_000 + b"xref\n", 1)).media_type
        == "application/pdf"
    )


def test_a_link_in_a_word_document_is_no_danger() -> None:
    relation = (
        b'<Relationship Type="http://x/relationships/hyperlink" Target="https://a.example" TargetMode="External"/>'
    )
    assert uploaded(citizen(), docx({"word/_rels/document.xml.rels": relation}), "a.docx").name == "a.docx"


def test_parts_that_share_bytes_are_refused() -> None:
    """The densest ZIP bombs list the same bytes many times."""
    whole = bytearray(docx({"b.xml": b"x" * 50}))
    last = whole.rindex(b"PK\x01\x02")
    whole[last + 42 : last + 46] = (0).to_bytes(4, "little")  # the last part now begins where the first does
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        assert file.infolist()[-1].header_offset == 0
    actor = citizen()
    with pytest.raises(Invalid, match="内部结构"):
        store(actor, name="a.docx", content=bytes(whole), party_id=actor.party_id)


class Endless(io.RawIOBase):
    """A sender that never stops; counts what was read."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"a" * size


def test_a_sender_that_never_stops_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "upload_limit_mb", 1)
    actor, endless = citizen(), Endless()
    with pytest.raises(TooLarge, match="1 MB") as caught:
        store(actor, name="a.txt", content=endless, party_id=actor.party_id)  # type: ignore[arg-type]
    assert caught.value.problems[0].field == "file"
    assert endless.given <= 1024 * 1024 + vault.CHUNK
    assert not list(vault.incoming().iterdir())


def test_a_paper_of_the_node_is_kept_inside_an_act_only() -> None:
    with pytest.raises(UnfinishedAct):
        keep(name="回执.pdf", content=pdf(), media_type="application/pdf", purpose="receipt")


def test_a_paper_kept_inside_an_act_is_not_inspected() -> None:
    @act("trial.issue", "发文", public=True)
    def issue(actor: Actor) -> StoredFile:
        require(actor)
        record("trial", "1")
        active = pdf(extra=b"/Names << /EmbeddedFiles 9 0 R >>")  # a receipt carries its data
        return keep(
            name="回执.pdf", content=active, media_type="application/pdf", party_id=actor.party_id, purpose="receipt"
        )

    actor = citizen()
    file = issue(actor)
    assert (file.name, file.purpose, file.stored_by) == ("回执.pdf", "receipt", None)
    assert b"EmbeddedFiles" in b"".join(open_file(actor, file.id)[1])


def test_a_waiting_file_is_not_opened() -> None:
    actor = citizen()
    file = uploaded(actor)
    StoredFile.objects.filter(id=file.id).update(state="waiting")
    with pytest.raises(Conflict, match="安全检查"):
        open_file(actor, file.id)
    with pytest.raises(Conflict):
        read_bytes(file.id)
