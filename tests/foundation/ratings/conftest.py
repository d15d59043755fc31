from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import official
from tests.factories.cases import TrialKind, trial_kind
from yiwang.foundation.access.queries import Actor


@pytest.fixture(autouse=True)
def kind() -> Iterator[TrialKind]:
    with trial_kind() as plugged:
        yield plugged


@pytest.fixture
def clerk() -> Actor:
    return official("window-clerk", ["cases.read", "cases.complete"], name="王芳")
