"""Those who keep rules, forms and procedures do it in the browser: seen at both widths, by keyboard, and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .doing import sign_in
from .eyes import fits, look

RULE, FORM, PROCEDURE = "/staff/rules/unemployment", "/staff/forms/food-permit", "/staff/procedures/food_permit"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/staff/rules", "rules"), (RULE, "rule"), (f"{RULE}/edit", "rule-editor"), (f"{RULE}/try", "rule-trial"),
        ("/staff/forms", "forms"), (FORM, "form"), (f"{FORM}/preview", "form-preview"), (f"{FORM}/edit", "form-editor"),
        ("/staff/procedures", "procedures"), (f"{PROCEDURE}/try", "procedure-trial"),
    ],
)  # fmt: skip
def test_the_pages_stand(page: Page, path: str, name: str) -> None:
    sign_in(page, "admin")
    page.goto(path)
    look(page, name)


def test_a_procedure_is_a_picture_with_its_mark_and_words_below(page: Page) -> None:
    sign_in(page, "admin")
    page.goto(PROCEDURE)
    expect(page.locator('[data-element-id="review_documents"]')).to_be_visible()
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    expect(page.get_by_role("rowheader", name="资料审查")).to_be_visible()
    look(page, "procedure")


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_a_procedure_is_drawn_walked_and_published(page: Page) -> None:
    """The panel is reached by the list of shapes, by keyboard alone; what is written there is in the file."""
    sign_in(page, "admin")
    page.goto("/staff/new-procedure")
    page.get_by_label("名称", exact=True).fill("路灯报修")
    page.get_by_label("代码", exact=True).fill("street_light")
    page.get_by_role("button", name="开始画").click()
    expect(page.locator('[data-element-id="handle"]')).to_be_visible()
    page.get_by_label("选一个图形").select_option("handle")
    page.get_by_label("名称 (选填)").fill("修路灯")
    page.get_by_label("谁来办").select_option(label="现场核查员")
    page.get_by_role("button", name="加一个结果").click()
    second = page.locator(".outcome").nth(1)
    second.get_by_label("按钮上的字").fill("修不了")
    second.get_by_label("意见").select_option("required")
    look(page, "procedure-board")
    page.get_by_role("button", name="检查并保存草稿").click()
    expect(page.get_by_text("草稿已保存，检查都通过了。")).to_be_visible()
    page.get_by_role("link", name="试走一遍").click()
    expect(page.locator('.here[data-element-id="handle"]')).to_be_visible()
    page.get_by_role("link", name="修不了").click()
    expect(page.get_by_text("办结了")).to_be_visible()
    page.goto("/staff/procedures/street_light/compare")
    page.get_by_role("button", name="发布这一版").click()
    expect(page.get_by_role("heading", name="路灯报修")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("修路灯 现场核查员 办结 · 修不了"))).to_be_visible()


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_a_problem_is_marked_at_its_shape(page: Page) -> None:
    sign_in(page, "admin")
    page.goto("/staff/new-procedure")
    page.get_by_label("名称", exact=True).fill("有错的流程")
    page.get_by_label("代码", exact=True).fill("with_mistakes")
    page.get_by_role("button", name="开始画").click()
    expect(page.locator('[data-element-id="handle"]')).to_be_visible()
    page.get_by_label("选一个图形").select_option("handle")
    page.get_by_label("谁来办").select_option("")
    page.get_by_role("button", name="检查并保存草稿").click()
    expect(page.locator('.wrong[data-element-id="handle"]')).to_be_visible()
    page.get_by_role("link", name=re.compile("缺少名称或")).click()
    expect(page.get_by_label("选一个图形")).to_have_value("handle")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_a_rule_is_edited(page: Page, script: bool) -> None:
    code = "with-script" if script else "without-script"
    sign_in(page, "admin")
    page.goto("/staff/new-rule")
    page.get_by_label("名称", exact=True).fill("能不能减免")
    page.get_by_label("代码", exact=True).fill(code)
    page.get_by_role("button", name="开始填表").click()
    page.get_by_label("第 1 项情况的名称").fill("低保户")
    page.get_by_label("代码怎样说给人听").fill("yes = 减免\nno = 不减免")
    page.get_by_label("第 1 行 条件").fill("是")
    page.get_by_label("第 1 行 结论").fill("减免")
    page.get_by_label("第 1 行 理由").fill("低保户可以减免。")
    page.get_by_role("button", name="在第 1 行下面加一行").click()
    expect(page.get_by_label("第 2 行 条件")).to_be_focused()
    if script:
        page.keyboard.press("ArrowUp")
        expect(page.get_by_label("第 1 行 条件")).to_be_focused()
    page.get_by_label("第 2 行 结论").fill("不减免")
    page.get_by_label("第 2 行 理由").fill("其他人不减免。")
    page.get_by_label("第 1 个用例 低保户").select_option("true")
    page.get_by_label("第 1 个用例应得出的结论").fill("不减免")
    page.get_by_role("button", name="检查，跑用例").click()
    expect(page.get_by_role("alert")).to_contain_text("没有通过")
    page.get_by_label("第 1 个用例应得出的结论").fill("减免")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("草稿已保存，检查和用例都通过了。")).to_be_visible()
    page.get_by_role("link", name="看改了什么，再发布").click()
    page.get_by_role("button", name="发布这一版").click()
    expect(page.get_by_role("cell", name="低保户可以减免。")).to_be_visible()


@pytest.mark.parametrize("script", [False])
def test_a_procedure_is_edited_as_text_without_script(page: Page, script: bool) -> None:
    sign_in(page, "admin")
    page.goto(f"{PROCEDURE}/edit")
    page.get_by_text("直接改 BPMN 文件").click()
    expect(page.get_by_label("BPMN 2.0", exact=True)).to_have_value(re.compile("bpmn:definitions"))
    fits(page)
