"""The style page: every component in every face stands axe, the keyboard and the width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .eyes import look, walk


@pytest.mark.parametrize("face", ["citizen", "staff", "board"])
def test_every_component_can_be_used_by_everybody(page: Page, face: str) -> None:
    page.goto(f"/look?face={face}")
    look(page, f"look-{face}")
    walk(page)


def test_large_print_holds_every_component(page: Page) -> None:
    page.goto("/look")
    page.get_by_role("button", name="大字版").click()
    look(page, "look-large")


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_the_keys_of_the_staff_move_through_the_list(page: Page) -> None:
    page.goto("/look?face=staff")
    rows = page.locator("tr[data-row]")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    expect(rows.nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).get_by_role("link")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="受理并发送通知书")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("查办件")).to_be_focused()
    page.keyboard.type("j?")
    expect(page.get_by_label("查办件")).to_have_value("j?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    look(page, "staff-keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_hidden()


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_rows_of_the_staff_are_dense_and_headings_stay(page: Page) -> None:
    page.goto("/look?face=staff")
    heights = [box["height"] for row in page.locator("tr[data-row]").all() if (box := row.bounding_box())]
    assert all(36 <= height <= 40 for height in heights), heights
    expect(page.locator("thead th").first).to_have_css("position", "sticky")
