"""The demo city, once for a module of tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture(scope="module")
def demo_city(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """All shipped packs, installed and committed for the tests of one module (each marked ``django_db``), then swept away.

    Installing takes seconds; a test sees the city in its own transaction and leaves it as it was.
    """
    from yiwang.foundation.access.queries import system
    from yiwang.packs import demo, installing, reading

    with django_db_blocker.unblock():
        for name in demo.PACKS:
            installing.install(system("command"), reading.find(name))
    yield
    with django_db_blocker.unblock():
        call_command("flush", verbosity=0, interactive=False)
