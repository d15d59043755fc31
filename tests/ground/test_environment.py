"""Settings come from the environment; a value that cannot be meant is named, without a trace and without secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from yiwang.config.environment import Environment, secret_from_file
from yiwang.config.operator import settings_page


def yiwang(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **settings}
    command = [sys.executable, "-m", "yiwang.config.command", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATABASE_URL", "mysql://user:password@host/name", "must be postgres://"),
        ("DATABASE_URL", "postgres://user:hush-hush@db", "must be postgres://"),
        ("YIWANG_MASTER_KEY", "abc", "must be 64 hex digits"),
        ("YIWANG_SECRET_KEY", "short-password", "at least 32 characters"),
        ("YIWANG_ORIGIN", "city.example.org", "must be like https://"),
        ("YIWANG_ORIGIN", "https://example.gov.cn/path", "without a path"),
        ("YIWANG_BIND", "8000", "must be address:port"),
        ("YIWANG_WEB_WORKERS", "0", "greater than or equal to 1"),
        ("YIWANG_LOG_LEVEL", "LOUD", "DEBUG|INFO"),
        ("YIWANG_NODE_CODE", "12", "pattern"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(variable: str, value: str, words: str) -> None:
    done = yiwang("settings", **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert value not in done.stderr or len(value) < 13


def test_a_data_directory_that_cannot_be_used_is_named() -> None:
    done = yiwang("settings", YIWANG_DATA_DIR="/proc/nowhere")
    assert done.returncode == 1
    assert "/proc/nowhere cannot be used" in done.stderr
    assert "Set YIWANG_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_verb_prints_every_setting_and_no_secret(tmp_path: Path) -> None:
    done = yiwang(
        "settings", YIWANG_DATA_DIR=str(tmp_path), YIWANG_MASTER_KEY="ab" * 32,
        DATABASE_URL="postgres://someone:hush@127.0.0.1:1/none",
    )  # fmt: skip
    assert done.returncode == 0
    for name in Environment.model_fields:
        assert (f"YIWANG_{name.upper()} = " in done.stdout) or name == "database_url"
    assert "hush" not in done.stdout
    assert "abab" not in done.stdout
    assert "YIWANG_MASTER_KEY = (set)   ← from the environment" in done.stdout


def test_every_setting_says_what_it_means() -> None:
    page = settings_page()
    for name, field in Environment.model_fields.items():
        assert field.description, name
        assert field.description in page


def test_a_relative_data_directory_is_the_same_for_every_process() -> None:
    assert Environment(data_dir=Path("var")).data_dir == Path.cwd() / "var"  # type: ignore[call-arg]


def test_a_secret_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one.key"
    first = secret_from_file(path, 32)
    assert len(bytes.fromhex(first)) == 32
    assert secret_from_file(path, 32) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["one.key"]
