"""The licences of everything that is installed, against a list of those that go with Apache-2.0, each with its reason.

The list of what a node ships or installs to run (THIRD-PARTY.md) is made from the same facts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "THIRD-PARTY.md"

FREE = "free of conditions beyond keeping the notice"
ALLOWED = {
    "MIT": FREE, "MIT-0": FREE, "0BSD": FREE, "ISC": FREE, "BSD": FREE, "BSD-2-Clause": FREE, "BSD-3-Clause": FREE,
    "Apache-2.0": "our own licence", "PSF-2.0": FREE, "Unicode-3.0": FREE, "Zlib": FREE, "BlueOak-1.0.0": FREE,
    "MPL-2.0": "covers its own files only; used unchanged",
    "bpmn.io": "MIT, and the mark of bpmn.io stays visible in every picture",
    "OFL-1.1": "fonts; may be embedded in papers and shipped with software",
}  # fmt: skip
# The weak copyleft of the LGPL lets us use a library as a library: unchanged, imported at run time, replaceable.
LIBRARIES = {
    "spiffworkflow": "the process engine, imported as a library behind one adapter",
    "psycopg": "the PostgreSQL driver, imported as a library",
    "psycopg-binary": "the PostgreSQL driver's compiled part, loaded by psycopg",
    "psycopg-pool": "the PostgreSQL driver's pool, imported as a library",
    "python-stdnum": "number formats, imported as a library",
}
# What the metadata of a distribution leaves unsaid, read from its licence file or its project page.
UNSAID = {
    "zen-engine": "MIT",
    "bpmn-js": "bpmn.io",
}
_CLASSIFIERS = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL",
}
_SPELLINGS = {
    "apache 2.0": "Apache-2.0", "apache-2.0": "Apache-2.0", "bsd 2-clause license": "BSD-2-Clause", "mit": "MIT",
    "bsd-3-clause": "BSD-3-Clause", "mpl-2.0": "MPL-2.0", "psf-2.0": "PSF-2.0", "lgplv3": "LGPL", "lgpl": "LGPL",
    "bsd": "BSD",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Part:
    """One third-party package: where it comes from, and under which licence (an SPDX expression where there is one)."""

    source: str  # python or npm
    name: str
    version: str
    licence: str


def locked(path: Path) -> list[str]:
    """The names of the distributions in a lock file of pip."""
    return re.findall(r"^([A-Za-z0-9_.-]+)==", path.read_text(encoding="utf-8"), re.MULTILINE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(distribution: metadata.Distribution) -> str:
    """The licence that a distribution declares, "" when it does not say."""
    facts = distribution.metadata
    expression = facts.get("License-Expression")
    if expression:
        return expression
    classifiers = [
        line.split(" :: ")[-1] for line in facts.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    known = sorted({_CLASSIFIERS[line] for line in classifiers if line in _CLASSIFIERS})
    text = (facts.get("License") or "").strip().lower()
    if text in _SPELLINGS:  # more exact than the classifier "BSD License"
        return _SPELLINGS[text]
    return " OR ".join(known) or UNSAID.get(canonical(facts["Name"]), "")


def python_parts(names: list[str]) -> list[Part]:
    """The installed ones among ``names``; a lock may hold some for other machines."""
    found = []
    for name in names:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found.append(Part("python", canonical(name), distribution.version, licence_of(distribution)))
    return sorted(found)


def npm_parts(*, development: bool) -> list[Part]:
    """The locked npm packages, with those for tests if asked."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return sorted(
        Part("npm", name, facts["version"], UNSAID.get(name, facts.get("license", "")))
        for path, facts in packages.items()
        if path and (development or not facts.get("dev"))
        for name in [path.rpartition("node_modules/")[2]]
    )


def objection(part: Part) -> str:
    """Why ``part`` may not be used, or ""."""
    if not part.licence:
        return "does not say under which licence it is"
    # "A OR B": one that goes is enough; "A AND B": all must go.
    for choice in re.split(r"\s+OR\s+", part.licence.strip("()")):
        terms = [term.strip("() ") for term in re.split(r"\s+AND\s+", choice)]
        if all(term in ALLOWED or (term.startswith("LGPL") and part.name in LIBRARIES) for term in terms):
            return ""
    return f"is under {part.licence}, which is not on the list of licences that go with ours"


def shipped() -> list[Part]:
    """Everything that a running node needs."""
    return python_parts(locked(ROOT / "requirements" / "run.lock")) + npm_parts(development=False)


def written() -> str:
    """THIRD-PARTY.md as it should be."""
    lines = [
        "# Third-party software", "",
        "What a node installs in order to run, with versions from the lock files. Made by `tools/check --write`; checked by `make check`.",
        "Nothing of it is copied into this repository. LGPL libraries are used unchanged, as libraries:", "",
        *(f"- `{name}`: {reason}." for name, reason in sorted(LIBRARIES.items())), "",
        "| from | package | version | licence |", "|---|---|---|---|",
        *(f"| {part.source} | {part.name} | {part.version} | {part.licence} |" for part in shipped()), "",
    ]  # fmt: skip
    return "\n".join(lines)


def problems() -> list[str]:
    everything = python_parts(locked(ROOT / "requirements" / "dev.lock")) + shipped() + npm_parts(development=True)
    found = [f"{part.source} package {part.name} {why}" for part in sorted(set(everything)) if (why := objection(part))]
    names = {part.name for part in everything}
    found += [
        f"{name} has an exception in tools/checks/licences.py but is not used"
        for name in sorted(LIBRARIES)
        if name not in names
    ]
    if not LIST.exists() or LIST.read_text(encoding="utf-8") != written():
        found.append("THIRD-PARTY.md is behind the lock files: run tools/check --write")
    return found


def write() -> None:
    LIST.write_text(written(), encoding="utf-8")
