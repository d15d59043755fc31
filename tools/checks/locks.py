"""The lock files hold everything that is declared, and nothing is installed that they do not hold."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from .licences import canonical, locked

ROOT = Path(__file__).resolve().parents[2]


def _named(requirements: list[str]) -> set[str]:
    return {canonical(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in requirements}


def problems() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run, dev = ({canonical(n) for n in locked(ROOT / "requirements" / f"{name}.lock")} for name in ("run", "dev"))
    declared = _named(project["project"]["dependencies"])
    tools = _named(project["dependency-groups"]["dev"])
    found = [f"requirements/run.lock lacks {name}: run tools/lock" for name in sorted(declared - run)]
    found += [f"requirements/dev.lock lacks {name}: run tools/lock" for name in sorted((declared | tools) - dev)]
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"][""]
    for group in ("dependencies", "devDependencies"):
        if package.get(group, {}) != lock.get(group, {}):
            found.append(f"package-lock.json has other {group} than package.json: run tools/lock")
    return found
