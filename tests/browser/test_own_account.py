"""Looking after one's account: for whom one acts, the password, the second factor, the devices."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page, expect

from .doing import SECRET, sign_in, sign_in_as
from .eyes import look, walk


def code_now(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def confirm_it_is_me(page: Page) -> None:
    expect(page.get_by_role("heading", name="请再确认是您本人")).to_be_visible()
    page.get_by_label("密码").fill(SECRET)
    page.get_by_role("button", name="确认").click()


@pytest.mark.parametrize("script", [True, False])
def test_choosing_the_firm_shows_a_bar_on_every_page_until_one_is_oneself_again(page: Page, script: bool) -> None:
    sign_in_as(page, "林晓梅")
    page.goto("/my/identity?next=/accessibility")
    if script:
        look(page, "identity")
    page.get_by_text("云州市晓梅餐饮有限公司").click()
    page.get_by_role("button", name="就用这个身份").click()
    expect(page).to_have_url(re.compile("/accessibility$"))
    bar = page.get_by_text("您正在代表 云州市晓梅餐饮有限公司 办事")
    expect(bar).to_be_visible()
    if script:
        look(page, "acting-for")
    page.get_by_role("link", name="切换身份").click()
    page.get_by_text("本人", exact=True).click()
    page.get_by_role("button", name="就用这个身份").click()
    expect(page).to_have_url(re.compile("/accessibility$"))
    expect(bar).to_have_count(0)


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_somebody_else_s_firm_cannot_be_chosen(page: Page) -> None:
    sign_in_as(page, "王建国")
    page.goto("/my/identity")
    page.get_by_role("radio").evaluate("radio => { radio.value = '0195b7c2-0000-7000-8000-000000000000' }")
    page.get_by_role("button", name="就用这个身份").click()
    expect(page.get_by_role("heading", name="您不能打开或办理这一项")).to_be_visible()
    look(page, "refused")


@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_an_account_that_acts_for_nobody_is_told_why(page: Page) -> None:
    sign_in(page, "guest1", SECRET, way="/accounts/login/?next=/my/identity")
    expect(page.get_by_text("这个账号还不能代表谁办事")).to_be_visible()
    look(page, "identity-nobody")


def test_a_new_password_must_be_strong_and_then_works(page: Page, width: str) -> None:
    username = {"phone": "guest3", "desk": "guest4"}[width]
    sign_in(page, username, SECRET, way="/accounts/login/?next=/accounts/password/change/")
    page.get_by_label("现在的密码").fill(SECRET)
    page.get_by_label("新密码", exact=True).fill("1234567890")
    page.get_by_label("再输一次新密码").fill("1234567890")
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_role("alert").filter(has_text="处需要改正")).to_be_visible()
    look(page, "password-weak")
    page.get_by_label("现在的密码").fill(SECRET)
    page.get_by_label("新密码", exact=True).fill("another-long-secret")
    page.get_by_label("再输一次新密码").fill("another-long-secret")
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_text("密码已改好")).to_be_visible()


def test_another_device_is_seen_and_can_be_signed_out(page: Page, browser: Browser, width: str) -> None:
    sign_in_as(page, "林晓梅")
    with browser.new_context(
        base_url=page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2],
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0",
    ) as elsewhere:
        other = elsewhere.new_page()
        sign_in_as(other, "林晓梅")
        page.goto("/my/account/devices")
        row = page.get_by_role("listitem").filter(has_text="Firefox · Windows 电脑").first
        look(page, "devices")
        row.get_by_role("button", name="让它退出").click()
        expect(page.get_by_text("已经退出。")).to_be_visible()
        other.goto("/my/account")
        expect(other).to_have_url(re.compile("/accounts/login/"))
    page.goto("/my/account")
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()


@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_an_authenticator_on_the_phone_is_the_second_step(page: Page) -> None:
    sign_in(page, "guest5", SECRET, way="/accounts/login/?next=/accounts/2fa/")
    look(page, "second-factor")
    page.get_by_role("link", name="打开").click()
    look(page, "confirm-it-is-me")
    confirm_it_is_me(page)
    page.get_by_text("扫不了？手工输入密钥").click()
    secret = page.locator("details code").inner_text()
    look(page, "authenticator")
    page.get_by_label("验证器上显示的 6 位数字").fill(code_now(secret))
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    look(page, "recovery-codes")
    page.goto("/my/account")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()

    sign_in(page, "guest5", SECRET, way="/accounts/login/?next=/accounts/2fa/")
    expect(page.get_by_role("heading", name="第二步验证")).to_be_visible()
    page.get_by_label("6 位数字或备用码").fill("000000")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="验证码不对")).to_be_visible()
    look(page, "second-step")
    page.get_by_label("6 位数字或备用码").fill(codes[0])
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("还有 9 个没用过")).to_be_visible()
    page.get_by_role("link", name="关闭").click()
    confirm_it_is_me(page)
    look(page, "authenticator-off")
    page.get_by_role("button", name="关闭验证器").click()
    expect(page.get_by_text("手机验证器已关闭。")).to_be_visible()


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_a_passkey_signs_in_without_a_password(page: Page) -> None:
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(page, "guest6", SECRET, way="/accounts/login/?next=/accounts/2fa/webauthn/add/")
    confirm_it_is_me(page)
    expect(page.get_by_role("heading", name="添加通行密钥")).to_be_visible()
    page.get_by_label("给它起个名字").fill("我的电脑")
    page.get_by_label("以后登录不用输密码").check()
    look(page, "passkey-add")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_text("通行密钥已添加。")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("link", name="改名 我的电脑")).to_be_visible()
    look(page, "passkeys")
    walk(page)
    page.goto("/my/account")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()

    page.goto("/accounts/login/?next=/my/account")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    expect(page.get_by_text("访客己").last).to_be_visible()
