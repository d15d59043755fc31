"""The node, the browser and the page of each test. Every test here runs at the width of a phone and of a desk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.node import ROOT, Node

from .watching import Watch

WIDTHS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def node(demo_node: Callable[..., Node]) -> Node:
    """A running node with people in it, for the whole run: the demo city, and guests whose accounts tests may lock and burden."""
    running = demo_node("browser", YIWANG_WEB_WORKERS="1")
    running.run("-m", "tests.browser.guests")
    return running.start()


@pytest.fixture(scope="session")
def chromium() -> dict[str, Any]:
    """How to start the Chromium of this machine."""
    found = subprocess.run([sys.executable, str(ROOT / "tools" / "browser"), "--json"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    start: dict[str, Any] = json.loads(found.stdout)
    return start


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # For one module at a time: while Playwright runs, Django takes this thread for an asynchronous one.
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: dict[str, Any]) -> Iterator[Browser]:
    opened = playwright.chromium.launch(
        executable_path=chromium["executable"],
        # Nothing but the node itself can be reached, whatever a page asks for.
        args=[*chromium["arguments"], "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"],
        env={**os.environ, **chromium["environment"]},
    )
    yield opened
    opened.close()


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> str:
    """Asking for ``page`` runs a test twice; ``@pytest.mark.parametrize("width", ["desk"], indirect=True)`` chooses one."""
    return str(request.param)


@pytest.fixture
def script() -> bool:
    """``@pytest.mark.parametrize("script", [False])`` switches script off."""
    return True


@pytest.fixture
def watch(node: Node) -> Iterator[Watch]:
    """Fails the test for a console error, a blocked script or style, a missing file, or a request that leaves the node."""
    watching = Watch(node.origin)
    yield watching
    assert not watching.troubles, "\n".join(watching.troubles)


@pytest.fixture
def context(browser: Browser, node: Node, width: str, script: bool, watch: Watch) -> Iterator[BrowserContext]:
    size = WIDTHS[width]
    opened = browser.new_context(
        base_url=node.origin,
        viewport=size,  # type: ignore[arg-type]
        has_touch=width == "phone",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    opened.set_default_timeout(10_000)
    watch.follow(opened)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
