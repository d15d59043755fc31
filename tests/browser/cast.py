"""People of a story, each with a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.node import Node

from .doing import sign_in
from .watching import Watch


class People:
    """Opens a page for somebody at their first appearance, signed in; nobody stands for a stranger."""

    def __init__(self, browser: Browser, node: Node, watch: Watch, size: dict[str, Any]) -> None:
        self.browser, self.node, self.watch, self.size = browser, node, watch, size
        self.stack = ExitStack()
        self.pages: dict[str, Page] = {}

    def __call__(self, username: str) -> Page:
        if username not in self.pages:
            context = self.stack.enter_context(
                self.browser.new_context(
                    base_url=self.node.origin,
                    viewport=self.size,
                    locale="zh-CN",
                    timezone_id="Asia/Shanghai",
                    reduced_motion="reduce",
                )
            )
            context.set_default_timeout(15_000)
            self.watch.follow(context)
            self.pages[username] = context.new_page()
            if username != "stranger":
                sign_in(self.pages[username], username)
        return self.pages[username]


@contextmanager
def people_of(browser: Browser, node: Node, watch: Watch, size: dict[str, Any]) -> Iterator[People]:
    """People for the length of a test."""
    people = People(browser, node, watch, size)
    with people.stack:
        yield people
