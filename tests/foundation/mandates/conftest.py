from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.applications import demo_city


@pytest.fixture(scope="package")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo city, for all tests of this room."""
    with demo_city(django_db_blocker):
        yield
