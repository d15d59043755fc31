"""What a browser complains about while a test runs."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# A page that says no, or a fragment that does, is an answer; anything else that fails to load is a defect.
_ANSWERS = ("document", "xhr", "fetch")
# What htmx says when a page is left while a fragment is on its way. A request that fails says htmx:sendError.
_LEFT_BEHIND = ("htmx:afterRequest", "htmx:sendAbort")
# htmx says so when a newer change of a form takes the place of a request under way: that is meant.
_ABORTED = ("htmx:sendAbort", "htmx:afterRequest")


class Watch:
    """Collects troubles of every page of a context. A test that means one may take it out of ``troubles``."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.troubles: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("weberror", lambda error: self.troubles.append(f"script error: {error.error}"))

    def _said(self, message: ConsoleMessage) -> None:
        # What failed to load is judged by its answer, below.
        if message.type == "error" and not message.text.startswith(("Failed to load resource", *_ABORTED)):
            self.troubles.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.troubles.append(f"left the node: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type not in _ANSWERS):
            self.troubles.append(f"{response.status} for {response.url}")
