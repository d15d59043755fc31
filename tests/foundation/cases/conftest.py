"""What tests of cases stand on: a kind of case that is only tried, and the people of an office."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.cases import TrialKind, trial_kind
from tests.factories.moves import staff
from yiwang.foundation.access.queries import Actor


@pytest.fixture
def trial() -> Iterator[TrialKind]:
    """The trial kind of case; it remembers what it heard."""
    with trial_kind() as kind:
        yield kind


@pytest.fixture
def people() -> dict[str, Actor]:
    """One official for each role of the food permit, and a head of office."""
    return staff()
