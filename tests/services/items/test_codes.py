"""Codes of items are taken apart by their form; what has no known form is not guessed at."""

from __future__ import annotations

import pytest

from yiwang.services.items.codes import Parts, basic_code, parse


def test_the_composite_form_of_a_real_list() -> None:
    parts = parse("511Z07001006-511602000000-000-11511301008778183N-1-00")
    assert parts == Parts(
        "composite", catalogue="511Z07001006", agency="11511301008778183N", division="511602000000", extension="000",
        body="1", handling="00",
    )  # fmt: skip
    assert parts.whole


@pytest.mark.parametrize(
    ("code", "catalogue", "agency"),
    [
        ("511A0900300012-511602000000-000-11511300008778693M-1-00", "511A0900300012", "11511300008778693M"),
        ("512B0122100004-511602000000-000-06032418-9-1-00", "512B0122100004", "06032418-9"),  # an old organisation code
        ("512B0122100003-511602000000-000-00877836X-1-00", "512B0122100003", "00877836X"),
        ("Z-000147-001-511602000000-000-12511300452258950C-1-00", "Z-000147-001", "12511300452258950C"),
        ("1J-5100-00027-511602000000-000-11511301008778386B-1-00", "1J-5100-00027", "11511301008778386B"),
        ("A-005818-5818-511602000000-000-115113010087783353-1-00", "A-005818-5818", "115113010087783353"),
    ],
)
def test_older_numbers_hold_hyphens_themselves(code: str, catalogue: str, agency: str) -> None:
    parts = parse(code)
    assert (parts.form, parts.catalogue, parts.agency, parts.whole) == ("composite", catalogue, agency, True)


def test_a_composite_code_without_its_end_is_not_whole() -> None:
    parts = parse("E-000004-001-11511301008778386B")
    assert (parts.form, parts.agency, parts.whole) == ("composite", "11511301008778386B", False)


def test_the_national_widths() -> None:
    implementation = "000131001000" + "11990100MA0000001X" + "3"
    assert parse(implementation) == Parts("31", catalogue="000131001000", agency="11990100MA0000001X", level="3")
    assert parse(implementation + "02").handling == "02"
    assert parse(implementation + "02").form == "33"
    assert parse("0001310010000011990100X1").form == "short"  # an..24 of GB/T 39046
    assert basic_code(implementation) == "000131001000"
    assert basic_code("short") == ""


@pytest.mark.parametrize("code", ["", "x" * 31, "0" * 32, "511A-?", "000131001000" + "11990100MA0000001X" + "9"])
def test_anything_else_has_no_parts(code: str) -> None:
    assert parse(code).catalogue == ""
    assert parse(code).form in {"", "short"}
