"""``yiwang demo walk`` on a node of its own: every item to its end, and papers that hold outside the node."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.node import ROOT, YIWANG, Node
from yiwang.packs import demo, reading, stories

STORIES = stories.declared([reading.find(name) for name in demo.PACKS])
PAPERS = ("receipt.json", "receipt.pdf", "licence.pdf")
# One process for all: starting the program takes longer than a verification.
VERIFY_ALL = """
import json, sys
from yiwang.config.command import main
print(json.dumps([main(["verify", paper, "--anchor", anchor]) for paper, anchor in json.load(sys.stdin)]))
"""
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="ends processes by /proc")]


@pytest.fixture(scope="module")
def walked(
    demo_node: Callable[..., Node], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, Node]]:
    """What the walk said, and where its papers lie."""
    out, node = tmp_path_factory.mktemp("walked"), demo_node("walk", YIWANG_WEB_WORKERS="1").start()
    yield node.yiwang("demo", "walk", "--out", str(out), "--at", node.address), out, node
    node.end()


def verified(node: Node, paper: Path, anchor: Path) -> int:
    """The exit code of ``yiwang verify``."""
    words = [sys.executable, *YIWANG, "verify", str(paper), "--anchor", str(anchor)]
    return subprocess.run(words, env=node.environment, cwd=ROOT, capture_output=True).returncode


def test_each_item_is_walked_to_its_end_and_each_step_has_its_time(walked: tuple[str, Path, Node]) -> None:
    said, out, _node = walked
    for story in STORIES:
        assert f"· {story.pack}: {story.item}" in said
        for step in story.decisions:
            assert any(line.endswith(f"→ {step.outcome}") and f" ms  {step.by}:" in line for line in said.splitlines())
        assert {file.name for file in (out / story.pack).glob("*")} == (
            set() if story.counter else {*PAPERS, "anchor.pem"}
        )
    assert {file.name for file in out.iterdir() if file.is_file()} == {*PAPERS, "anchor.pem"}


@pytest.mark.parametrize("name", PAPERS)
def test_papers_hold_and_one_flipped_byte_is_refused(walked: tuple[str, Path, Node], name: str, tmp_path: Path) -> None:
    _said, out, node = walked
    anchor = out / "anchor.pem"
    content = bytearray((out / name).read_bytes())
    assert verified(node, out / name, anchor) == 0
    content[len(content) // 2] ^= 0x01
    (tmp_path / name).write_bytes(content)
    assert verified(node, tmp_path / name, anchor) == 1


def test_the_paper_of_every_item_holds(walked: tuple[str, Path, Node]) -> None:
    _said, out, node = walked
    folders = [out / story.pack for story in STORIES if not story.counter]
    assert len(folders) == 11
    asked = json.dumps([[str(folder / "licence.pdf"), str(folder / "anchor.pem")] for folder in folders])
    *_said_of_each, codes = node.run("-c", VERIFY_ALL, given=asked).splitlines()
    assert json.loads(codes) == [0] * len(folders)


@pytest.mark.skipif(
    shutil.which("pdfsig") is None, reason="poppler's pdfsig is not installed; `yiwang verify` judges above"
)
def test_poppler_calls_the_signatures_valid(walked: tuple[str, Path, Node]) -> None:
    _said, out, _node = walked
    for name in ("receipt.pdf", "licence.pdf"):
        said = subprocess.run(["pdfsig", "-nocert", str(out / name)], capture_output=True, text=True, check=True).stdout
        assert "Signature is Valid." in said
        assert "Total document signed" in said
