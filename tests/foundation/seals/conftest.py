"""An agency with a seal, and papers to be sealed."""

from __future__ import annotations

import pytest

from tests.factories import agency, official
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.files.queries import render_paper
from yiwang.foundation.seals import actions
from yiwang.foundation.seals.models import Seal

PAPER = """
#show: letter.with(number: data.number)
#heading-block(data.title)
#rows(data.rows)
#seal-place("seal")
"""


@pytest.fixture
def keeper() -> Actor:
    """印章管理员 of the market authority."""
    return official("seal-keeper", ["seals.*"])


@pytest.fixture
def seal(keeper: Actor) -> Seal:
    return actions.make(keeper, agency().code)


@pytest.fixture(scope="session")
def paper() -> bytes:
    """A short letter with a place for a seal."""
    rows = [["申请人", "云州市晓梅餐饮有限公司"], ["事项", "食品经营许可核发"]]
    return render_paper(PAPER, {"number": "1", "title": "准予许可决定书", "rows": rows}, title="准予许可决定书")
