"""Signing in and out: with a password, with one tap in the demo, with a wrong password, with a session that has ended."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .doing import SECRET, sign_in, sign_in_as
from .eyes import look, walk


def test_one_tap_on_a_sample_account_leads_where_one_was_going(page: Page) -> None:
    page.goto("/my/account")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/my/account"))
    expect(page.get_by_text("登录后会回到您刚才要去的页面。")).to_be_visible()
    look(page, "sign-in")
    page.get_by_role("button", name="林晓梅").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    look(page, "account")


def test_the_offices_of_sample_officials_are_said(page: Page) -> None:
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="刘芳")).to_contain_text("云州市市场监督管理局")
    expect(page.get_by_role("button", name="林晓梅")).to_contain_text("也代表：云州市晓梅餐饮有限公司")


@pytest.mark.parametrize("script", [True, False])
def test_a_password_opens_the_account_and_signing_out_closes_it(page: Page, script: bool) -> None:
    sign_in(page, "guest1", SECRET, way="/accounts/login/?next=/my/account")
    expect(page.get_by_text("访客甲").last).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("link", name="登录").first).to_be_visible()
    page.goto("/my/account")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_nothing_filled_in_is_said_at_the_top_and_at_the_fields(page: Page) -> None:
    sign_in(page, "", "")
    summary = page.get_by_role("alert").filter(has_text="没有登录成功")
    expect(summary).to_be_focused()
    expect(page.get_by_label("账号", exact=True)).to_have_attribute("aria-invalid", "true")
    look(page, "sign-in-empty")
    summary.get_by_role("link", name="请填写密码").click()
    expect(page.get_by_label("密码", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_a_wrong_password_five_times_locks_the_account_for_a_while(page: Page) -> None:
    for _attempt in range(5):
        sign_in(page, "guest2", "wrong-password")
        expect(page.get_by_text("账号或密码不对")).to_be_visible()
    sign_in(page, "guest2", SECRET)
    expect(page.get_by_text("这个账号已锁定。请 5 分钟后再试")).to_be_visible()
    look(page, "sign-in-locked")


def test_a_session_that_has_ended_leads_back_after_signing_in(page: Page, context: BrowserContext) -> None:
    sign_in_as(page, "王建国")
    page.goto("/my/identity?next=/accessibility")
    context.clear_cookies(name="yiwang_session")
    page.get_by_role("button", name="就用这个身份").click()
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    page.get_by_role("button", name="王建国").click()
    expect(page.get_by_role("heading", name="我为谁办事")).to_be_visible()


def test_without_an_account_or_a_password_one_is_told_what_to_do(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("link", name="还没有账号").click()
    expect(page.get_by_role("heading", name="怎样开通账号")).to_be_visible()
    look(page, "no-account")
    page.goto("/accounts/login/")
    page.get_by_role("link", name="忘记密码").click()
    expect(page.get_by_role("heading", name="忘记密码怎么办")).to_be_visible()
    look(page, "forgotten-password")


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_the_keyboard_reaches_everything_and_first_of_all_the_content(page: Page) -> None:
    page.goto("/accounts/login/")
    stops = walk(page)
    assert stops[0] == "跳到正文"
    assert stops.index("账号") < stops.index("密码") < stops.index("登录")
