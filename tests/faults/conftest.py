"""A city to break things in: prepared once for a run, copied for each node that is broken, whole again for the next."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.city import City
from tests.node import Node

from .clients import Applicant

APPLICANTS = 125  # each with two drafts: more than 200 are still under way when the first have been answered


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.slow)
    item.add_marker(pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"))


@dataclass(frozen=True, slots=True)
class BusyCity(City):
    """The demo city, with applicants whose applications only wait to be submitted."""

    applicants: tuple[Applicant, ...]


@pytest.fixture(scope="session")
def city(demo_node: Callable[..., Node]) -> BusyCity:
    """What the nodes of this folder begin with."""
    node = demo_node("applicants")
    made = json.loads(node.run("-m", "tests.faults.inside", "applicants", str(APPLICANTS)))
    return BusyCity(node.data, node.database, tuple(Applicant(**one) for one in made))


@pytest.fixture(scope="session")
def copy_of_city(city: BusyCity, demo_node: Callable[..., Node]) -> Callable[..., Node]:
    """Makes nodes, not started yet, on copies of that city; settings are given by name."""

    def copied(name: str, **settings: str) -> Node:
        return demo_node(name, city, **settings)

    return copied
