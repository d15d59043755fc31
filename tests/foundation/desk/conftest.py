from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.cases import TrialKind, trial_kind


@pytest.fixture(autouse=True)
def kind() -> Iterator[TrialKind]:
    with trial_kind() as plugged:
        yield plugged
