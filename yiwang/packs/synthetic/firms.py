"""Invented firms, with legal representatives among the invented people."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from yiwang.config.environment import environment
from yiwang.foundation.orgs.queries import Region, uscc_check_character

from .people import NOW, population
from .words import GOOD_WORDS, SECOND_WORDS, TRADES

PEOPLE_PER_FIRM = 6  # a population of six times as many people holds every legal representative
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
COMPANY, SOLE_COMPANY, SOLE_PROPRIETOR, INDIVIDUAL = "1130", "1151", "4540", "9500"


def organisation_code(first8: str) -> str:
    """An organisation code of nine characters (GB 11714) from its first eight."""
    total = sum((int(c, 36)) * weight for c, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    return first8 + "0123456789X0"[(11 - total % 11)]


def social_credit_code(kind: str, county: str, first8: str) -> str:
    """A unified social credit code (GB 32100): registrar and kind, division, organisation code, check character."""
    first17 = f"{kind}{county}{organisation_code(first8)}"
    return first17 + uscc_check_character(first17)


def firms(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """``count`` rows of a register of firms, for a population of the same seed."""
    random_ = random.Random(f"firms:{seed}")  # noqa: S311  # not a secret: the same city must come again
    adults = [
        person
        for person in population(seed, count * PEOPLE_PER_FIRM)
        if 22 <= (NOW - dt.date.fromisoformat(person["birth_date"])).days // 365 <= 65
    ]
    counties = dict(Region.objects.filter(level="county").values_list("code", "name"))
    used: set[str] = set()
    number = 0
    while number < count:
        boss = random_.choice(adults)
        trade = random_.choice(TRADES)
        kind = random_.choice((COMPANY, COMPANY, SOLE_COMPANY, SOLE_PROPRIETOR, INDIVIDUAL, INDIVIDUAL))
        ending = {COMPANY: "有限公司", SOLE_COMPANY: "有限公司", SOLE_PROPRIETOR: "经营部"}.get(kind, "店")
        county = boss["residence_region"][:6]
        # The division comes first in a firm's name (企业名称登记管理规定); small ones are named after their county.
        place = environment.node_name + (counties[county] if kind in (SOLE_PROPRIETOR, INDIVIDUAL) else "")
        name = f"{place}{random_.choice(GOOD_WORDS)}{random_.choice(SECOND_WORDS)}{trade.suffix}{ending}"
        first8 = ("MA" if kind != INDIVIDUAL else "92") + "".join(random_.choice(_ALPHABET) for _ in range(6))
        founded = NOW - dt.timedelta(days=random_.randrange(60, 9000))
        capital = random_.choice((3, 5, 10, 20, 50, 100, 200, 500)) * 10_000 * 100 if kind != INDIVIDUAL else None
        number_of_house = random_.randrange(1, 200)
        if name in used:
            continue
        used.add(name)
        number += 1
        yield {
            "uscc": social_credit_code("92" if kind == INDIVIDUAL else "91", county, first8),
            "name": name,
            "type": kind,
            "legal_representative": boss["name"],
            "legal_representative_number": boss["identity_number"],
            "address": f"{boss['residence'].split('号')[0]}号附{number_of_house}号",
            "region": county,
            "founded": founded.isoformat(),
            "capital": capital,
            "business_scope": trade.scope,
            "status": random_.choice("1" * 18 + "23"),
        }
