"""Reading what a browser posted for one part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import places
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
        elif field.widget == "region":
            posted = [str(post.get(f"{field.name}.{place}", "")) for place in range(places.LONGEST_CHAIN)]
            if f"{field.name}.0" in post:
                answers[field.name] = places.chosen(_typed(code) for code in posted) or None
            elif field.name in post:
                answers[field.name] = _value(field, str(post[field.name]))
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
    found = _numbered_rows(field, post)
    return None if found is None else list(found.values())


def row_numbers(field: Field, post: Mapping[str, Any]) -> list[int]:
    """The numbers under which the rows of a repeat were posted that :func:`read_post` has kept, in their order."""
    numbers = list(_numbered_rows(field, post) or ())
    act, _colon, rest = str(post.get("refresh", "")).partition(":")
    name, _colon, number = rest.partition(":")
    if act == "drop" and name == field.name and number.isascii() and number.isdigit() and int(number) < len(numbers):
        del numbers[int(number)]
    return numbers


def _numbered_rows(field: Field, post: Mapping[str, Any]) -> dict[int, dict[str, Any]] | None:
    start = f"{field.name}."
    numbers = set()
    for name in post:
        if name.startswith(start):
            written = name[len(start) :].split(".", 1)[0]
            if written.isascii() and written.isdigit() and len(written) <= 3:
                numbers.add(int(written))
    if not numbers:
        return None
    rows = {}
    for number in sorted(numbers)[:MOST_ROWS]:
        row = {}
        for column in field.columns:
            name = f"{start}{number}.{column.name}"
            value: Any = None
            if column.widget == "choices":
                value = [_typed(text) for text in _all(post, name) if text.strip()] or None
            elif name in post:
                value = _value(column, str(post[name]))
            if value is not None:
                row[column.name] = value
        if row:
            rows[number] = row
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
