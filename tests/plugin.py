"""Loaded before Django reads its settings: the node of the tests is never the node of the developer."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# What shares a node: prepared once for the run; and no two Chromiums compete for the same seconds.
TOGETHER = ("tests/browser/", "tests/faults/")
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


class ByFolder(LoadScopeScheduling):
    """Spreads single tests over the workers, but keeps those of a folder in ``TOGETHER`` on one, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    return ByFolder(config, log)  # xdist's own way, --dist=loadgroup, says nothing and groups nothing under pytest 9
