"""Papers: PDF/A, values that never become source, seals' places, rare characters, bounds."""

from __future__ import annotations

import datetime as dt
import io
import threading
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from yiwang.foundation.files import papers
from yiwang.foundation.files.queries import Attachment, PaperError, draw, qr_svg, render_paper
from yiwang.kernel.refusals import TooLarge

LETTER = """
#show: letter.with(number: data.number)
#heading-block(data.title, right: qr(data.qr))
#rows(data.rows)
"""
SEALED = LETTER + '#place(bottom + right, seal-place("seal", size: 42mm))'


def data(value: Any = "云州市") -> dict[str, Any]:
    return {"number": "1", "title": "通知书", "qr": qr_svg("http://127.0.0.1/l/1"), "rows": [["内容", value]]}


def metadata(pdf: bytes) -> bytes:
    found: Any = PdfFileReader(io.BytesIO(pdf)).root["/Metadata"]
    return bytes(found.data)


def test_pdf_a_2_and_with_files_inside_pdf_a_3() -> None:
    plain = render_paper(LETTER, data(), title="通知书", author="云州市")
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata(plain)
    file = Attachment("data.json", '{"好": 1}'.encode(), description="数据")
    carrying = render_paper(LETTER, data(), title="通知书", attachments=[file])
    assert b"<pdfaid:part>3</pdfaid:part>" in metadata(carrying)
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in metadata(carrying)


def test_a_place_for_a_seal_is_a_signature_field_and_the_metadata_stay() -> None:
    pdf = render_paper(SEALED, data(), title="通知书")
    reader = PdfFileReader(io.BytesIO(pdf))
    [field] = reader.root["/AcroForm"]["/Fields"]
    assert field.get_object()["/T"] == "seal"
    left, bottom, right, top = (float(number) for number in field.get_object()["/Rect"])
    side = 42 * papers.POINTS_PER_MM
    assert right - left == pytest.approx(side, abs=1)
    assert top - bottom == pytest.approx(side, abs=1)
    margin = 24 * papers.POINTS_PER_MM
    assert right == pytest.approx(210 * papers.POINTS_PER_MM - margin, abs=1)
    assert bottom == pytest.approx(margin, abs=1)
    packet = metadata(pdf)
    assert b"<pdfaSchema:namespaceURI>http" in packet  # literals, not resources
    assert b"<pdfaid:part>2</pdfaid:part>" in packet


@pytest.mark.parametrize(
    "text",
    [
        '#import "@preview/cetz:0.2.0"',
        '"); #read("/etc/passwd"); ("',
        "*粗* _斜_ $x$ `码` = 标题 <标签> @引用 \\ // /* */",
        "]{}[#{panic()}",
        '{"a": "\\u0000"}',
    ],
)
def test_what_people_type_is_never_source(text: str) -> None:
    assert render_paper(LETTER, data(text), title=text).startswith(b"%PDF-")


def test_rare_characters_are_written_as_code_points_and_others_dropped() -> None:
    papers._rare.clear()
    assert render_paper(LETTER, data("𠮷野家 😀 \ue000"), title="𠮷").startswith(b"%PDF-")
    assert papers._shown("𠮷") == "〔U+20BB7〕"
    assert papers._shown("㛃𬭎䶮") == "㛃𬭎䶮"  # rare, and there
    assert papers._shown("a\x00b\u202ec\u200bd") == "abcd"


def test_days_and_lists_are_plain_and_floats_are_refused() -> None:
    assert render_paper("#data.day", {"day": dt.date(2026, 11, 21)}, title="")
    with pytest.raises(TypeError):
        render_paper("#data.x", {"x": 1.5}, title="")


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        render_paper(LETTER, data("长" * papers.LARGEST_DATA), title="")
    with pytest.raises(TooLarge):
        render_paper(LETTER, data(), title="", attachments=[Attachment("x", b"x" * (papers.LARGEST_ATTACHMENTS + 1))])
    with pytest.raises(PaperError):
        render_paper("x" * (papers.LARGEST_TEMPLATE + 1), {}, title="")
    monkeypatch.setattr(papers, "LARGEST_PAPER", 1000)
    with pytest.raises(TooLarge):
        render_paper(LETTER, data(), title="")


@pytest.mark.parametrize(
    "template",
    [
        "#let x = (",
        "#data.nothing",
        '#import "@preview/cetz:0.2.0": *',
        '#let p = "@preview/cetz:0.2.0"\n#import p: *',
        '#read("/../../../../etc/passwd")',
        '#read("/etc/passwd")',
        '#include "../papers.py"',
        "#let f(x) = f(x + 1)\n#f(0)",
        "#let i = 0\n#while i >= 0 { i = i + 1 }",
    ],
)
def test_a_bad_template_is_a_defect_that_is_told(template: str) -> None:
    with pytest.raises(PaperError):
        render_paper(template, {}, title="")


def test_pictures() -> None:
    circle = "#set page(width: 20mm, height: 20mm, margin: 0mm)\n#circle(radius: 9mm)#data.word"
    assert draw(circle, {"word": "印"}).startswith(b"<svg")
    assert draw(circle, {"word": "印"}, "pdf").startswith(b"%PDF-")


def test_a_code_for_scanning_is_an_image_without_a_size() -> None:
    image = qr_svg("http://127.0.0.1:8000/l/ABCD")
    assert image.startswith("<svg")
    assert "viewBox" in image
    assert "width=" not in image.split(">")[0]


def test_threads_do_not_share_a_compiler() -> None:
    made: list[bytes] = []
    failed: list[Exception] = []

    def work(number: int) -> None:
        try:
            made.append(render_paper(SEALED, data(str(number)), title=str(number)))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(made) == 4
