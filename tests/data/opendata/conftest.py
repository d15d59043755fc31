"""Tables for the length of a test, and limits that begin anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.opendata import Tables
from yiwang.data.opendata import limits, uses


@pytest.fixture
def held() -> Iterator[Tables]:
    found = Tables()
    with found.stack:
        yield found


@pytest.fixture(autouse=True)
def _anew() -> None:
    limits.forget()
    uses._counts.clear()
    uses._written = 0.0
