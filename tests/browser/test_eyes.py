"""The eyes of these tests see what they are there to see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from .eyes import axe, fits, walk
from .watching import Watch

pytestmark = pytest.mark.parametrize("width", ["desk"], indirect=True)


def test_a_field_without_a_name_is_seen(page: Page) -> None:
    page.goto("/accounts/login/")
    axe(page)
    page.evaluate("document.querySelector('main label').remove()")
    with pytest.raises(AssertionError, match="label"):
        axe(page)


def test_grey_on_grey_is_seen(page: Page) -> None:
    page.goto("/accounts/login/")
    page.evaluate("document.querySelector('h1').style.color = '#bbb'")
    with pytest.raises(AssertionError, match="color-contrast"):
        axe(page)


def test_a_page_that_is_too_wide_is_seen(page: Page) -> None:
    page.goto("/accounts/login/")
    page.evaluate("document.querySelector('h1').style.width = '3000px'")
    with pytest.raises(AssertionError, match="px wide"):
        fits(page)


def test_a_button_out_of_reach_and_a_lost_ring_are_seen(page: Page) -> None:
    page.goto("/accounts/login/")
    page.evaluate("document.querySelector('main a').tabIndex = -1")
    with pytest.raises(AssertionError, match="does not reach"):
        walk(page)
    page.goto("/accounts/login/")
    page.evaluate("document.querySelector('main a').style.outline = 'none'")
    with pytest.raises(AssertionError, match="does not show it"):
        walk(page)


def test_an_inline_script_and_a_strange_host_are_seen(page: Page, watch: Watch) -> None:
    page.goto("/accounts/login/")
    assert not watch.troubles
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")
    assert any("Content Security Policy" in trouble for trouble in watch.troubles), watch.troubles
    page.goto("about:blank")
    page.evaluate("fetch('http://registry.example/').catch(() => 0)")
    assert any("left the node: http://registry.example/" in trouble for trouble in watch.troubles), watch.troubles
    watch.troubles.clear()
