"""A clerk at the workbench: by keyboard alone, told in place what is wrong, and without script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.node import Node
from yiwang.packs.walk import Walk

from .doing import sign_in
from .eyes import look
from .waiting import at_the_window


@pytest.fixture
def number(node: Node, tmp_path: Path) -> str:
    """A new case that waits at the window."""
    return at_the_window(node, tmp_path)


def decided_elsewhere(node: Node, number: str) -> None:
    """The same clerk accepts the case in another window."""
    clerk = Walk(node.origin, "demo-password", Path()).sign_in("clerk")
    [row] = clerk.get("/api/v1/queue", params={"q": number})["items"]
    clerk.post(f"/api/v1/tasks/{row['task']}/complete", {"outcome": "accept", "opinion": ""}, expect=200)


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_a_case_is_opened_and_judged_by_keyboard(page: Page, node: Node, number: str) -> None:
    sign_in(page, "clerk")
    page.goto(f"/desk/?q={number}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="食品经营许可核发")).to_be_visible()
    expect(page).to_have_url(re.compile(f"case={number}"))
    look(page, "workbench")
    page.keyboard.press("r")  # this outcome brings a form of its own
    expect(panel.get_by_text("哪些材料要补正")).to_be_visible()
    panel.get_by_role("link", name="换一种结果").click()
    accept = panel.get_by_role("button", name="受理并发送通知书")
    expect(accept).to_be_visible()
    page.keyboard.press("a")
    expect(accept).to_be_focused()

    panel.get_by_role("link", name="不予受理").click()
    expect(panel.get_by_label("法律依据")).to_have_value(re.compile("行政许可法"))
    panel.get_by_role("button", name="不予受理").click()
    expect(panel.get_by_role("alert")).to_be_focused()
    expect(panel.get_by_label("事实和理由")).to_have_attribute("aria-invalid", "true")
    look(page, "workbench-no-reason")

    decided_elsewhere(node, number)
    panel.get_by_label("事实和理由").fill("不属于本机关职权范围")
    panel.get_by_role("button", name="不予受理").click()
    expect(panel.get_by_text("这一环节已经办过了")).to_be_visible()
    expect(panel.get_by_text("不属于本机关职权范围")).to_be_visible()  # nothing that was typed is lost
    look(page, "workbench-too-late")
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()


@pytest.mark.parametrize("script", [False])
def test_a_case_is_decided_without_script(page: Page, number: str) -> None:
    sign_in(page, "clerk")
    page.goto(f"/desk/?q={number}")
    page.get_by_role("link", name=number).click()
    page.get_by_role("link", name="不予受理").click()
    page.get_by_role("button", name="不予受理").click()
    expect(page.get_by_text("请写明事实和理由").first).to_be_visible()
    page.get_by_label("事实和理由").fill("材料说明的场所不在本市")
    page.get_by_role("button", name="不予受理").click()
    expect(page.get_by_text("已办：不予受理")).to_be_visible()


def test_a_list_is_exported_with_a_purpose(page: Page, number: str) -> None:
    sign_in(page, "supervisor")
    page.goto("/desk/cases?state=all")
    page.get_by_role("link", name="导出").click()
    page.get_by_role("button", name="记录并导出").click()
    expect(page.get_by_text("请写明导出做什么用").first).to_be_visible()
    look(page, "export")
    page.get_by_label("导出做什么用").fill("周例会核对进度")
    with page.expect_download() as download:
        page.get_by_role("button", name="记录并导出").click()
    assert download.value.suggested_filename.startswith("办件清单-")
    content = download.value.path().read_text(encoding="utf-8-sig")
    assert number in content.replace(" ", "")
    assert "周例会核对进度" in content


def test_many_are_claimed_and_taken_back(page: Page, number: str) -> None:
    sign_in(page, "clerk")
    page.goto(f"/desk/?q={number}")
    look(page, "queue")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("选了 1 件")).to_be_visible()
    page.get_by_role("button", name="认领", exact=True).first.click()
    expect(page.get_by_text("认领：办成 1 件，共 1 件")).to_be_visible()
    look(page, "queue-claimed")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("退回认领：办成 1 件")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_view_is_kept_with_its_columns(page: Page, number: str, script: bool) -> None:
    sign_in(page, "supervisor")
    page.goto("/desk/cases?state=all")
    page.locator("summary", has_text="显示哪些列").click()
    if script:
        look(page, "columns")
    page.get_by_label("申请人", exact=True).uncheck()
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_role("columnheader", name="申请人")).to_have_count(0)
    page.get_by_text("存为视图", exact=True).click()
    if script:
        look(page, "save-view")
    name = f"不看姓名{page.viewport_size['width']}{script}" if page.viewport_size else "不看姓名"
    page.get_by_label("名字").fill(name)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("navigation", name="存好的视图").get_by_role("link", name=name)).to_have_attribute(
        "aria-current", "page"
    )
