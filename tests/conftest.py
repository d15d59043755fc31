"""What every test stands on: a clean memory, and the real data where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .city import City, prepared
from .node import Node
from .plugin import RUN


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


@pytest.fixture(scope="session")
def demo_node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Node]]:
    """Makes nodes, not started yet, each on its own copy of the demo city (or of another ``city``); settings are given by name."""
    with ExitStack() as stack:

        def make(name: str, city: City | None = None, **settings: str) -> Node:
            source = city or prepared(request.config.stash[RUN])
            return stack.enter_context(source.copied(name, tmp_path_factory.mktemp(name), **settings))

        yield make
