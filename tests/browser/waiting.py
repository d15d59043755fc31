"""Cases that wait at the window, made through the API as the sample walk does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.node import Node
from yiwang.packs import reading, stories
from yiwang.packs.walk import Walk


class _UntilTheWindow(Walk):
    """The walk of a story, as far as the case waits at the window."""

    window = "clerk"

    class Arrived(Exception):
        pass

    def sign_in(self, username: str, *, party_name: str = "") -> object:  # type: ignore[override]
        if username == self.window:
            raise self.Arrived
        return super().sign_in(username, party_name=party_name)


def at_the_window(node: Node, out: Path, pack: str = "food_permit") -> str:
    """The number of a new case that waits at the window."""
    said: list[str] = []
    walk = _UntilTheWindow(node.origin, "demo-password", out, said.append)
    story = stories.read(reading.find(pack))
    assert story is not None
    walk.window = story.decisions[0].by
    with pytest.raises(_UntilTheWindow.Arrived):
        walk.journey(story, ())
    found = re.search(r"\d{20}", "\n".join(said))
    assert found is not None, said
    return found.group()
