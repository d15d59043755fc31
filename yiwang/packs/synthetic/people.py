"""Invented households, person by person."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from yiwang.foundation.orgs.queries import Region, identity_check_digit

from .words import FEMALE, MALE, ROADS, SURNAMES

NOW = dt.date(2026, 10, 31)  # invented people are as old as on this day, whenever they are made
HEAD, SPOUSE, SON, DAUGHTER, PARENT = "0", "1", "2", "3", "5"  # GB/T 4761, first digit
NATIONS = ("01",) * 45 + ("04", "06", "07", "08", "03", "11")  # GB/T 3304: mostly Han
LAST_ORDER = 800  # order codes from 800 on are left to people that a pack names itself


class _Numbers:
    """Identity numbers and phones, each given once."""

    def __init__(self) -> None:
        self._orders: dict[str, int] = {}
        self._phones = 0

    def identity(self, county: str, born: dt.date, sex: str) -> str:
        place = f"{county}{born:%Y%m%d}"
        used = self._orders.get(place + sex, 0)
        self._orders[place + sex] = used + 1
        order = 2 * used + (1 if sex == "1" else 2)  # odd for men, even for women
        assert order < LAST_ORDER
        first = f"{place}{order:03d}"
        return first + identity_check_digit(first)

    def phone(self) -> str:
        self._phones += 1
        return f"164{(self._phones * 48_271) % 99_999_989:08d}"


def villages() -> list[tuple[str, str, str]]:
    """The villages of this node in order: code, county code, and the address of the village from the city down."""
    names = dict(Region.objects.values_list("code", "name"))
    found = []
    for region in Region.objects.filter(level="village").order_by("code"):
        above = region.path.strip("/").split("/")
        found.append((region.code, above[2], "".join(names[code] for code in above[1:])))
    assert found, "invented people need villages to live in"
    return found


def _born(random_: random.Random, youngest: int, oldest: int) -> dt.date:
    days = random_.randrange(youngest * 365, oldest * 365 + 300)
    return NOW - dt.timedelta(days=days)


def _name(random_: random.Random, sex: str, surname: str = "") -> str:
    given = MALE if sex == "1" else FEMALE
    letters = "".join(random_.choice(given) for _ in range(random_.choice((1, 2, 2, 2))))
    return (surname or random_.choice(SURNAMES)) + letters


def _household(random_: random.Random) -> list[tuple[str, str, dt.date, str]]:
    """Its people: (relation, sex, born, surname or "")."""
    head_sex = random_.choice("1112")
    head_born = _born(random_, 22, 82)
    surname = random_.choice(SURNAMES)
    people = [(HEAD, head_sex, head_born, surname)]
    age = (NOW - head_born).days // 365
    if random_.random() < (0.75 if age >= 27 else 0.25):
        other = "2" if head_sex == "1" else "1"
        people.append((SPOUSE, other, head_born + dt.timedelta(days=random_.randrange(-1500, 1500)), ""))
        for _child in range(random_.choice((0, 1, 1, 2)) if age < 62 else random_.choice((0, 0, 1))):
            eldest = min(age - 23, 33)
            if eldest < 0:
                continue
            sex = random_.choice("12")
            people.append((SON if sex == "1" else DAUGHTER, sex, _born(random_, 0, eldest), surname))
    if 26 <= age <= 60 and random_.random() < 0.18:
        sex = random_.choice("12")
        born = head_born - dt.timedelta(days=365 * random_.randrange(22, 34))
        people.append((PARENT, sex, born, surname if sex == "1" else ""))
    return people


def population(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """``count`` rows of a population register. A longer row of people begins with the same people."""
    random_ = random.Random(f"population:{seed}")  # noqa: S311  # not a secret: the same city must come again
    places, numbers = villages(), _Numbers()
    households: dict[str, int] = {}
    made = 0
    while made < count:
        code, county, address = random_.choice(places)
        households[code] = households.get(code, 0) + 1
        home = f"{address}{random_.choice(ROADS)}{random_.randrange(1, 260)}号"
        if random_.random() < 0.6:
            home += f"{random_.randrange(1, 12)}栋{random_.randrange(1, 19)}0{random_.randrange(1, 5)}室"
        nation = random_.choice(NATIONS)
        for relation, sex, born, surname in _household(random_):
            age = (NOW - born).days // 365
            phone = numbers.phone()
            row = {
                "identity_number": numbers.identity(county, born, sex),
                "name": _name(random_, sex, surname),
                "sex": sex,
                "nation": nation,
                "birth_date": born.isoformat(),
                "household_number": f"{code}{households[code]:05d}",
                "relation": relation,
                "residence": home,
                "residence_region": code,
                "phone": phone if age >= 14 else "",
            }
            if made < count:
                yield row
            made += 1
