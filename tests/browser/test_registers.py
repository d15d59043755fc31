"""The steward of the population register, the source that is asked, and the citizen who looks at her own data."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.node import Node

from .doing import sign_in
from .eyes import look, walk

HOME = "/desk/registers/population/"


def test_the_steward_sees_what_is_held_and_from_whom(page: Page, node: Node) -> None:
    sign_in(page, "datasteward")
    page.goto("/desk/registers/")
    look(page, "registers")
    page.get_by_role("link", name="人口基础库").click()
    expect(page.get_by_role("heading", name="数据来源")).to_be_visible()
    look(page, "register")
    walk(page)
    page.goto("/desk/registers/places/")
    look(page, "register-places")


def test_a_conflict_goes_to_the_source_and_comes_back(page: Page, node: Node) -> None:
    sign_in(page, "datasteward")
    page.goto(f"{HOME}conflicts")
    look(page, "register-conflicts")
    page.locator("tr[data-row] a").first.click()
    expect(page.get_by_role("heading", name="裁定")).to_be_visible()
    look(page, "register-conflict")
    page.get_by_label(re.compile("想问什么")).fill("请核对这个号码")
    page.get_by_role("button", name="问医保参保登记").click()
    expect(page.get_by_text("等待答复")).to_be_visible()
    look(page, "register-conflict-asked")
    page.get_by_role("button", name="裁定").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明依据")
    look(page, "register-conflict-wrong")
    page.get_by_role("radio").first.check()
    page.get_by_label("依据").fill("电话核对本人")
    page.get_by_role("button", name="裁定").click()
    expect(page.get_by_text("已经裁定")).to_be_visible()


def test_the_asked_source_answers_at_its_own_desk(page: Page, node: Node) -> None:
    sign_in(page, "policedata")
    page.goto(f"{HOME}conflicts")
    page.locator("tr[data-row] a").last.click()
    ask = page.get_by_role("button", name="问医保参保登记")
    if ask.count():  # the other width has asked already
        ask.click()
    number = page.locator('main a[href*="/desk/cases/"]').inner_text()
    page.context.clear_cookies()
    sign_in(page, "insurancedata")
    page.goto(f"/desk/cases/{number}")
    expect(page.get_by_role("heading", name="要核实的数据")).to_be_visible()
    look(page, "register-question")


def test_pairs_are_judged_from_the_keyboard(page: Page, node: Node) -> None:
    sign_in(page, "datasteward")
    page.goto(f"{HOME}pairs")
    expect(page.get_by_text(re.compile("^上次比对"))).to_be_visible(timeout=60_000)
    page.reload()
    look(page, "register-pairs")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="是同一个吗？")).to_be_visible()
    look(page, "register-pair")
    walk(page)
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="不是")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("上一对已记为")).to_be_visible()
    look(page, "register-pair-next")
    page.keyboard.press("u")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已经撤销")).to_be_visible()


def test_one_record_in_its_history(page: Page, node: Node) -> None:
    sign_in(page, "datasteward")
    page.goto(f"{HOME}record")
    look(page, "register-record-empty")
    page.get_by_label("公民身份号码").fill("990102198804129023")
    page.get_by_label("查询用途").fill("核对登记")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("heading", name="历次登记")).to_be_visible()
    look(page, "register-record")


def test_the_citizen_sees_where_each_value_comes_from(page: Page, node: Node) -> None:
    sign_in(page, "linxiaomei")
    page.goto("/my/data/")
    expect(page.get_by_text("人口信息系统").first).to_be_visible()
    look(page, "my-data")
    walk(page)
    page.get_by_role("link", name="看全部取用记录").click()
    page.get_by_role("link", name="我自己").click()
    expect(page.get_by_text("您本人").first).to_be_visible()
    look(page, "my-data-uses")
