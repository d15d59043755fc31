from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.items import without_parts


@pytest.fixture
def parts_beside_the_point() -> Iterator[None]:
    """Items may be published without the form, procedure and licence type that they name."""
    with without_parts():
        yield
