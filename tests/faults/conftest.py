"""A city to break things in: prepared once for a run, copied for each node that is broken, whole again for the next."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node import Node, new_database

from .clients import Applicant

APPLICANTS = 30  # each with two drafts


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.slow)
    item.add_marker(pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"))


@dataclass(frozen=True, slots=True)
class City:
    """What all nodes of this run begin with."""

    data: Path
    database: str
    applicants: tuple[Applicant, ...]


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The demo city, with applicants whose applications only wait to be submitted."""
    place = tmp_path_factory.mktemp("city")
    with new_database("city") as database:
        node = Node(place, DATABASE_URL=database)
        node.furnish()
        made = json.loads(node.run("-m", "tests.faults.inside", "applicants", str(APPLICANTS)))
        yield City(place, database, tuple(Applicant(**one) for one in made))


@pytest.fixture(scope="session")
def copy_of_city(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Node]]:
    """Makes nodes, not started yet, on copies of the city; settings are given by name."""
    with ExitStack() as stack:

        def copied(name: str, **settings: str) -> Node:
            place = tmp_path_factory.mktemp(name)
            shutil.copytree(city.data, place, dirs_exist_ok=True)
            database = stack.enter_context(new_database(name, template=city.database))
            node = Node(place, DATABASE_URL=database, **settings)
            stack.callback(node.end)
            return node

        yield copied
