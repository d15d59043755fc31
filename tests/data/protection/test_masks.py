"""What each mask leaves of a value, and which one a field gets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from yiwang.data.protection.queries import KINDS, NAMES, chosen, mask_of, possible, stricter

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class _Field:
    name: str = "f"
    type: str = "text"
    level: int = 3
    mask: str = ""


NUMBER = "990102198804129023"


def test_the_level_decides_when_nobody_agreed() -> None:
    assert [chosen(_Field(level=level)) for level in (1, 2, 3, 4)] == ["keep", "keep", "cut", "hide"]
    assert chosen(_Field(type="date")) == chosen(_Field(type="money")) == "generalise"
    assert mask_of(_Field(level=4), {}, "g").of("secret") is None


def test_a_cut_text_is_cut_as_pages_cut_it() -> None:
    assert mask_of(_Field(type="identity_number"), {}, "g").of(NUMBER) == "990*************23"
    assert mask_of(_Field(mask="name"), {}, "g").of("林晓梅") == "林**"
    assert mask_of(_Field(type="phone"), {}, "g").of("16480000001") == "164****0001"


def test_a_hash_is_the_same_within_a_grant_and_another_outside() -> None:
    one, again, other = (mask_of(_Field(), {"f": "hash"}, salt).of(NUMBER) for salt in ("a", "a", "b"))
    assert one == again != other
    assert len(one) == 32
    assert NUMBER not in one


@pytest.mark.parametrize(
    ("type", "value", "wider"),
    [("date", "1988-04-12", "1988"), ("region", "990102003001", "990102"), ("money", 2_345_678, "2000000–3000000"),
     ("phone", "16480000001", "164"), ("identity_number", NUMBER, "990102")],
)  # fmt: skip
def test_generalising_leaves_a_range(type: str, value: object, wider: str) -> None:
    assert mask_of(_Field(type=type), {"f": "generalise"}, "g").of(value) == wider


def test_noise_moves_a_number_a_little_and_always_the_same_way() -> None:
    found = {mask_of(_Field(type="money"), {"f": "noise"}, "g").of(1_000_000) for _time in range(5)}
    assert len(found) == 1
    moved = found.pop()
    assert 950_000 <= moved <= 1_050_000
    day = mask_of(_Field(type="date"), {"f": "noise"}, "g").of("1988-04-12")
    assert "1988-03-28" <= day <= "1988-04-27"
    assert mask_of(_Field(), {"f": "noise"}, "g").of("words") is None


def test_a_shuffled_column_keeps_its_values_and_a_single_row_shows_none() -> None:
    mask = mask_of(_Field(), {"f": "shuffle"}, "g")
    values = [str(number) for number in range(200)]
    mixed = mask.column(values)
    assert sorted(mixed) == sorted(values)
    assert mixed != values
    assert mask.of("a") is None


def test_nothing_stays_nothing() -> None:
    assert [mask_of(_Field(), {"f": kind}, "g").of(None) for kind in KINDS] == [None] * len(KINDS)


def test_a_whole_value_of_the_highest_level_is_never_possible() -> None:
    assert "keep" not in possible(_Field(level=4))
    assert set(possible(_Field())) <= set(NAMES)
    assert stricter("hide", "keep")
    assert not stricter("keep", "cut")
    assert stricter("cut", "cut")
