"""Loaded before Django reads its settings: the node of the tests is never the node of the developer."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# What shares a node, or a city installed in the store: prepared once for the run; and no two Chromiums compete for the same seconds.
TOGETHER = (
    "tests/browser/", "tests/faults/", "tests/packs/", "tests/services/applications/", "tests/services/portal/",
)  # fmt: skip
RUN = pytest.StashKey[Path]()  # the folder that all workers of a run share
_DATA = tempfile.mkdtemp(prefix="yiwang-test-")
os.mkdir(os.path.join(_DATA, "static"))  # whitenoise looks for it
os.environ.update(YIWANG_DATA_DIR=_DATA, YIWANG_LOG_LEVEL="ERROR", YIWANG_DEMO="1", YIWANG_DEMO_SIZE="small")


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    config.stash[RUN] = Path(getattr(config, "workerinput", {}).get("run") or f"{_DATA}-run")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run"] = str(node.config.stash[RUN])


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)
    if not hasattr(config, "workerinput") and config.stash[RUN].exists():
        from tests.city import tear_down

        tear_down(config.stash[RUN])


class ByFolder(LoadScopeScheduling):
    """Spreads single tests over the workers, but keeps those of a folder in ``TOGETHER`` on one, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    return ByFolder(config, log)  # xdist's own way, --dist=loadgroup, says nothing and groups nothing under pytest 9
