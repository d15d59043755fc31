"""YAML is read as JSON would be, and each part knows its line."""

from __future__ import annotations

import pytest

from yiwang.packs.marks import Unreadable, read


def test_each_part_knows_its_line() -> None:
    marked = read("name: a\nparts:\n  - code: x\n    level: 2\n  - {code: y}\n")
    assert marked.value == {"name": "a", "parts": [{"code": "x", "level": 2}, {"code": "y"}]}
    assert marked.at("name") == 1
    assert marked.at("parts.0.level") == 4
    assert marked.at("parts.1.code") == 5
    assert marked.at("parts.1.nothing") == 5  # the nearest part around it
    assert marked.at("level", ("parts", 0)) == 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("2026-11-21", "2026-11-21"),
        ("12:30", "12:30"),
        ("0123", "0123"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("true", True),
        ("null", None),
        ("-7", -7),
        ("1.50", 1.5),
        ('"990100"', "990100"),
        ('{"a": [1, "b"]}', {"a": [1, "b"]}),
    ],
)
def test_nothing_is_guessed(text: str, value: object) -> None:
    assert read(f"v: {text}").value == {"v": value}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("", 1, "empty"),
        ("# only a comment\n", 1, "empty"),
        ("a: 1\nb: [1,\n", 3, "not valid YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("a: !!python/object:os.system {}\n", 1, "tag"),
        ("a: !secret x\n", 1, "tag"),
        ("? [a]\n: 1\n", 1, "plain word"),
        ('a: 1\nb: "\\q"\n', 2, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
    ],
)
def test_what_is_not_read_is_told_with_its_line(text: str, line: int, word: str) -> None:
    with pytest.raises(Unreadable, match=word) as wrong:
        read(text)
    assert wrong.value.line == line
