from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.sharing import Memory, held, people


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What the room keeps in memory between requests."""
    yield
    from yiwang.data.sharing import grounds, holding, quota

    quota.forget()
    holding.forget()
    grounds.forget()


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A holder of places "held:…" with two people in it."""
    found = people()
    with held(found):
        yield found
