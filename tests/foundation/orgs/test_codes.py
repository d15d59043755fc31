"""Identity numbers and unified social credit codes: what holds, and each way of being wrong, said plainly."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import city
from tests.factories.people import identity_number, social_credit_code
from yiwang.foundation.orgs.queries import born_on, identity_check_digit, identity_number_error, uscc_error

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 21)


def numbered(first17: str) -> str:
    return first17 + identity_check_digit(first17)


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",  # the example of GB 11643 itself, with the check character X
        numbered("11010120000229001"),  # a leap day
        numbered("51072619900101001"),  # the code of a county that has since been abolished
    ],
)
def test_a_number_that_holds(number: str) -> None:
    assert identity_number_error(number, TODAY) == ""


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("", "18 位"),
        ("110105491231002", "18 位"),  # the 15-digit form of before 2000 is no longer valid
        ("11010519491231002x", "大写字母 X"),
        ("1101051949123100２X", "数字"),  # a full-width digit
        ("1101O519491231002X", "数字"),  # the letter O
        (numbered("99010219800101001"), "地区代码"),
        (numbered("11010119990229001"), "出生日期不存在"),
        (numbered("11010119991301001"), "出生日期不存在"),
        (numbered("11010118790101001"), "不合理"),
        (numbered("11010120261122001"), "不合理"),  # born tomorrow
        ("110105194912310021", "校验位"),
        ("11010519491213002X", "校验位"),  # two digits changed places
    ],
)
def test_a_number_that_does_not_hold_says_where_to_look(number: str, word: str) -> None:
    assert word in identity_number_error(number, TODAY)


def test_the_invented_province_counts_once_the_node_has_it() -> None:
    from yiwang.foundation.orgs.codes import forget_divisions

    number = identity_number(1)
    assert "地区代码" in identity_number_error(number, TODAY)
    city()
    forget_divisions()
    assert identity_number_error(number, TODAY) == ""


@given(st.integers(0, 16), st.integers(1, 9))
def test_any_one_wrong_digit_is_found(place: int, off: int) -> None:
    """MOD 11-2 finds every single wrong digit; the province and the date may be caught before it."""
    good = "11010519491231002X"
    wrong = good[:place] + str((int(good[place]) + off) % 10) + good[place + 1 :]
    assert identity_number_error(wrong, TODAY)


def test_the_date_of_birth_is_read_from_the_number() -> None:
    assert born_on("11010519491231002X") == dt.date(1949, 12, 31)


@pytest.mark.parametrize("code", [social_credit_code(7), "91110000600037341L"])
def test_a_social_credit_code_that_holds(code: str) -> None:
    assert uscc_error(code) == ""


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("", "18 位"),
        ("1151130000877869M", "18 位"),  # as some department codes of the real item list are
        ("91110000600037341M", "有一位写错"),
        ("91110000600O37341L", "有一位写错"),  # the letter O is not in the alphabet
        ("91110000600037341l", "大写"),
        (" 1110000600037341L", "写错"),
    ],
)
def test_a_social_credit_code_that_does_not_hold(code: str, word: str) -> None:
    assert word in uscc_error(code)
