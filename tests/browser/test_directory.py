"""The directory of agencies and divisions, and the calendar of working days."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .doing import sign_in_as
from .eyes import look, walk


def test_an_administrator_finds_agencies_divisions_and_the_calendar(page: Page) -> None:
    sign_in_as(page, "邓宇")
    page.goto("/desk/agencies")
    expect(page.get_by_role("link", name="云州市数据局")).to_be_visible()
    look(page, "agencies")
    page.goto("/desk/agencies/sjj?change=rename")
    expect(page.get_by_text("云州市大数据管理局")).to_be_visible()
    look(page, "agency")
    walk(page)
    page.goto("/desk/agencies/sjj?on=2023-01-01")
    expect(page.get_by_role("heading", level=1)).to_have_text("云州市大数据管理局")
    page.goto("/desk/regions/990100")
    look(page, "region")
    page.get_by_role("link", name="望溪县").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("望溪县")
    page.goto("/desk/calendar?year=2026")
    look(page, "calendar")
