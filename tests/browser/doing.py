"""What people do on pages, in one word each."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

SECRET = "a-long-enough-secret"


def sign_in(page: Page, username: str, password: str = "demo-password", *, way: str = "/accounts/login/") -> None:
    """Sign in by the form, as anybody does on a node that is not a demo."""
    if way:
        page.goto(way)
    form = page.locator("form", has=page.get_by_label("密码", exact=True))
    form.get_by_label("账号", exact=True).fill(username)
    form.get_by_label("密码", exact=True).fill(password)
    form.get_by_role("button", name="登录", exact=True).click()


def sign_in_as(page: Page, name: str) -> None:
    """Sign in with one tap on a sample account of the demo."""
    page.goto("/accounts/login/")
    page.get_by_role("button", name=name).click()
    expect(page).not_to_have_url(re.compile("/accounts/login"))
