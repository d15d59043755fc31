"""Entries as CSV: elements and norms a row each, code sets a row for each code. Private to this room."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem, TooLarge

from .models import Entry

LARGEST = 5 * 1024 * 1024
MOST_ROWS = 20_000
# The columns of each kind, as the file has them. They are the names of the elements of a body, so that a file means the same on any node.
COLUMNS: dict[str, tuple[str, ...]] = {
    Entry.Kind.ELEMENT: ("code", "name", "definition", "type", "length", "decimals", "codes", "level", "mask", "unit", "synonyms", "standard", "note"),
    Entry.Kind.CODE_SET: ("set", "set_name", "standard", "code", "name", "parent", "note", "until"),
    Entry.Kind.NORM: ("code", "name", "number", "status", "governs", "in_force_on", "ended_on", "note"),
}  # fmt: skip
_NUMBERS = frozenset({"length", "decimals", "level"})


def write(kind: str, entries: Iterable[Entry]) -> bytes:
    """Entries of one kind as CSV in UTF-8 with a mark; cells that a spreadsheet would run are defused."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS[kind])
    for entry in entries:
        for row in _rows(kind, entry.body):
            writer.writerow([_cell(row.get(name, "")) for name in COLUMNS[kind]])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> str:
    text = "、".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _rows(kind: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    if kind != Entry.Kind.CODE_SET:
        return [dict(body)]
    head = {"set": body["code"], "set_name": body["name"], "standard": body.get("standard", "")}
    return [{**head, **value} for value in body.get("values", [])]


def read(kind: str, content: bytes) -> list[dict[str, Any]]:
    """The bodies in a CSV (UTF-8 or GB 18030), as :func:`write` writes it. Raises :class:`Invalid` for what has not these columns."""
    if len(content) > LARGEST:
        raise TooLarge(_("文件最大 %(n)d MB。") % {"n": LARGEST // 1024**2})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    try:
        rows = list(csv.DictReader(io.StringIO(text.replace("\0", ""), newline="")))
    except csv.Error as error:
        raise _wrong(_("文件读不懂：%(why)s") % {"why": error}) from error
    if len(rows) > MOST_ROWS:
        raise TooLarge(_("一个文件最多 %(n)d 行。") % {"n": MOST_ROWS})
    missing = [name for name in COLUMNS[kind][:2] if not rows or name not in rows[0]]
    if missing:
        raise _wrong(_("没有找到这些列：%(names)s。请先导出一份，在上面改。") % {"names": "、".join(missing)})
    plain = [{name: (row.get(name) or "").strip().removeprefix("'") for name in COLUMNS[kind]} for row in rows]
    return _sets(plain) if kind == Entry.Kind.CODE_SET else [_body(row) for row in plain]


def _wrong(message: str) -> Invalid:
    return Invalid(message, problems=[Problem("file", "format", message)])


def _body(row: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {name: text for name, text in row.items() if text}
    for name in _NUMBERS & body.keys():
        text = body[name]
        body[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
    if "synonyms" in body:
        body["synonyms"] = [word for word in body["synonyms"].split("、") if word]
    return body


def _sets(rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        made = found.setdefault(row["set"], {"code": row["set"], "name": row["set_name"], "values": []})
        if row["standard"]:
            made["standard"] = row["standard"]
        made["values"].append({name: row[name] for name in ("code", "name", "parent", "note", "until") if row[name]})
    return list(found.values())
