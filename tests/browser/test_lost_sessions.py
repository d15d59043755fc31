"""A session that ends while a form is being filled in: what was typed is there again after signing in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .doing import sign_in, sign_in_as
from .eyes import look
from .filing import press


@pytest.mark.parametrize("script", [True, False])
def test_a_filled_form_outlives_its_session(page: Page, context: BrowserContext, script: bool) -> None:
    sign_in_as(page, "王建国")
    page.goto("/apply/990100-rsj-unemployment")
    press(page, re.compile("开始申请|继续上次的申请"))
    press(page, re.compile("继续填写"))
    if "/situation" in page.url:
        page.locator('[name="situation.history"][value="worked"]').check()
        press(page, "保存并继续")
    page.goto(re.sub(r"/(situation|parts/.*|materials|check)$", "/parts/former", page.url))
    employer = page.locator('[name="employer"]')
    employer.fill("云州市第二纺织厂，三车间")
    page.locator('[name="left_on"]').fill("2026-08-31")
    page.locator('[name="reason"][value="expired"]').check()
    context.clear_cookies(name="yiwang_session")
    press(page, "保存并继续")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    sign_in(page, "wangjianguo", way="")
    expect(page).to_have_url(re.compile(r"/parts/former$"))
    expect(employer).to_have_value("云州市第二纺织厂，三车间")
    expect(page.locator('[name="reason"][value="expired"]')).to_be_checked()
    if script:
        look(page, "typed-before-the-session-ended")
    press(page, "保存并继续")
    expect(page).not_to_have_url(re.compile(r"/parts/former$"))
