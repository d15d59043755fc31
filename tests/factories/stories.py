"""Applications for any item of the demo city, with the answers that its pack declares: ``filed("outdoor_ad")``, ``moved(filing, …)``."""

from __future__ import annotations

from typing import Any

from yiwang.foundation.cases.models import Case, Task
from yiwang.packs import reading, stories
from yiwang.packs.stories import Story
from yiwang.services.applications.models import Draft, Filing

from . import applications
from .applications import person, ready, step, submitted


def story(pack: str) -> Story:
    """The sample application of a pack; from now on also the usual answers of :mod:`.applications` for its item."""
    found = stories.read(reading.find(pack))
    assert found is not None
    applications.SITUATIONS.setdefault(found.item, found.situation)
    applications.ANSWERS.setdefault(found.item, found.answers)
    return found


def filed(pack: str, username: str = "", **changes: Any) -> Filing:
    """The sample application of a pack, handed in by whom it names, or by somebody else."""
    told = story(pack)
    who = person(username) if username else person(told.account, told.party)
    return submitted(who, told.item, **changes)


def prepared(pack: str, **changes: Any) -> Draft:
    """The sample application of a pack before it is signed."""
    told = story(pack)
    return ready(person(told.account, told.party), told.item, **changes)


def moved(filing: Filing, *steps: tuple[str, str, str]) -> Case:
    """Steps of officials in order: account, step, outcome."""
    for username, code, outcome in steps:
        case = step(filing, username, code, outcome, "已经核对")
    return case


def waiting(filing: Filing) -> set[str]:
    """The steps that people are waited for."""
    return set(Task.objects.filter(case=filing.case, state="open").values_list("step", flat=True))
