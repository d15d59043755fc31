"""What other authorities say of the same invented people and firms: mostly the same, in some rows otherwise, as registers are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .firms import firms
from .people import NOW, population
from .words import ROADS

# Characters that sound alike: how names are misheard at a counter.
HOMOPHONES = {
    "伟": "炜", "军": "君", "洋": "阳", "磊": "蕾", "静": "婧", "丽": "莉", "娟": "鹃", "霞": "侠", "燕": "艳", "玲": "铃", "英": "瑛", "红": "洪",
    "梅": "玫", "芳": "方", "敏": "闽", "杰": "捷", "涛": "滔", "明": "鸣", "飞": "非", "波": "博", "晓": "小", "志": "智", "国": "果", "文": "雯",
}  # fmt: skip


def _misheard(random_: random.Random, name: str) -> str:
    """The name with one character written otherwise, where it has one that is."""
    places = [place for place, letter in enumerate(name) if place and letter in HOMOPHONES]
    if not places:
        return name
    place = random_.choice(places)
    return name[:place] + HOMOPHONES[name[place]] + name[place + 1 :]


def _other_phone(random_: random.Random) -> str:
    return f"164{random_.randrange(50_000_000, 99_999_989):08d}"


def _moved(random_: random.Random, address: str) -> str:
    for road in ROADS:
        if road in address:
            return address.split(road)[0] + f"{random_.choice(ROADS)}{random_.randrange(1, 260)}号"
    return address


def health_insured(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """What the health insurance says of every fifth invented person: another phone for one in six, another address for one in ten."""
    random_ = random.Random(f"health_insured:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for person in islice(population(seed, count * 5), 0, None, 5):
        phone, home, name = person["phone"], person["residence"], person["name"]
        if phone and random_.random() < 0.16:
            phone = _other_phone(random_)
        if random_.random() < 0.1:
            home = _moved(random_, home)
        if random_.random() < 0.01:
            name = _misheard(random_, name)
        yield {"identity_number": person["identity_number"], "name": name, "phone": phone, "residence": home}


def relief(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Households that the civil affairs office once helped, on paper: no identity number, names as heard, addresses as told.

    One in eight speaks of somebody whom the population register does not hold.
    """
    random_ = random.Random(f"relief:{seed}")  # noqa: S311  # not a secret: the same city must come again
    known = islice(population(seed, count * 4), 2, None, 4)
    strangers = population(seed + 1, count)
    for number, (person, stranger) in enumerate(zip(known, strangers, strict=True), start=1):
        who = stranger if random_.random() < 0.125 else person
        name, born, phone, home = who["name"], who["birth_date"], who["phone"], who["residence"]
        chance = random_.random()
        if number % 6 == 0:  # hardly legible: several things at once
            name = _misheard(random_, name) if random_.random() < 0.5 else name
            born, phone, home = f"{born[:8]}{int(born[8:]) % 28 + 1:02d}", "", _moved(random_, home)
        elif chance < 0.08:
            name = _misheard(random_, name)
        elif chance < 0.1 and len(name) == 3:
            name = name[0] + name[2]
        if random_.random() < 0.05:  # a slip of the pen in the day
            born = f"{born[:8]}{int(born[8:]) % 28 + 1:02d}"
        if random_.random() < 0.3:
            phone = "" if random_.random() < 0.5 else _other_phone(random_)
        if random_.random() < 0.35:
            home = home.split("栋")[0] if "栋" in home else _moved(random_, home)
        yield {
            "relief_number": f"JZ{seed}{number:06d}", "name": name, "sex": who["sex"], "birth_date": born, "phone": phone,
            "residence": home,
        }  # fmt: skip


def taxpayers(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """What the tax office says of every fourth invented firm: moved without telling the registrar, closed and still registered."""
    random_ = random.Random(f"taxpayers:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for firm in islice(firms(seed, count * 4), 0, None, 4):
        row = {key: firm[key] for key in ("uscc", "name", "legal_representative", "address", "status")}
        if random_.random() < 0.14:
            row["address"] = _moved(random_, firm["address"])
        if random_.random() < 0.05:
            row["status"] = "3" if firm["status"] == "1" else "1"
        if random_.random() < 0.04:
            row["legal_representative"] = _misheard(random_, firm["legal_representative"])
        yield row


def credit(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Credit records of firms as the credit centre keeps them."""
    random_ = random.Random(f"credit:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for firm in islice(firms(seed, max(count, 1)), count):
        penalties = random_.choice((0,) * 9 + (1, 1, 2, 3))
        yield {
            "uscc": firm["uscc"], "name": firm["name"], "grade": random_.choice("AAABBBBCCD"),
            "penalties": penalties, "last_penalty": _penalty_day(random_) if penalties else "",
            "abnormal": random_.random() < 0.05, "dishonest": random_.random() < 0.01,
        }  # fmt: skip


def _penalty_day(random_: random.Random) -> str:
    return NOW.replace(
        year=random_.choice((2024, 2025)), month=random_.randrange(1, 13), day=random_.randrange(1, 29)
    ).isoformat()


def market_credit(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """The same as the market authority sees it, who imposes the penalties and keeps the list of abnormal operation: for every second firm."""
    random_ = random.Random(f"market_credit:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for row in islice(credit(seed, count * 2), 0, None, 2):
        penalties = row["penalties"]
        if random_.random() < 0.12:
            penalties += 1
        abnormal = row["abnormal"] if random_.random() > 0.06 else not row["abnormal"]
        yield {
            "uscc": row["uscc"], "penalties": penalties, "abnormal": abnormal,
            "last_penalty": (row["last_penalty"] or _penalty_day(random_)) if penalties else "",
        }  # fmt: skip
