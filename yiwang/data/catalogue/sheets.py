"""The survey of systems and data as a spreadsheet: the columns, writing a prepared one, reading a filled-in one. Private to this room.

One row is one field; the columns of its resource may be left empty where they repeat those of the row above. XLSX has a second
sheet for the systems and a third with the codes that may be used; CSV has the resources only.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from yiwang.kernel.refusals import Invalid, Problem, TooLarge

from .bodies import OPENS, SHARES, TYPES
from .models import Entry, System
from .wording import choices, code_name

LARGEST = 5 * 1024 * 1024
LARGEST_OPENED = 100 * 1024 * 1024  # what an XLSX may come to when it is unpacked
MOST_ROWS = 20_000
RESOURCES, SYSTEMS, CODES = "信息资源", "信息系统", "代码"
# Column -> the element of the body. The headings are the file's own words and are not translated: a file must be readable on any node.
OF_RESOURCE = {
    "资源代码": "code", "类目代码": "class", "资源名称": "name", "提供方": "provider", "摘要": "abstract", "关键词": "keywords", "格式": "format",
    "格式说明": "format_detail", "共享类型": "share", "不予共享依据": "share_reason", "共享条件": "share_conditions", "共享方式": "share_mode",
    "开放类型": "open", "开放条件": "open_conditions", "更新周期": "update_period", "来源系统": "system", "数据位置": "place",
}  # fmt: skip
OF_FIELD = {
    "信息项": "label", "英文名": "name", "类型": "type", "长度": "length", "数据元": "element", "代码集": "codes", "级别": "level",
    "主键": "key", "必填": "required",
}  # fmt: skip
OF_SYSTEM = {
    "系统代码": "code", "系统名称": "name", "单位": "agency", "用途": "purpose", "状态": "state", "等保级别": "level", "数据库": "store",
    "上云": "cloud", "建成日期": "built_on",
}  # fmt: skip
_TYPE_WORDS = {
    "字符型": "text", "文本": "text", "文字": "text", "整数": "integer", "数值型": "decimal", "小数": "decimal", "金额": "money", "日期型": "date", "日期": "date",
    "日期时间型": "time", "时间": "time", "布尔型": "boolean", "是否": "boolean", "代码": "code", "行政区划": "region", "手机号码": "phone",
    "公民身份号码": "identity_number", "统一社会信用代码": "uscc", "空间": "geometry",
}  # fmt: skip


@dataclass(slots=True)
class Given:
    """One resource as the file has it: its first line, its values by element, its fields."""

    line: int
    values: dict[str, str]
    fields: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled-in file: resources, systems (line, values)."""

    resources: list[Given]
    systems: list[tuple[int, dict[str, str]]]


def _unreadable(message: str) -> Invalid:
    return Invalid(message, problems=[Problem("file", "format", message)])


def read(name: str, content: bytes) -> Filled:
    """Read an XLSX or a CSV (UTF-8 or GB 18030). Raises :class:`Invalid` for what is no survey, :class:`TooLarge` past 5 MB or 20,000 rows."""
    if len(content) > LARGEST:
        raise TooLarge(_("文件最大 %(n)d MB，请按单位分开填。") % {"n": LARGEST // 1024**2})
    tables = _workbook(content) if content[:4] == b"PK\x03\x04" else {RESOURCES: _csv(content)}
    if not any(tables.get(name) for name in (RESOURCES, SYSTEMS)):
        raise _unreadable(_("文件里没有“信息资源”或“信息系统”表，请用系统下载的模板填写。"))
    resources = list(
        _resources(_rows(tables.get(RESOURCES, []), {**OF_RESOURCE, **{k: f"f.{v}" for k, v in OF_FIELD.items()}}))
    )
    systems = list(_rows(tables.get(SYSTEMS, []), OF_SYSTEM))
    return Filled(resources, systems)


def _workbook(content: bytes) -> dict[str, list[list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_OPENED:
                raise TooLarge(_("文件展开后太大，请检查里面有没有多余的内容。"))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise _unreadable(_("这个文件打不开，请用 Excel 或 WPS 另存为 .xlsx 再上传。")) from error
    found: dict[str, list[list[str]]] = {}
    for sheet in book.worksheets:
        if sheet.title not in (RESOURCES, SYSTEMS):
            continue
        rows: list[list[str]] = []
        for row in sheet.iter_rows(values_only=True, max_col=60):
            if len(rows) > MOST_ROWS:
                raise TooLarge(_("一张表最多 %(n)d 行。") % {"n": MOST_ROWS})
            rows.append([_text(value) for value in row])
        found[sheet.title] = rows
    book.close()
    return found


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    try:
        rows = [[_text(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise _unreadable(_("第一行应为列名，用逗号分开：%(why)s") % {"why": error}) from error
    if len(rows) > MOST_ROWS:
        raise TooLarge(_("一张表最多 %(n)d 行。") % {"n": MOST_ROWS})
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    text = "".join(letter if letter.isprintable() else " " for letter in str(value)[:2_000]).strip()
    return text[1:] if text.startswith("'=") else text


def _rows(table: Sequence[Sequence[str]], columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table by our names, with their line. Raises :class:`Invalid` when no heading is known."""
    if not table:
        return
    places = {columns[heading.strip()]: place for place, heading in enumerate(table[0]) if heading.strip() in columns}
    if "name" not in places:
        raise _unreadable(
            _("没有找到“%(name)s”这一列，请用系统下载的模板填写。")
            % {"name": next(k for k, v in columns.items() if v == "name")}
        )
    for number, row in enumerate(table[1:], start=2):
        values = {name: row[place] if place < len(row) else "" for name, place in places.items()}
        if any(values.values()):
            yield number, values


def _resources(rows: Iterable[tuple[int, dict[str, str]]]) -> Iterator[Given]:
    now: Given | None = None
    for line, values in rows:
        whole = {name: value for name, value in values.items() if not name.startswith("f.")}
        part = {name[2:]: value for name, value in values.items() if name.startswith("f.")}
        same = now is not None and all(not value or value == now.values.get(name, "") for name, value in whole.items())
        if now is None or not same:
            if now is not None:
                yield now
            now = Given(line, whole)
        if any(part.values()):
            now.fields.append(part)
    if now is not None:
        yield now


def body_of(given: Given) -> tuple[dict[str, Any], list[str]]:
    """The body that a filled-in resource makes, without its code where it has none, and what could not be understood."""
    doubts: list[str] = []
    values = given.values
    body: dict[str, Any] = {
        name: values[name]
        for name in ("code", "name", "provider", "abstract", "format_detail", "share_reason", "share_conditions", "open_conditions",
                     "system", "place")
        if values.get(name)
    }  # fmt: skip
    if values.get("keywords"):
        body["keywords"] = [
            word for word in values["keywords"].replace("，", "、").replace(",", "、").split("、") if word
        ][:20]
    for name, words in (("share", _by_word(SHARES)), ("open", _by_word(OPENS))):
        body[name] = _coded(values.get(name, ""), words, doubts)
    for name in ("format", "update_period", "share_mode"):
        body[name] = _coded(values.get(name, ""), {word: code for code, word in choices(name)}, doubts)
    body["fields"] = [_field(one, number, doubts) for number, one in enumerate(given.fields, start=1)]
    return {name: value for name, value in body.items() if value not in ("", None)}, doubts


def _by_word(words: Mapping[str, Any]) -> dict[str, str]:
    return {str(word): code for code, word in words.items()}


def _coded(text: str, words: Mapping[str, str], doubts: list[str]) -> str:
    if not text or text in words.values():
        return text
    if text not in words:
        doubts.append(_("不认识“%(text)s”，应为：%(known)s") % {"text": text[:40], "known": "、".join(words)})
    return words.get(text, "")


def _field(one: Mapping[str, str], number: int, doubts: list[str]) -> dict[str, Any]:
    kind = one.get("type", "")
    made: dict[str, Any] = {
        "name": one.get("name", ""), "label": one.get("label", ""), "type": kind if kind in TYPES else _TYPE_WORDS.get(kind, ""),
        "element": one.get("element", ""), "codes": one.get("codes", ""),
    }  # fmt: skip
    if kind and not made["type"]:
        doubts.append(_("第 %(n)d 个信息项：不认识类型“%(kind)s”") % {"n": number, "kind": kind[:40]})
    for name in ("length", "level"):
        text = one.get(name, "").removesuffix("级")
        if text.isascii() and text.isdigit() and len(text) < 7:
            made[name] = int(text)
        elif text:
            doubts.append(_("第 %(n)d 个信息项：“%(text)s”应为数字") % {"n": number, "text": text[:20]})
    for name in ("key", "required"):
        if one.get(name) in ("是", "1", "Y", "y", "√"):
            made[name] = True
    return {name: value for name, value in made.items() if value not in ("", None)}


# Writing


def resource_rows(entries: Iterable[Entry], body: Any) -> Iterator[list[str]]:
    """The rows of the resource sheet; ``body`` says which body of an entry is written."""
    shares, opens = (
        {str(code): str(word) for code, word in SHARES.items()},
        {str(code): str(word) for code, word in OPENS.items()},
    )
    for entry in entries:
        said: dict[str, Any] = body(entry)
        whole = {
            **said, "class": entry.code.partition("-")[0], "keywords": "、".join(said.get("keywords", [])),
            "share": shares.get(said.get("share", ""), ""), "open": opens.get(said.get("open", ""), ""),
            **{name: code_name(name, said.get(name, "")) for name in ("format", "update_period", "share_mode")},
        }  # fmt: skip
        first = [str(whole.get(name, "")) for name in OF_RESOURCE.values()]
        for number, one in enumerate(said.get("fields", [{}]) or [{}]):
            cells = [
                ("是" if one.get(name) else "") if name in ("key", "required") else str(one.get(name, "") or "")
                for name in OF_FIELD.values()
            ]
            yield (first if number == 0 else [first[0], *[""] * (len(first) - 1)]) + cells


def system_rows(systems: Iterable[System]) -> Iterator[list[str]]:
    for each in systems:
        yield [
            each.code, each.name, each.agency_id, each.purpose, str(each.get_state_display()), str(each.level), each.store,
            "是" if each.cloud else "否", each.built_on.isoformat() if each.built_on else "",
        ]  # fmt: skip


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """The resource sheet as CSV in UTF-8 with a mark, formulas defused."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*OF_RESOURCE, *OF_FIELD])
    writer.writerows([f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(resources: Iterable[Sequence[str]], systems: Iterable[Sequence[str]]) -> bytes:
    """The prepared workbook: resources, systems, and the codes that may be used, with lists to choose from in the cells."""
    book = Workbook()
    first = book.active
    assert first is not None, "a new workbook has a sheet"
    first.title = RESOURCES
    _sheet(first, [*OF_RESOURCE, *OF_FIELD], resources)
    _sheet(book.create_sheet(SYSTEMS), [*OF_SYSTEM], systems)
    lists = {
        "格式": [word for _code, word in choices("format")], "共享类型": [str(word) for word in SHARES.values()],
        "共享方式": [word for _code, word in choices("share_mode")], "开放类型": [str(word) for word in OPENS.values()],
        "更新周期": [word for _code, word in choices("update_period")], "类型": list(dict.fromkeys(_TYPE_WORDS)), "级别": ["1", "2", "3", "4"],
        "主键": ["是", "否"], "必填": ["是", "否"],
    }  # fmt: skip
    codes = book.create_sheet(CODES)
    depth = max(map(len, lists.values()), default=0)
    _sheet(codes, list(lists), ([words[n] if n < len(words) else "" for words in lists.values()] for n in range(depth)))
    headings = [*OF_RESOURCE, *OF_FIELD]
    for place, (name, words) in enumerate(lists.items(), start=1):
        if words and name in headings:
            letter = get_column_letter(place)
            rule = DataValidation(
                "list", formula1=f"'{CODES}'!${letter}$2:${letter}${len(words) + 1}", allow_blank=True
            )
            column = get_column_letter(headings.index(name) + 1)
            rule.add(f"{column}2:{column}2000")
            first.add_data_validation(rule)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(sheet: Any, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    for place, heading in enumerate(headings, start=1):
        cell = sheet.cell(1, place, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DCE6F1")
        cell.alignment = Alignment(vertical="center")
        sheet.column_dimensions[get_column_letter(place)].width = max(12, min(40, len(heading) * 3))
    for number, row in enumerate(rows, start=2):
        for place, text in enumerate(row, start=1):
            cell = sheet.cell(number, place, text)
            cell.data_type = "s"  # whatever it begins with, it is no formula
    sheet.freeze_panes = "B2"
