"""The statutory retirement age rises since 2025; the figures are those of the State Council's own tables."""

from __future__ import annotations

import datetime as dt

import pytest

from yiwang.data.registries.derivations import age, working_age
from yiwang.data.registries.retirement import MEN, WOMEN_50, WOMEN_55, Track, retires_in


@pytest.mark.parametrize(
    ("born", "track", "year", "month"),
    [
        ("1964-12-31", MEN, 2024, 12),
        ("1965-01-01", MEN, 2025, 2),
        ("1965-04-30", MEN, 2025, 5),
        ("1965-05-01", MEN, 2025, 7),
        ("1976-09-01", MEN, 2039, 9),
        ("1990-01-01", MEN, 2053, 1),
        ("1969-12-01", WOMEN_55, 2024, 12),
        ("1970-01-01", WOMEN_55, 2025, 2),
        ("1981-09-01", WOMEN_55, 2039, 9),
        ("1974-12-01", WOMEN_50, 2024, 12),
        ("1975-01-01", WOMEN_50, 2025, 2),
        ("1975-03-01", WOMEN_50, 2025, 5),
        ("1984-11-01", WOMEN_50, 2039, 11),
        ("2000-06-01", WOMEN_50, 2055, 6),
    ],
)
def test_the_month_of_retirement(born: str, track: Track, year: int, month: int) -> None:
    assert retires_in(dt.date.fromisoformat(born), track) == (year, month)


@pytest.mark.parametrize(
    ("born", "sex", "said"),
    [
        ("2010-11-22", "1", "under"),
        ("2010-11-21", "1", "within"),
        ("1967-01-01", "1", "within"),
        ("1966-01-01", "1", "over"),
        ("1990-01-01", "2", "within"),
        ("1974-01-01", "2", "unsure"),  # past 50, short of 55: her post decides
        ("1968-01-01", "2", "over"),
        ("1968-01-01", None, "unsure"),
        ("1990-01-01", None, "within"),
        ("1950-01-01", None, "over"),
    ],
)
def test_where_somebody_stands_on_21_november_2026(born: str, sex: str | None, said: str) -> None:
    record = {"birth_date": born, **({"sex": sex} if sex else {})}
    assert working_age(born, record, dt.date(2026, 11, 21)) == said


def test_age_counts_completed_years() -> None:
    assert age("2000-02-29", {}, dt.date(2026, 2, 28)) == 25
    assert age("2000-02-29", {}, dt.date(2026, 3, 1)) == 26
    assert age(None, {}, dt.date(2026, 3, 1)) is None
