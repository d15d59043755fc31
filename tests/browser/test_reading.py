"""Reading as one needs to: large print, another language, aloud, on paper, on a narrow screen, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .doing import sign_in_as
from .eyes import fits, look, shoot


@pytest.mark.parametrize("script", [True, False])
def test_large_print_is_a_layout_of_its_own_and_is_remembered(page: Page, script: bool) -> None:
    page.goto("/accounts/login/?next=/my/account")
    page.get_by_role("button", name="大字版").click()
    expect(page).to_have_url("/accounts/login/?next=/my/account")
    body = page.locator("body")
    expect(body).to_have_css("font-size", "20px")
    expect(body).to_have_css("line-height", "36px")
    small = [
        box
        for target in page.locator("main button, main input:not([type=hidden])").all()
        if (box := target.bounding_box()) and box["height"] < 48
    ]
    assert not small, f"targets lower than 48 px: {small}"
    if script:
        look(page, "large-print")
    page.goto("/accessibility")
    expect(body).to_have_css("font-size", "20px")
    page.get_by_role("button", name="标准版").click()
    expect(body).to_have_css("font-size", "16px")
    expect(body).to_have_css("line-height", "28px")


def test_the_language_changes_and_changes_back(page: Page) -> None:
    page.goto("/accessibility")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_reading_aloud_starts_and_stops(page: Page, context: BrowserContext) -> None:
    context.add_init_script(
        """
        window.said = [];
        const voice = {
          speaking: false, pending: false,
          speak(utterance) { this.speaking = true; window.said.push(utterance.text); },
          cancel() { this.speaking = false; },
        };
        Object.defineProperty(window, 'speechSynthesis', { value: voice });
        """
    )
    page.goto("/accessibility")
    page.get_by_role("button", name="朗读本页").click()
    said = page.evaluate("window.said")
    assert "无障碍说明" in said
    assert any("键盘" in text for text in said)
    assert not any("服务热线" in text for text in said), "only the content is read, not the frame"
    page.get_by_role("button", name="停止朗读").click()
    expect(page.get_by_role("button", name="朗读本页")).to_be_visible()


@pytest.mark.parametrize("script", [False])
def test_without_script_there_is_no_button_that_does_nothing(page: Page, script: bool) -> None:
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="朗读本页")).to_have_count(0)
    expect(page.get_by_role("button", name="用通行密钥登录")).to_have_count(0)


@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_nothing_sticks_out_on_the_narrowest_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for address in ("/accounts/login/", "/accessibility", "/look", "/look?face=staff", "/look?face=board", "/nowhere"):
        page.goto(address)
        fits(page)


@pytest.mark.parametrize("width", ["phone"], indirect=True)
@pytest.mark.parametrize("script", [True, False])
def test_large_print_on_the_narrowest_screen_keeps_the_whole_menu_in_reach(page: Page, script: bool) -> None:
    sign_in_as(page, "林晓梅")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/my/account")
    page.get_by_role("button", name="大字版").click()
    fits(page)
    page.locator("summary", has_text="菜单").click()
    expect(page.get_by_role("navigation", name="栏目").get_by_role("link", name="我的材料")).to_be_visible()
    fits(page)
    if script:
        look(page, "menu-large")


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_on_a_desk_the_menu_is_a_row_of_links(page: Page) -> None:
    page.goto("/accessibility")
    expect(page.locator("summary", has_text="菜单")).to_be_hidden()
    expect(page.get_by_role("navigation", name="栏目").get_by_role("link", name="办事")).to_be_visible()


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_on_paper_only_the_content_is_left(page: Page) -> None:
    page.goto("/look?face=staff")
    page.emulate_media(media="print")
    shoot(page, "paper")
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("navigation", name="工作台")).to_be_hidden()
    expect(page.get_by_role("table")).to_be_visible()


def test_a_page_that_is_not_there_says_so_with_a_way_on(page: Page) -> None:
    answer = page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    expect(page.get_by_role("link", name="回到首页")).to_be_visible()
    look(page, "not-found")
