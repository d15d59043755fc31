"""What no committed file may hold: addresses of package registries, paths of one machine, secrets, unfinished work."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FILE = 2 * 1024 * 1024  # bytes
LONGEST_MODULE = 500  # lines; a longer one is split by subject

# Written in two halves, so that this file does not hold what it looks for.
_FORBIDDEN = {
    "the address of a package registry": re.compile(
        r"(?:pypi\.|pythonhosted\.|registry\.npmjs|npmmirror\.|yarnpkg\.|proxy\.golang)" + r"(?:org|com|cn)\b"
        r"|--(?:extra-)?index-url[= ]|\"resolved\":|^registry *=",
        re.MULTILINE,
    ),
    "a path of one machine": re.compile(
        r"(?<![\w.])/(?:" + r"work|root|Users|opt/(?:pypi|wheels)|tmp/(?:team|try))/(?!\*)|(?<![\w.])/home/(?!<)\w+/"
    ),
    "a private key": re.compile("-----BEGIN (?:[A-Z]+ )*PRIVATE " + "KEY-----"),
    "a secret": re.compile(
        r"\b(?:ghp|gho|github_pat|glpat|xox[abp])" + r"[_-][A-Za-z0-9_]{16,}|\bAKIA" + r"[0-9A-Z]{16}\b"
        r"|(?:secret|master)_?key *= *['\"][0-9A-Za-z+/=_-]{16,}['\"]",
        re.IGNORECASE,
    ),
    "unfinished work": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
}
_SKIP_SUFFIXES = {".png", ".jpg", ".webp", ".ico", ".pdf", ".woff2", ".ttf", ".gz"}


def committed() -> list[Path]:
    """Every file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def faults_in(text: str) -> list[tuple[int, str]]:
    """(line number, what is wrong) for the text of one file."""
    found = []
    for what, pattern in _FORBIDDEN.items():
        found += [(text.count("\n", 0, match.start()) + 1, what) for match in pattern.finditer(text)]
    return sorted(found)


def problems() -> list[str]:
    found = []
    for path in committed():
        name = path.relative_to(ROOT)
        if path.stat().st_size > LARGEST_FILE:
            found.append(f"{name}: {path.stat().st_size >> 20} MiB; large files do not belong into the repository")
        if path.suffix in _SKIP_SUFFIXES:
            continue
        found += [f"{name}:{line}: {what}" for line, what in faults_in(_text(path))]
    return found


def _text(path: Path) -> str:
    """A file's text; sample data of departments is written in GB 18030, as they write it."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return path.read_text(encoding="gb18030")


def warnings() -> list[str]:
    """Modules that want to be split."""
    found = []
    for path in committed():
        if path.suffix == ".py" and "migrations" not in path.parts:
            lines = path.read_text(encoding="utf-8").count("\n")
            if lines > LONGEST_MODULE:
                found.append(f"{path.relative_to(ROOT)}: {lines} lines; split it by subject")
    return found
