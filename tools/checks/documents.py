"""Documents do not rot: what they link to and name must exist.

Checked are relative links, paths of this repository in `code`, targets of make, verbs of the command, and settings.
"""

from __future__ import annotations

import re
from pathlib import Path

from .hygiene import committed

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TOP = ("yiwang/", "tests/", "tools/", "docs/", "packs/", "bench/", "requirements/", ".ci/")
_MADE = {"docs/api/openapi.json"}
SETTINGS = ROOT / "docs" / "settings.md"


def _anchors(text: str) -> set[str]:
    """The anchors that a reader of Markdown makes of the headings."""
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _links(path: Path, text: str) -> list[str]:
    found = []
    for target in _LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        place, _hash, anchor = target.partition("#")
        file = (path.parent / place).resolve() if place else path
        if not file.exists():
            found.append(f"links to {target}, which does not exist")
        elif anchor and file.suffix == ".md" and anchor not in _anchors(file.read_text(encoding="utf-8")):
            found.append(f"links to {target}: {file.name} has no such heading")
    return found


def _paths(text: str) -> list[str]:
    found = []
    for code in _CODE.findall(text):
        if not code.startswith(_TOP) or re.search(r"[<>{}*… ]", code):
            continue
        name = code.split("::")[0].rstrip("/")
        if not (ROOT / name).exists() and name not in _MADE:
            found.append(f"names `{code}`, which does not exist")
    return found


def _commands(text: str) -> list[str]:
    from yiwang.config.command import parser
    from yiwang.config.environment import Environment

    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    verbs = next(action.choices for action in parser()._actions if action.choices)  # argparse has no public way
    known = set(verbs) | {"django"}
    settings = {
        str(field.validation_alias or f"YIWANG_{name.upper()}") for name, field in Environment.model_fields.items()
    }
    code = "\n".join([*_CODE.findall(text), *_BLOCK.findall(text)])
    found = [
        f"names `make {name}`, which the Makefile does not have"
        for name in re.findall(r"\bmake ([a-z]+)\b", code)
        if name not in targets
    ]
    found += [
        f"names `yiwang {verb}`, which is no verb"
        for verb in re.findall(r"(?:^|[\s/])yiwang ([a-z-]+)", code, re.MULTILINE)
        if verb not in known
    ]
    found += [
        f"names the setting {name}, which does not exist"
        for name in re.findall(r"\bYIWANG_[A-Z_]+\b", text)
        if name not in settings
    ]
    return found


def problems() -> list[str]:
    from yiwang.config.operator import settings_page

    found = []
    if not SETTINGS.exists() or SETTINGS.read_text(encoding="utf-8") != settings_page():
        found.append("docs/settings.md differs from the settings: run tools/check --write")
    for path in committed():
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            faults = _links(path, text) + _paths(text) + _commands(text)
            found += [f"{path.relative_to(ROOT)} {fault}" for fault in dict.fromkeys(faults)]
    return found


def write() -> None:
    from yiwang.config.operator import settings_page

    SETTINGS.write_text(settings_page(), encoding="utf-8")
