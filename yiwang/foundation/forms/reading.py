"""Reading what a browser posted for one part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .slots import Prefilled
from .widgets import LONGEST_TYPED, cleaner

if TYPE_CHECKING:
    from .compiled import Field, Part

MOST_ROWS = 100
KEEP = ".keep"  # posted as "<name>.keep" beside an empty input whose stored value was shown masked


def read_post(
    part: Part, post: Mapping[str, Any], data: Mapping[str, Any], prefilled: Mapping[str, Prefilled]
) -> dict[str, Any]:
    """``data`` with the posted answers of ``part``. An answer that was emptied is None, so that it replaces the old one."""
    answers = dict(data)
    for field in part.fields:
        if field.readonly and field.name in prefilled:
            continue
        if field.widget == "repeat":
            rows = _rows(field, post)
            if rows is not None:
                answers[field.name] = rows or None
        elif field.widget == "choices":
            if f"{field.name}.shown" in post or field.name in post:
                answers[field.name] = [_typed(value) for value in _all(post, field.name) if value.strip()] or None
        elif field.widget == "file":
            chosen = [_typed(value) for value in _all(post, field.name) if value.strip()]
            if f"{field.name}.shown" in post or chosen:
                answers[field.name] = (chosen if field.several else chosen[0]) if chosen else None
        elif field.name in post:
            value = _value(field, str(post[field.name]))
            if value is None and f"{field.name}{KEEP}" in post:
                continue
            answers[field.name] = value
    _row_button(part, str(post.get("refresh", "")), answers)
    return answers


def _all(post: Mapping[str, Any], name: str) -> list[str]:
    """All values of a name, from a QueryDict or from a plain mapping."""
    if hasattr(post, "getlist"):
        return [str(value) for value in post.getlist(name)][:MOST_ROWS]
    value = post.get(name, [])
    return [str(item) for item in value][:MOST_ROWS] if isinstance(value, list) else [str(value)]


def _typed(text: str) -> str:
    return text[: LONGEST_TYPED + 1].strip()


def _value(field: Field, text: str) -> Any:
    cleaned = cleaner(field.widget, dict(field.schema))(text[: LONGEST_TYPED + 1])
    return None if cleaned == "" else cleaned


def _rows(field: Field, post: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of a repeat, from "staff.0.name" and so on; None when none was posted. Rows left empty are dropped."""
    start = f"{field.name}."
    numbers = set()
    for name in post:
        if name.startswith(start):
            written = name[len(start) :].split(".", 1)[0]
            if written.isascii() and written.isdigit() and len(written) <= 3:
                numbers.add(int(written))
    if not numbers:
        return None
    rows = []
    for number in sorted(numbers)[:MOST_ROWS]:
        row = {}
        for column in field.columns:
            name = f"{start}{number}.{column.name}"
            value = _value(column, str(post[name])) if name in post else None
            if value is not None:
                row[column.name] = value
        if row:
            rows.append(row)
    return rows


def _row_button(part: Part, pressed: str, answers: dict[str, Any]) -> None:
    """The buttons of a repeat: "add:staff" and "drop:staff:1"."""
    act, _colon, rest = pressed.partition(":")
    name, _colon, number = rest.partition(":")
    field = next((field for field in part.fields if field.name == name and field.widget == "repeat"), None)
    if field is None:
        return
    rows = list(answers.get(name) or [])
    if act == "add" and len(rows) < MOST_ROWS:
        answers[name] = [*rows, {}]
    elif act == "drop" and number.isascii() and number.isdigit() and int(number) < len(rows):
        del rows[int(number)]
        answers[name] = rows or None
