"""One place names colours and sizes; every pair of colours that carries text can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STYLES = ROOT / "yiwang" / "web" / "static" / "web"
OTHERS = sorted(path for path in ROOT.glob("yiwang/**/static/**/*.css") if path.name != "tokens.css")
# Widths at which a layout turns, and the margin of paper, cannot be custom properties.
_OUTSIDE = re.compile(r"/\*.*?\*/|@media[^{]*|@page\s*\{[^}]*\}", re.DOTALL)
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|lab|color-mix)\(")
_SIZE = re.compile(r"(?<![\w-])\d*\.?\d+(?:px|rem|pt|mm|cm|ms|s)\b")


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_nothing_but_the_tokens_names_a_colour_or_a_size(path: Path) -> None:
    text = _OUTSIDE.sub("", path.read_text())
    assert _COLOUR.findall(text) == []
    assert _SIZE.findall(text) == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_every_token_that_is_used_is_declared(path: Path) -> None:
    declared = set(re.findall(r"(--[\w-]+)\s*:", (STYLES / "tokens.css").read_text()))
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text())) - declared == set()


def test_every_token_is_used_somewhere() -> None:
    tokens = (STYLES / "tokens.css").read_text()
    used = set(re.findall(r"var\((--[\w-]+)", "".join(path.read_text() for path in [*OTHERS, STYLES / "tokens.css"])))
    scales = re.compile(r"--s\d+|--text-\w+")  # whole, so that a room finds the next step
    unused = {name for name in re.findall(r"(--[\w-]+)\s*:", tokens) if name not in used and not scales.fullmatch(name)}
    # The red of seals and official papers is kept here for the rooms that print them.
    assert unused == {"--official"}


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _face(selector: str) -> dict[str, str]:
    tokens = (STYLES / "tokens.css").read_text()

    def block(name: str) -> dict[str, str]:
        found = re.search(re.escape(name) + r" \{(.*?)\n\}", tokens, re.DOTALL)
        assert found, name
        return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})", found[1]))

    return block(":root") | (block(selector) if selector != ":root" else {})


@pytest.mark.parametrize("face", [":root", '[data-face="board"]', '[data-reading="large"]'])
def test_text_keeps_its_contrast_on_every_ground_of_every_face(face: str) -> None:
    colours = _face(face)
    grounds = ["--paper", "--ground", "--paper-sunk"]
    pairs = [(ink, ground) for ink in ("--ink", "--ink-quiet", "--action", "--action-strong") for ground in grounds]
    pairs += [
        (state, ground)
        for state in ("--green", "--amber", "--red")
        for ground in ("--paper", "--ground", f"{state}-tint")
    ]
    pairs += [("--action", "--action-tint"), ("--action-strong", "--action-tint"), ("--ink", "--mark")]
    pairs += [("--on-action", "--action"), ("--on-action", "--action-strong")]
    weak = {(one, other): round(contrast(colours[one], colours[other]), 2) for one, other in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("face", [":root", '[data-face="board"]', '[data-reading="large"]'])
def test_the_edges_of_controls_can_be_seen(face: str) -> None:
    colours = _face(face)
    assert contrast(colours["--line-control"], colours["--paper"]) >= 3
    assert contrast(colours["--focus"], colours["--paper"]) >= 3
