"""Invented social-insurance records: who is insured by which employer, and who no longer is."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from .firms import PEOPLE_PER_FIRM, firms
from .people import NOW, population

INSURED, STOPPED = "1", "2"


def social_insurance(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Records for most of the first ``count`` invented people who are of working age."""
    random_ = random.Random(f"social_insurance:{seed}")  # noqa: S311  # not a secret: the same city must come again
    employers = [firm for firm in firms(seed, max(count // PEOPLE_PER_FIRM, 1)) if firm["status"] == "1"]
    for person in population(seed, count):
        age = (NOW - dt.date.fromisoformat(person["birth_date"])).days // 365
        chance, employer = random_.random(), random_.choice(employers)
        since = NOW - dt.timedelta(days=random_.randrange(90, max((age - 18) * 365, 91) + 1))
        stopped = since + (NOW - since) * random_.random()
        if not 18 <= age <= 62 or chance > 0.88:
            continue
        row = {
            "identity_number": person["identity_number"],
            "status": INSURED if chance < 0.7 else STOPPED,
            "employer": employer["name"],
            "employer_uscc": employer["uscc"],
            "since": since.isoformat(),
        }
        if row["status"] == STOPPED:
            row["stopped"] = stopped.isoformat()
        yield row
