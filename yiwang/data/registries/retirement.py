"""The statutory retirement age, which rises step by step.

《全国人民代表大会常务委员会关于实施渐进式延迟法定退休年龄的决定》 (13 September 2024) and 《国务院关于渐进式延迟法定退休年龄的办法》, in
force since 1 January 2025: men from 60 to 63 and women whose former age was 55 to 58, by one month for every four months of
birth; women whose former age was 50 to 55, by one month for every two.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Track:
    """One of the three ways: the former age in years, the step in months of birth, and by how many months it rises at most."""

    former: int
    step: int
    most: int


MEN = Track(60, 4, 36)
WOMEN_55 = Track(55, 4, 36)  # 原法定退休年龄 55 周岁: administrative, technical posts
WOMEN_50 = Track(50, 2, 60)  # 原法定退休年龄 50 周岁: workers
_FIRST_YEAR = 2025


def retires_in(born: dt.date, track: Track) -> tuple[int, int]:
    """The year and month in which somebody born on ``born`` reaches the statutory age.

    Who reached the former age before January 2025 is not touched; who reached it in that month is the first step.
    """
    reached = (born.year + track.former) * 12 + born.month - 1
    late = reached - _FIRST_YEAR * 12  # months after January 2025
    rise = 0 if late < 0 else min(late // track.step + 1, track.most)
    return (reached + rise) // 12, (reached + rise) % 12 + 1


def retired(born: dt.date, track: Track, on: dt.date) -> bool:
    """Whether the statutory age has been reached by the month of ``on``."""
    return (on.year, on.month) >= retires_in(born, track)
