"""A steward looks after what is gathered: the list, a run, wrong rows, a work order that comes back, lineage, quality."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from .doing import sign_in_as
from .eyes import look


def test_a_steward_follows_a_wrong_row_to_its_end(page: Page, tmp_path: Path) -> None:
    sign_in_as(page, "谢文慧")
    page.goto("/desk/pipelines")
    expect(page.get_by_role("link", name="婚姻登记", exact=True)).to_be_visible()
    look(page, "pipelines")
    page.get_by_role("link", name="婚姻登记", exact=True).click()
    expect(page.get_by_role("img", name="从来源的列")).to_be_visible()
    look(page, "pipeline")
    page.get_by_role("link", name="第 2 批").click()
    expect(page.get_by_role("heading", name="检查结果")).to_be_visible()
    look(page, "batch")
    page.get_by_role("link", name="看问题数据").click()
    expect(page.get_by_text("登记日期的格式不对").or_(page.get_by_text("登记证号重复")).first).to_be_visible()
    look(page, "wrong-rows")
    page.goto("/desk/pipelines/tables/marriages?key=J990100-2026-000001")
    expect(page.get_by_text("第 2 批，第 1 行")).to_be_visible()
    look(page, "lineage")
    page.goto("/desk/data-quality")
    expect(page.get_by_role("row", name="婚姻登记")).to_be_visible()
    look(page, "data-quality")
    page.goto("/desk/pipelines")
    orders = page.get_by_role("table", name="等待更正的工单")
    if orders.count() == 0:  # the walk at the other width has handed everything back
        return
    orders.get_by_role("link").first.click()
    look(page, "work-order")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    path = tmp_path / "back.csv"
    download.value.save_as(path)
    page.get_by_label("更正后的文件").set_input_files(path)
    page.get_by_role("button", name="交回更正的数据").click()
    expect(page.get_by_text("收到了")).to_be_visible()
    look(page, "batch-of-corrections")


def test_the_bureau_sees_every_pipeline_and_runs_one(page: Page) -> None:
    sign_in_as(page, "梁思远")
    page.goto("/desk/pipelines")
    for name in ("婚姻登记", "企业登记信息", "办件主题库", "停车场余位"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    look(page, "pipelines-of-the-city")
    page.get_by_role("link", name="办件主题库", exact=True).click()
    page.get_by_role("button", name="现在运行").click()
    expect(page.get_by_role("heading", name="过程")).to_be_visible()
