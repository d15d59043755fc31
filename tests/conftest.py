"""What every test stands on: a clean memory, and the real data where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _clean_memory() -> Iterator[None]:
    """What rooms keep in memory between requests must not leak between tests: each test has its own store."""
    yield
    from yiwang.data.sharing.grounds import forget as forget_grounds
    from yiwang.foundation.access.actors import forget_actors
    from yiwang.foundation.crypto.keys import forget_keys
    from yiwang.foundation.orgs.codes import forget_divisions
    from yiwang.foundation.orgs.queries import forget_calendar
    from yiwang.foundation.standards.queries import forget

    forget_actors()
    forget_grounds()
    forget_keys()
    forget_calendar()
    forget_divisions()
    forget()


@pytest.fixture
def shared() -> Path:
    """The real data beside the checkout; tests that need it are skipped where it is not."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not path.is_dir():
        pytest.skip("../shared is not here")
    return path
