"""`yiwang check` finds each misconfiguration, and only that."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.factories import citizen
from yiwang.config import soundness
from yiwang.config.environment import environment
from yiwang.foundation.events.models import Event, Job
from yiwang.kernel.ids import uuid7

pytestmark = pytest.mark.django_db
Change = Callable[..., None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Change:
    """The node's settings for one test. A sound one serves a real city behind a proxy."""
    sound = {"demo": False, "debug": False, "secure": True, "proxies": 1, "origin": "https://zwfw.example.gov.cn"}
    settings.ALLOWED_HOSTS = ["zwfw.example.gov.cn"]

    def change(**values: Any) -> None:
        for name, value in values.items():
            if name == "hosts":
                settings.ALLOWED_HOSTS = value
            else:
                monkeypatch.setattr(environment, name, value)

    change(**sound)
    return change


def test_a_sound_node_has_no_contradictions(given: Change) -> None:
    assert list(soundness.of_settings()) == []
    given(hosts=[".example.gov.cn"])
    assert list(soundness.of_settings()) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"demo": True}, "YIWANG_DEMO and YIWANG_SECURE"),
        ({"debug": True}, "YIWANG_DEBUG and YIWANG_SECURE"),
        ({"origin": "http://zwfw.example.gov.cn"}, "nobody could stay signed in"),
        ({"secure": False}, "cookies would also travel unencrypted"),
        ({"proxies": 0}, "YIWANG_PROXIES is 0"),
        ({"hosts": ["other.example"]}, "YIWANG_HOSTS does not hold zwfw.example.gov.cn"),
        ({"hosts": ["*"]}, "YIWANG_HOSTS holds *"),
        ({"upload_limit_mb": 99}, "YIWANG_REQUEST_LIMIT_MB"),
    ],
)
def test_a_contradiction_is_found(given: Change, values: dict[str, Any], words: str) -> None:
    given(**values)
    (finding,) = soundness.of_settings()
    assert words in finding


@pytest.fixture
def data_dir(tmp_path: Path, given: Change) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "session.key").write_text("x")
    (tmp_path / "keys" / "session.key").chmod(0o600)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "staticfiles.json").write_text("{}")
    (tmp_path / "locale" / "en" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "locale" / "en" / "LC_MESSAGES" / "django.mo").write_bytes(b"")
    given(data_dir=tmp_path)
    return tmp_path


def test_a_sound_data_directory(data_dir: Path) -> None:
    assert list(soundness.of_data_directory()) == []


def test_a_key_that_others_can_read(data_dir: Path) -> None:
    (data_dir / "keys" / "session.key").chmod(0o644)
    (finding,) = soundness.of_data_directory()
    assert "can be read by other users" in finding


def test_a_data_directory_that_cannot_be_written(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        os, "access", lambda path, mode: False
    )  # root may write anywhere, so the kernel cannot be asked
    (finding,) = soundness.of_data_directory()
    assert "cannot be written by this user" in finding


def test_a_full_disk(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "LEAST_SPACE", 1 << 62)
    (finding,) = soundness.of_data_directory()
    assert "MiB are free" in finding


def test_static_files_that_were_never_collected(data_dir: Path) -> None:
    (data_dir / "static" / "staticfiles.json").unlink()
    (finding,) = soundness.of_data_directory()
    assert "run `yiwang migrate`" in finding


def test_a_sound_store() -> None:
    assert list(soundness.of_store()) == []


def test_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, connection: Any) -> None:
        raise OperationalError("connection refused\nis the server running?")

    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.__init__", refuse)
    assert list(soundness.of_store()) == ["the store does not answer: connection refused"]


def test_a_store_behind_this_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda self, targets: ["one"])
    (finding,) = soundness.of_store()
    assert "is behind this version" in finding


@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")
def test_postgresql_that_allows_too_few_connections(given: Change) -> None:
    given(web_workers=64, web_threads=64)
    (finding,) = soundness.of_store()
    assert "connections, this node may open" in finding


@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")
def test_postgresql_that_does_not_wait_for_the_disk(given: Change) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    (finding,) = soundness.of_store()
    assert "could be lost in a power cut" in finding


def test_a_master_key_that_is_not_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.foundation.crypto import keys

    citizen()
    keys.forget_keys()
    keys._master.cache_clear()
    monkeypatch.setattr(environment, "master_key", "ab" * 32)
    try:
        (finding,) = soundness.of_store()
    finally:
        keys._master.cache_clear()
        keys.forget_keys()
    assert "is not the one it was made with" in finding


def test_events_that_nobody_hands_over() -> None:
    Event.objects.create(type="thing.done", subject="1", at=timezone.now() - dt.timedelta(minutes=11))
    (finding,) = soundness.of_store()
    assert "no worker is running" in finding


def test_jobs_that_have_failed_for_good() -> None:
    Job.objects.create(name="a.job", result_id=uuid7(), dead_at=timezone.now())
    (finding,) = soundness.of_store()
    assert "1 jobs have failed for good" in finding


def test_what_django_and_the_rooms_find_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "assets_dir", Path("/nowhere"))
    assert any("browser packages are missing" in finding for finding in soundness.of_django())


def test_the_verb_prints_findings_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from yiwang.config.command import main

    monkeypatch.setattr(soundness, "QUESTIONS", [])
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "✓ nothing is misconfigured\n"
    monkeypatch.setattr(soundness, "QUESTIONS", [lambda: iter(["the roof leaks"])])
    assert main(["check"]) == 1
    assert capsys.readouterr().out == "✗ the roof leaks\n"
