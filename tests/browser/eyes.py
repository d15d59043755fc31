"""What the tests look at: accessibility, the way of the keyboard, the width, the picture."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.node import ROOT

SCREENS = ROOT / "test-results" / "screens"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_LONGEST_WALK = 200


@cache
def _axe() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def axe(page: Page) -> None:
    """No violation of WCAG 2.2 A and AA that a machine can find."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(
        "standard => axe.run(document, {runOnly: {type: 'tag', values: standard}, resultTypes: ['violations']})",
        STANDARD,
    )
    lines = [
        f"{violation['id']}: {violation['help']}\n    {node['html']}\n    {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    assert not lines, f"{page.url} is hard to use for some:\n" + "\n".join(lines)


def fits(page: Page) -> None:
    """Nothing sticks out at the side: no reader scrolls in two directions."""
    wide, there = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= there, f"{page.url} is {wide} px wide on {there} px"


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page as ``test-results/screens/<name>-<width>.png``."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    assert page.viewport_size is not None
    page.screenshot(path=SCREENS / f"{name}-{page.viewport_size['width']}.png", full_page=True, animations="disabled")


def look(page: Page, name: str) -> None:
    """Everything that every page must stand: axe, the width, and a picture for people."""
    shoot(page, name)
    fits(page)
    axe(page)
    # axe leaves empty style attributes behind, which htmx would carry over at the next swap, against the policy.
    page.evaluate("for (const left of document.querySelectorAll('[style=\"\"]')) left.removeAttribute('style')")


_START = """() => {
  document.body.tabIndex = -1;
  document.body.focus({preventScroll: true});
  document.body.removeAttribute('tabindex');
  scrollTo(0, 0);
}"""
_FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const after = getComputedStyle(at, '::after');
  const ring = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  if (!at.dataset.walked) at.dataset.walked = Math.random();
  return {
    id: at.dataset.walked,
    name: (at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || at.value || at.name || at.tagName).trim(),
    ringed: ring(style) || ring(after),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""
_REACHABLE = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(item => item.checkVisibility() && !item.disabled && !item.dataset.walked && item.type !== 'radio')
  .map(item => item.outerHTML.slice(0, 200))"""


def walk(page: Page) -> list[str]:
    """Go through the page with Tab from its start: every stop is seen and ringed, and nothing is left out.

    Returns the names of the stops in their order.
    """
    page.evaluate(_START)
    names: list[str] = []
    seen: list[str] = []
    for _step in range(_LONGEST_WALK):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUS)
        if stop and seen and stop["id"] == seen[-1]:
            continue  # a field with parts: year, month, day
        if stop is None or stop["id"] in seen:
            break
        seen.append(stop["id"])
        assert stop["seen"], f"the focus is on {stop['name']!r}, which is not on the screen"
        assert stop["ringed"], f"{stop['name']!r} has the focus and does not show it"
        names.append(stop["name"])
    left = page.evaluate(_REACHABLE)
    assert not left, f"{page.url}: the keyboard does not reach {left}"
    return names
