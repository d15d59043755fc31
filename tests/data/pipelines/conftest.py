from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from yiwang.config.environment import environment
from yiwang.data.engine.lake import lake


@pytest.fixture(autouse=True)
def own_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Each test has its own store, so it has its own lake."""
    monkeypatch.setattr(environment, "data_dir", tmp_path)
    lake.cache_clear()
    yield tmp_path
    lake.cache_clear()
