"""A list of items as places export it: CSV in UTF-8 (with or without BOM) or GB 18030, read row by row."""

from __future__ import annotations

import codecs
import csv
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem

CHUNK = 1 << 20
LONGEST_CELL = 20_000

# Our name of a column -> the headings under which it was met.
HEADINGS: dict[str, tuple[str, ...]] = {
    "item_code": ("item_code", "code", "实施编码", "事项编码", "实施清单编码", "编码"),
    "name": ("name", "item_name", "事项名称", "名称", "业务办理项名称"),
    "department": ("department", "dept_name", "部门", "部门名称", "实施主体", "实施主体名称", "所属部门"),
    "group": ("group", "主项", "主项名称", "分组", "事项分组"),
    "area_code": ("area_code", "region", "行政区划", "行政区划代码", "区划代码"),
    "task_type": ("task_type", "type", "事项类型", "事项类型代码"),
    "department_code": ("department_code", "dept_code", "部门代码", "实施主体代码", "统一社会信用代码"),
}
NEEDED = ("item_code", "name", "department")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file and how to read it. ``columns`` maps our names to places in a row."""

    path: Path
    encoding: str
    delimiter: str
    digest: str  # SHA-256 of the file, hex
    size: int
    columns: Mapping[str, int]
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, its values by our names, and what is wrong with it as a row ("" if nothing)."""

    line: int
    values: Mapping[str, str]
    fault: str = ""


@contextmanager
def as_path(content: bytes) -> Iterator[Path]:
    """The content as a file, for readers that want a path, gone afterwards. A list holds nothing personal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(content)
        yield path


def open_sheet(path: Path, columns: Mapping[str, str] | None = None) -> Sheet:
    """Look through a file once: its hash, its encoding, its headings. ``columns`` maps our names to its headings by hand.

    Raises :class:`Invalid` when it cannot be read or a needed column is not there.
    """
    digest, size = hashlib.sha256(), 0
    strange = foreign = 0  # what is no UTF-8, and what is beyond ASCII
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                text = decoder.decode(chunk)
                strange += text.count("\ufffd")
                foreign += len(text) - len(text.encode("ascii", "ignore"))
    except OSError as error:
        raise _unreadable(
            _("文件“%(path)s”打不开：%(why)s") % {"path": path, "why": error.strerror or error}
        ) from error
    # Chinese in GB 18030 is hardly ever good UTF-8, so a few bad bytes in a file of UTF-8 do not make it anything else.
    encoding = "utf-8-sig" if strange * 20 <= foreign else "gb18030"
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline()
    if not first.strip():
        raise _unreadable(_("文件是空的，第一行应为列名。"))
    delimiter = max(",\t;", key=first.count)
    headings = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter))]
    found = _columns(headings, columns or {})
    missing = [name for name in NEEDED if name not in found]
    if missing:
        message = _(
            "没有找到列：%(missing)s。文件里的列是：%(found)s。可以用 --column 指定，例如 --column name=事项名称。"
        )
        raise _unreadable(message % {"missing": "、".join(missing), "found": "、".join(headings)})
    return Sheet(path, encoding, delimiter, digest.hexdigest(), size, found, len(headings))


def _columns(headings: list[str], given: Mapping[str, str]) -> dict[str, int]:
    lowered = [heading.casefold() for heading in headings]
    found: dict[str, int] = {}
    for name, known in HEADINGS.items():
        for wanted in (given[name],) if name in given else known:
            if wanted.casefold() in lowered:
                found[name] = lowered.index(wanted.casefold())
                break
    return found


def _unreadable(message: str) -> Invalid:
    return Invalid(message, problems=[Problem("file", "format", message)])


def rows(sheet: Sheet) -> Iterator[Row]:
    """The rows of a sheet after its headings, one by one; empty lines are passed over."""
    csv.field_size_limit(1 << 20)
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=sheet.delimiter)
        next(reader)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(reader.line_num, {}, _("这一行读不出来：%(why)s") % {"why": error})
                continue
            if not any(cell.strip() for cell in cells):
                continue
            yield _row(sheet, reader.line_num, cells)


def _row(sheet: Sheet, line: int, cells: list[str]) -> Row:
    values = {name: _clean(cells[place]) if place < len(cells) else "" for name, place in sheet.columns.items()}
    fault = ""
    if len(cells) != sheet.width:
        fault = _("这一行有 %(n)s 列，应为 %(wanted)s 列，可能多了或少了逗号。") % {
            "n": len(cells),
            "wanted": sheet.width,
        }
    elif any(len(cell) > LONGEST_CELL for cell in cells):
        fault = _("这一行有一格超过 %(n)s 个字。") % {"n": LONGEST_CELL}
    elif any("\ufffd" in value for value in values.values()):
        fault = _("这一行有读不出的字，请检查文件的编码(应为 UTF-8 或 GB 18030)。")
    return Row(line, values, fault)


def _clean(cell: str) -> str:
    """A cell without control characters and without spaces at its ends."""
    return "".join(letter if letter.isprintable() else " " for letter in cell).strip()
