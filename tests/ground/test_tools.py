"""The checks of the tree find what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.checks import documents, hygiene, licences, locks


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see https://pypi." + "org/simple", "the address of a package registry"),
        ('"resolved' + '": "x"', "the address of a package registry"),
        ("open('/wo" + "rk/main/x')", "a path of one machine"),
        ("/home/" + "someone/x", "a path of one machine"),
        ("-----BEGIN EC PRIVATE " + "KEY-----", "a private key"),
        ("secret_" + 'key = "0123456789abcdef0123"', "a secret"),
        ("# TO" + "DO: later", "unfinished work"),
    ],
)
def test_hygiene_finds(text: str, what: str) -> None:
    assert hygiene.faults_in(f"first line\n{text}\n") == [(2, what)]


@pytest.mark.parametrize(
    "text", ["network/mail", "the root/branch", "secret_key: str = Field('')", "/workers/", "XXXL"]
)
def test_hygiene_leaves_alone(text: str) -> None:
    assert hygiene.faults_in(text) == []


@pytest.mark.parametrize(
    ("name", "licence", "goes"),
    [
        ("a", "MIT", True),
        ("a", "Apache-2.0 AND MIT", True),
        ("a", "GPL-3.0-only OR MIT", True),
        ("a", "GPL-3.0-only", False),
        ("a", "AGPL-3.0-or-later AND MIT", False),
        ("a", "LGPL-3.0-only", False),
        ("psycopg", "LGPL-3.0-only", True),
        ("a", "", False),
    ],
)
def test_licences(name: str, licence: str, goes: bool) -> None:
    assert (licences.objection(licences.Part("python", name, "1", licence)) == "") is goes


def test_documents_that_name_what_is_not_there_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A heading\n[ok](#a-heading) [gone](other.md) [no](#nothing)\n`yiwang/kernel/slots.py` `yiwang/gone.py` `yiwang/<room>/x.py`\n"
        "```sh\nmake run\nmake coffee\nyiwang settings\nyiwang sing\n```\nYIWANG_DATA_DIR YIWANG_MOOD\n"
    )
    monkeypatch.setattr(documents, "ROOT", Path(documents.__file__).parents[2])
    monkeypatch.setattr(documents, "committed", lambda: [page])
    monkeypatch.setattr(Path, "relative_to", lambda self, *other: self)
    problems = [line for line in documents.problems() if "page.md" in line]
    found = "\n".join(problems)
    for name in ("other.md", "#nothing", "yiwang/gone.py", "make coffee", "yiwang sing", "YIWANG_MOOD"):
        assert name in found
    assert len(problems) == 6


def test_the_locks_hold_what_is_declared() -> None:
    assert locks.problems() == []
