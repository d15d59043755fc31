"""Papers: PDF/A from a Typst template and data, compiled inside this process.

A template is Typst source of a pack or a room. It finds its values in ``data`` and the look of all papers in ``/paper.typ``
(folder ``typst`` beside this module). Values travel as JSON in ``sys.inputs``: nothing that a person typed ever becomes
part of the source. Fonts are the node's own; system fonts, packages from the network and files outside the folder are out of
reach. Uses no table of this room.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import Place, add_places
from yiwang.kernel.canonical import plain
from yiwang.kernel.refusals import TooLarge
from yiwang.web.assets import font_dirs

FOLDER = Path(__file__).parent / "typst"
LARGEST_TEMPLATE = 256 * 1024  # bytes
LARGEST_DATA = 512 * 1024  # bytes of JSON
LARGEST_ATTACHMENTS = 8 * 1024 * 1024  # bytes of all together
LARGEST_PAPER = 32 * 1024 * 1024  # bytes of the PDF
LONGEST_SETTING = 15  # seconds for source that officials edit
POINTS_PER_MM = 72 / 25.4

_OPENING = """\
#import "/paper.typ": *
#let data = json(bytes(sys.inputs.data))
#set document(title: sys.inputs.title, author: sys.inputs.author)
"""
_CLOSING = """
#for file in json(bytes(sys.inputs.attachments)) {
  pdf.attach(file.name, bytes(file.text), relationship: "data", mime-type: file.type, description: file.description)
}
"""
# Characters that change how their neighbours are shown, or cannot be shown: a paper must read as it is stored.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]")
_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
# An import by an expression, or anything but a file of the folder: it could name a package of the network.
_DYNAMIC = re.compile(rb'#?\b(?:import|include)\s+(?!"/)(?![a-z-]+\s*:)')
_MOST_RARE = 64  # characters without a glyph in one paper


class PaperError(RuntimeError):
    """A template does not compile, or the fonts are missing: a defect of the pack or the installation, not of the data."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file (UTF-8) embedded in the PDF for programs to read."""

    name: str
    content: bytes
    media_type: str = "application/json"
    description: str = ""


def qr_svg(text: str) -> str:
    """A QR code (error level M) as an SVG image without a size of its own; for papers and pages."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=0, omitsize=True)
    return out.getvalue().decode()


def render_paper(
    template: str,
    data: dict[str, Any],
    *,
    title: str,
    author: str = "",
    attachments: Sequence[Attachment] = (),
    apart: bool = False,
) -> bytes:
    """The PDF that ``template`` makes of ``data``: PDF/A-2b, or PDF/A-3b when files are embedded.

    ``data`` holds plain values, dates and UUIDs, no floats. Each ``#seal-place("name")`` of the template becomes an empty
    signature field of that name. A character that no font of the node has is written as its code point, 〔U+20BB7〕, rather
    than left out. ``apart`` is for source that officials edit: it is set in a process of its own, within bounds of time and
    memory (:mod:`.typesetter`). Raises :class:`TooLarge` for data beyond the bounds and :class:`PaperError` for a defect.
    """
    source = (_OPENING + template + _CLOSING).encode()
    if len(source) > LARGEST_TEMPLATE:
        raise PaperError("the template is too large")
    embedded = [
        {"name": item.name, "text": item.content.decode(), "type": item.media_type, "description": item.description}
        for item in attachments
    ]
    inputs = {
        "data": _bounded(_shown(plain(data)), LARGEST_DATA),
        "title": _shown(title),
        "author": _shown(author),
        "attachments": _bounded(embedded, LARGEST_ATTACHMENTS),
    }
    standards: list[Any] = ["a-3b" if attachments else "a-2b"]
    marks: list[dict[str, Any]] = []

    def together(now: Any) -> bytes:
        made = _compiler().compile(
            input=source, format="pdf", sys_inputs=inputs, pdf_standards=standards, timestamp=now
        )
        return _whole(made)

    def in_a_process(now: Any) -> bytes:
        pdf, marks[:] = _set_apart(source, inputs, standards, now)
        return pdf

    pdf = _compile(source, inputs, in_a_process if apart else together)
    if len(pdf) > LARGEST_PAPER:
        raise TooLarge(_("这份文书太大，无法生成。请减少内容后再试。"))
    if "seal-place" not in template:
        return pdf
    places = _places(marks if apart else _marks(source, inputs))
    return add_places(pdf, places) if places else pdf


def draw(template: str, data: dict[str, Any], form: str = "svg") -> bytes:
    """A picture, as "svg" (glyphs are outlines) or as a one-page "pdf", of the size that the template sets."""
    source = (_OPENING + template).encode()
    inputs = {"data": _bounded(_shown(plain(data)), LARGEST_DATA), "title": "", "author": "", "attachments": "[]"}

    def run(now: Any) -> bytes:
        made = _compiler().compile(input=source, format=form, sys_inputs=inputs, timestamp=now)  # type: ignore[arg-type]
        return _whole(made)

    return _compile(source, inputs, run)


def _shown(value: Any) -> Any:
    """``value`` without characters that cannot be shown, and with code points for those no font has."""
    if isinstance(value, str):
        text = _UNSHOWABLE.sub("", value)
        return text.translate(_rare) if _rare else text
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


def _bounded(value: Any, largest: int) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text.encode()) > largest:
        raise TooLarge(_("填写的内容太长，无法生成文书。请缩短后再试。"))
    return text


_own = threading.local()  # a compiler serves one thread at a time
_rare: dict[int, str] = {}  # code points that turned out to have no glyph, and what is written instead


@cache
def _fonts() -> typst.Fonts:
    folders = [folder for folder in font_dirs() if folder.is_dir()]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if not {"Noto Serif SC", "Noto Sans SC"} <= set(fonts.families()):
        raise PaperError("the fonts for papers are missing: run `make assets`")
    return fonts


def _compiler() -> typst.Compiler:
    """This thread's compiler. Fonts are read once; what was laid out before is reused by the library."""
    if not hasattr(_own, "compiler"):
        nowhere = FOLDER / "packages"  # there are none, and none are fetched
        _own.compiler = typst.Compiler(
            root=FOLDER, font_paths=_fonts(), ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
        )
    found: typst.Compiler = _own.compiler
    return found


def _whole(made: Any) -> bytes:
    """The compiler gives pages one by one for pictures, and the whole for PDF."""
    return bytes(made if isinstance(made, bytes) else made[0])


class _Refused(RuntimeError):
    """The compiler of another process refuses the source."""


def _set_apart(
    source: bytes, inputs: dict[str, str], standards: list[str], now: Any
) -> tuple[bytes, list[dict[str, Any]]]:
    """The PDF and the places for seals, made by :mod:`.typesetter` within :data:`LONGEST_SETTING` seconds."""
    asked = {
        "source": source.decode(), "inputs": inputs, "standards": standards, "root": str(FOLDER),
        "fonts": [str(folder) for folder in font_dirs() if folder.is_dir()], "timestamp": now.isoformat(),
    }  # fmt: skip
    dead = "http://127.0.0.1:9"  # the compiler fetches packages through the proxy that its environment names: nobody is there
    try:
        done = subprocess.run(  # noqa: S603  # our own program; what is untrusted comes on its input
            [sys.executable, "-I", str(FOLDER.parent / "typesetter.py")],
            input=json.dumps(asked).encode(), capture_output=True, timeout=LONGEST_SETTING, check=False,
            env={"HTTPS_PROXY": dead, "HTTP_PROXY": dead, "ALL_PROXY": dead}, cwd=FOLDER,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PaperError(f"the template takes longer than {LONGEST_SETTING} seconds") from None
    head, _line, pdf = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise PaperError("the template takes too much memory or time")
    answer = json.loads(head)
    if "message" in answer:
        raise _Refused(f"{answer['message']}\n{answer['diagnostic']}")
    return pdf, answer["marks"]


def _compile(source: bytes, inputs: dict[str, str], run: Callable[[Any], bytes]) -> bytes:
    if b'"@' in source or _DYNAMIC.search(source):
        raise PaperError('a template may import "/paper.typ" only, by its name in quotes')
    now = timezone.localtime().replace(microsecond=0)
    fixed = now.astimezone(timezone.get_fixed_timezone(now.utcoffset() or 0))
    for _attempt in range(_MOST_RARE):
        try:
            return run(fixed)
        except PaperError:
            raise
        except (typst.TypstError, _Refused) as error:
            if not _learn_rare(str(error), inputs):
                told = f"{error.message}\n{error.diagnostic}" if isinstance(error, typst.TypstError) else str(error)
                raise PaperError(told) from error
        except RuntimeError as error:
            raise PaperError(str(error)) from error
    raise TooLarge(_("文书里有太多无法显示的字符。请检查填写的内容。"))


def _learn_rare(message: str, inputs: dict[str, str]) -> bool:
    """Whether ``message`` complains of characters without a glyph; if so they are written as code points from now on."""
    found = _NO_GLYPH.search(message)
    if not found:
        return False
    cluster = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), found[1])
    rare = [character for character in cluster if ord(character) > 0x7F and ord(character) not in _rare]
    for character in rare:
        _rare[ord(character)] = f"〔U+{ord(character):04X}〕"
    for key in ("data", "title", "author"):
        inputs[key] = inputs[key].translate(_rare)
    return bool(rare)


def _marks(source: bytes, inputs: dict[str, str]) -> list[dict[str, Any]]:
    """What ``seal-place`` of /paper.typ left behind."""
    found: list[dict[str, Any]] = json.loads(
        typst.query(  # type: ignore[type-var]  # its stub wants source and root of one type; it takes bytes and a path
            source, "<seal-place>", field="value", root=FOLDER, font_paths=_fonts(), ignore_system_fonts=True,
            sys_inputs=inputs,
        )
    )  # fmt: skip
    return found


def _places(marks: list[dict[str, Any]]) -> dict[str, Place]:
    """Where the template wants seals, in PDF coordinates."""
    places = {}
    for item in marks:
        left, top, size, height = (item[key] * POINTS_PER_MM for key in ("x", "y", "size", "height"))
        bottom = height - top - size
        places[item["name"]] = Place(item["page"] - 1, left, bottom, left + size, bottom + size)
    return places
