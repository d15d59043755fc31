"""`yiwang verify` and `yiwang ledger audit`: exit codes and words, without a store and without a node."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.factories import citizen
from yiwang.config.command import main
from yiwang.config.environment import environment
from yiwang.foundation.crypto.queries import anchor, keep_anchor
from yiwang.foundation.ledger import queries
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.canonical import readable_bytes

from .tampering import sql, unlocked

pytestmark = pytest.mark.django_db
Write = Callable[..., list[Entry]]


@pytest.fixture
def receipt(write: Write, tmp_path: Path) -> Path:
    actor = citizen()
    path = tmp_path / "receipt.json"
    path.write_bytes(readable_bytes(queries.receipt(actor, write(actor)[0].id)))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "anchor.pem"
    path.write_bytes(anchor())
    return path


def spoil(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    spoilt = path.with_name("spoilt.json")
    spoilt.write_bytes(content)
    return spoilt


def test_intact_and_trusted(receipt: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(receipt), "--anchor", str(root)]) == 0
    said = capsys.readouterr().out
    assert "intact and trusted" in said
    assert "记一笔" in said


def test_the_trust_folder_is_used_without_an_anchor(receipt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = environment.data_dir / "trust" / f"node-{environment.node_code}.pem"
    kept.unlink(missing_ok=True)
    assert main(["verify", str(receipt)]) == 3
    assert "Compare these digits" in capsys.readouterr().out
    keep_anchor()
    try:
        assert main(["verify", str(receipt)]) == 0
    finally:
        kept.unlink()


def test_broken_and_absent_and_not_ours(receipt: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(spoil(receipt)), "--anchor", str(root)]) == 1
    assert "broken" in capsys.readouterr().err
    assert main(["verify", str(receipt.with_name("nowhere.json"))]) == 1
    assert main(["verify", str(root)]) == 1
    assert main(["verify", str(receipt), "--anchor", str(receipt)]) == 1
    assert "anchor" in capsys.readouterr().err


def test_it_needs_no_store_and_no_node(receipt: Path, root: Path, tmp_path: Path) -> None:
    """In a process of its own, with a store that does not exist."""
    away = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "YIWANG_DATA_DIR": str(tmp_path / "elsewhere"),
    }
    command = [sys.executable, "-m", "yiwang.config.command", "verify"]

    def run(*words: object) -> int:
        return subprocess.run([*command, *map(str, words)], env=away, capture_output=True, check=False).returncode

    assert run(receipt, "--anchor", root) == 0
    assert run(spoil(receipt), "--anchor", root) == 1
    assert run(receipt) == 3


def test_audit_says_sound_or_names_what_was_done(receipt: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "audit", "--anchor", str(root), "--witness", str(receipt)]) == 0
    assert "the log is sound" in capsys.readouterr().out
    entry = Entry.objects.get()
    with unlocked("ledger_entry"):
        sql("UPDATE ledger_entry SET act = 'other' WHERE id = %s", entry.id)
    assert main(["ledger", "audit", "--anchor", str(root)]) == 1
    assert str(entry.id) in capsys.readouterr().out
    assert main(["ledger", "audit", "--witness", str(root)]) == 1
    assert main(["ledger", "audit", "--anchor", str(receipt)]) == 1
