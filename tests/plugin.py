"""Loaded before Django reads its settings: the node of the tests is never the node of the developer."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

_DATA = tempfile.mkdtemp(prefix="yiwang-test-")
os.mkdir(os.path.join(_DATA, "static"))  # whitenoise looks for it
os.environ.update(YIWANG_DATA_DIR=_DATA, YIWANG_LOG_LEVEL="ERROR", YIWANG_DEMO="1", YIWANG_DEMO_SIZE="small")


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests run on one worker, so that no two Chromiums and nodes compete for the same seconds."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
