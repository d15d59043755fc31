"""A file name is shown and offered for saving; it is never a path and never a trick."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yiwang.foundation.files.inspection import SUFFIXES
from yiwang.foundation.files.names import LONGEST, clean_name

PDF = (".pdf",)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("租赁合同.pdf", "租赁合同.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\lin\\合同.PDF", "合同.pdf"),
        ("a\x00b\nc.pdf", "abc.pdf"),
        ("合同\u202efdp.exe", "合同fdp.exe.pdf"),
        ("  . .合同. .pdf", "合同.pdf"),
        ("con.pdf", "_con.pdf"),
        ('<img src=x onerror="alert(1)">.pdf', "_img src=x onerror=_alert(1)__.pdf"),
        ("合同.jpg", "合同.pdf"),
        (".pdf", "pdf.pdf"),
        ("", "文件.pdf"),
        ("合\u200b同\u3000一.pdf", "合同 一.pdf"),
        ("长" * 300 + ".pdf", "长" * (236 // 3) + ".pdf"),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert clean_name(name, PDF, SUFFIXES) == shown


@given(st.text(max_size=400))
@example("\ud800")
@example("...." * 80)
def test_any_name_becomes_one_that_can_be_shown_and_saved(name: str) -> None:
    shown = clean_name(name, PDF, SUFFIXES)
    assert shown.endswith(".pdf")
    assert len(shown) <= LONGEST
    assert len(shown.encode()) <= 240
    assert not set(shown) & set('/\\<>:"|?*')
    assert not any(unicodedata.category(letter).startswith("C") for letter in shown)
    assert not shown.startswith((".", " "))
    assert clean_name(shown, PDF, SUFFIXES) == shown


@given(st.text(max_size=200))
def test_without_a_type_the_suffix_stays(name: str) -> None:
    shown = clean_name(f"{name}回执.json")
    assert shown.endswith(".json")
    assert clean_name(shown) == shown
