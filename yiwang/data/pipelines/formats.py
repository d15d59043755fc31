"""Reading files as departments write them: CSV, spreadsheets, JSON and fixed width, in UTF-8 or GB 18030. Values stay text, unchanged.

A file that cannot be what it says is refused with a clear answer before anything is kept: an encoding that does not hold, a spreadsheet that unpacks
to a thousand times its size, ten thousand columns. A row that is none (too many cells, a formula) is kept apart with its reason.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.refusals import Invalid, Problem

from .slots import Row

MOST_COLUMNS = 2_000
MOST_HEADER = 1 << 20  # bytes
SAMPLE = 1 << 18
MOST_UNPACKED = 2 << 30  # bytes of a spreadsheet
MOST_RATIO = 200
LARGEST_JSON = 200 << 20
BAD_ENCODING = gettext_lazy("文件的文字编码读不出来：既不是 UTF-8，也不是 GB 18030，或者中间有损坏。请重新导出。")
FORMATS = ("csv", "xlsx", "json", "jsonl", "fixed")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".dat": "fixed",
}


@dataclass(slots=True)
class Opened:
    """Rows of a file. ``refused``: (number of the row, text, reason) of those that are none; complete when the rows are read."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def refusal(rule: str, message: Any) -> Invalid:
    return Invalid(message, problems=[Problem("file", rule, message)], code=rule)


def format_of(name: str, declared: str = "") -> str:
    """The format that a file's name says beyond doubt, or the declared one. Raises :class:`Invalid`."""
    told = _SUFFIXES.get(Path(name).suffix.lower(), "")
    found = told if told in ("xlsx", "json", "jsonl") else declared or told
    if found not in FORMATS:
        raise refusal(
            "format", _("看不出“%(name)s”是什么格式，请交 CSV、XLSX、JSON 或定长文本文件。") % {"name": name[:80]}
        )
    return found


def encoding_of(path: Path, declared: str = "") -> str:
    """ "utf-8-sig", "gb18030" or "utf-16", from the first bytes. A wrong guess shows when the file is read: :func:`decoded` says where."""
    if declared:
        return {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030"}.get(
            declared.lower(), declared.lower()
        )
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or len(head) < SAMPLE:
            return "gb18030"
    return "utf-8-sig"


def transcoded(path: Path, encoding: str, into: Path) -> None:
    """Write ``path`` in UTF-8, a piece at a time. Raises :class:`Invalid` with the place where it does not hold."""
    try:
        with (
            path.open(encoding=encoding, newline="", errors="strict") as source,
            into.open("w", encoding="utf-8", newline="") as target,
        ):
            while piece := source.read(1 << 20):
                target.write(piece)
    except UnicodeError:
        into.unlink(missing_ok=True)
        raise refusal("encoding", BAD_ENCODING) from None


def columns_of(cells: Sequence[Any]) -> tuple[str, ...]:
    """Names of columns from a header row: trimmed; one that is empty or stands twice gets its number. Raises :class:`Invalid`."""
    if len(cells) > MOST_COLUMNS:
        raise refusal(
            "columns",
            _("这个文件有 %(n)s 列，最多能收 %(most)s 列。请检查分隔符，或拆成几个文件。")
            % {"n": len(cells), "most": MOST_COLUMNS},
        )
    names: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        name = str(cell if cell is not None else "").strip().lstrip("\ufeff")[:120] or _("第%(n)s列") % {"n": number}
        if name.lower() in seen or name == "_row":  # names of columns do not tell upper and lower case apart
            name = f"{name}_{number}"
        seen.add(name.lower())
        names.append(name)
    while names and not str(cells[len(names) - 1] or "").strip():  # empty columns at the end of a sheet
        names.pop()
    if not names:
        raise refusal("empty", _("文件里没有表头，第一行应写列名。"))
    return tuple(names)


def csv_head(path: Path, encoding: str, delimiter: str = "") -> tuple[tuple[str, ...], str]:
    """(columns, delimiter) of a CSV file, from its first line."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        head = file.read(MOST_HEADER)
    line = head.split("\n", 1)[0]
    if not line.strip():
        raise refusal("empty", _("文件是空的。"))
    if not delimiter:
        delimiter = max(",\t;|", key=line.count)
    try:
        cells = next(csv.reader(io.StringIO(head), delimiter=delimiter))
    except (csv.Error, StopIteration):
        raise refusal("columns", _("第一行读不出列名，请检查文件。")) from None
    return columns_of(cells), delimiter


def words(value: Any) -> str | None:
    """A value of a spreadsheet, of JSON or of a database as text; nothing is lost and nothing is rounded."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _no_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as pack:
            unpacked, packed = sum(info.file_size for info in pack.infolist()), path.stat().st_size
    except (zipfile.BadZipFile, OSError):
        raise refusal(
            "damaged", _("这个表格文件打不开，可能损坏了或加了密码。请另存为不加密的 XLSX 后再交。")
        ) from None
    if unpacked > MOST_UNPACKED or (unpacked > 50 << 20 and unpacked > packed * MOST_RATIO):
        raise refusal("bomb", _("这个表格文件解开后大得不正常，没有读取。请把数据另存为 CSV 再交。"))


def spreadsheet(path: Path, form: Mapping[str, Any]) -> Opened:
    """The first sheet (or the one called ``form["sheet"]``). A cell with a formula refuses its row: what it shows is not in the file."""
    _no_bomb(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except Exception:  # openpyxl raises whatever the damaged part makes of it
        raise refusal(
            "damaged", _("这个表格文件打不开，可能损坏了或加了密码。请另存为不加密的 XLSX 后再交。")
        ) from None
    name = form.get("sheet")
    if name and name not in book.sheetnames:
        raise refusal("sheet", _("文件里没有名为“%(name)s”的工作表。") % {"name": name})
    sheet = book[name] if name else book.worksheets[0]
    if (sheet.max_column or 0) > MOST_COLUMNS * 8:  # styles may reach further than cells, so this is no exact figure
        raise refusal(
            "columns",
            _("这个文件有 %(n)s 列，最多能收 %(most)s 列。请检查分隔符，或拆成几个文件。")
            % {"n": sheet.max_column, "most": MOST_COLUMNS},
        )
    lines = sheet.iter_rows()
    header = next(lines, None)
    if header is None:
        raise refusal("empty", _("文件是空的。"))
    columns = columns_of([cell.value for cell in header])
    opened = Opened(columns, iter(()))

    def rows() -> Iterator[Row]:
        number = 0
        for line in lines:
            values = [cell.value for cell in line]
            if all(value is None or value == "" for value in values):
                continue
            number += 1
            reason = ""
            if any(cell.data_type == "f" for cell in line):
                reason = _("有单元格是公式，请粘贴为数值")
            elif any(value not in (None, "") for value in values[len(columns) :]):
                reason = _("比表头多出了单元格")
            if reason:
                opened.refused.append((number, ",".join(words(value) or "" for value in values)[:2000], reason))
                continue
            yield [words(value) for value in values[: len(columns)]] + [None] * (len(columns) - len(values))

    opened.rows = rows()
    return opened


def objects(records: Iterator[Any], columns: Sequence[str] = ()) -> Opened:
    """Rows from JSON objects: ``columns``, and what the first thousand hold besides. An object may leave some out."""
    first: list[Any] = []
    for record in records:
        first.append(record)
        if len(first) == 1000:
            break
    found = dict.fromkeys(str(name) for record in first if isinstance(record, dict) for name in record)
    names = columns_of(list(dict.fromkeys([*columns, *found])) or [None])
    opened = Opened(names, iter(()))
    known = set(names)

    def rows() -> Iterator[Row]:
        number = 0
        for source in (iter(first), records):
            for record in source:
                number += 1
                reason = ""
                if not isinstance(record, dict):
                    reason = _("不是一条记录（JSON 对象）")
                elif extra := [str(name) for name in record if str(name) not in known]:
                    reason = _("多出了“%(name)s”") % {"name": extra[0][:40]}
                if reason:
                    opened.refused.append((number, json.dumps(record, ensure_ascii=False, default=str)[:2000], reason))
                    continue
                yield [words(record.get(name)) for name in names]

    opened.rows = rows()
    return opened


def _json_lines(path: Path, encoding: str) -> Iterator[Any]:
    with path.open(encoding=encoding) as file:
        for line in file:
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError:
                    yield line.strip()


def json_file(path: Path, form: Mapping[str, Any], lines: bool) -> Opened:
    """An array of objects, an object with one array in it (``form["path"]``), or one object a line."""
    encoding = encoding_of(path, form.get("encoding", ""))
    try:
        if lines:
            return objects(_json_lines(path, encoding))
        if path.stat().st_size > LARGEST_JSON:
            raise refusal("too-large", _("JSON 文件太大，请改成每行一条记录（JSONL）再交。"))
        body = json.loads(path.read_text(encoding=encoding))
    except UnicodeError:
        raise refusal("encoding", BAD_ENCODING) from None
    except (ValueError, RecursionError):
        raise refusal("damaged", _("JSON 文件读不出来，请检查是不是完整。")) from None
    for part in filter(None, str(form.get("path", "")).split(".")):
        body = body.get(part) if isinstance(body, dict) else None
    if isinstance(body, dict):
        body = next((value for value in body.values() if isinstance(value, list)), None)
    if not isinstance(body, list):
        raise refusal("damaged", _("JSON 文件里没有记录的列表。"))
    return objects(iter(body))


def fixed(path: Path, form: Mapping[str, Any]) -> Opened:
    """Fixed width: ``form["columns"]`` is [{name, width}], widths in bytes of the file's encoding, as these files count."""
    encoding = encoding_of(path, form.get("encoding", ""))
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    columns = columns_of([column["name"] for column in form["columns"]])
    widths = [int(column["width"]) for column in form["columns"]]
    total = sum(widths)
    opened = Opened(columns, iter(()))

    def rows() -> Iterator[Row]:
        with path.open("rb") as file:
            number = 0
            for raw in file:
                line = raw.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf")
                if not line.strip():
                    continue
                number += 1
                cells, at, reason = [], 0, ""
                if len(line.rstrip()) > total or len(line) < total - widths[-1]:
                    reason = _("行的长度是 %(n)s，应为 %(total)s 个字节") % {"n": len(line), "total": total}
                else:
                    try:
                        for width in widths:
                            cells.append(line[at : at + width].decode(encoding).strip() or None)
                            at += width
                    except UnicodeError:
                        reason = _("列的边界落在了一个汉字中间，或者编码不对")
                if reason:
                    opened.refused.append((number, line.decode(encoding, "replace")[:2000], reason))
                    continue
                yield cells

    opened.rows = rows()
    return opened


def opened(path: Path, name: str, form: Mapping[str, Any]) -> Opened:
    """Rows of any format but CSV, which the engine reads itself."""
    match format_of(name, form.get("format", "")):
        case "xlsx":
            return spreadsheet(path, form)
        case "json":
            return json_file(path, form, lines=False)
        case "jsonl":
            return json_file(path, form, lines=True)
        case "fixed":
            return fixed(path, form)
    raise AssertionError("CSV is read by the engine")


def check(form: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a declared form."""
    found = []
    if form.get("format", "csv") not in FORMATS:
        found.append(Problem("format", "choice", _("格式可以写：%(known)s。") % {"known": "、".join(FORMATS)}))
    if form.get("format") == "fixed" and not form.get("columns"):
        found.append(Problem("columns", "required", _("定长文件要写每一列的名称和宽度（字节）。")))
    return found
