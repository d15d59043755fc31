"""Running cases are moved to a newer version of their procedure in the browser: tried, done, and seen to its end."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.node import Node
from yiwang.packs import reading
from yiwang.packs.walk import Walk

from .doing import sign_in
from .eyes import look
from .waiting import at_the_window

CODE = "public_place_hygiene"


def test_what_would_happen_is_shown_and_then_done(page: Page, node: Node, tmp_path: Path) -> None:
    moving = at_the_window(node, tmp_path, CODE)
    refused = at_the_window(node, tmp_path, CODE)
    people = Walk(node.origin, "demo-password", tmp_path, lambda line: None)
    counter, admin = people.sign_in("counter"), people.sign_in("admin")
    task = people.task(counter, refused, "accept")["task"]
    points = [{"kind": "material", "code": "test_report", "text": "报告过期了，请换新的"}]
    counter.post(f"/api/v1/tasks/{task}/correction", {"points": points})

    drawn = next(one for one in reading.read(reading.find(CODE)).documents if one.kind == "procedures").body["bpmn"]
    width = page.viewport_size["width"] if page.viewport_size else 0
    newer = drawn.replace('name="受理"', f'name="收件受理{width}"').replace('code="correct"', f'code="mend{width}"')
    newer = newer.replace("== 'correct'", f"== 'mend{width}'")
    admin.post(f"/api/v1/procedures/{CODE}", {"name": "公共场所卫生许可", "bpmn": newer})

    sign_in(page, "admin")
    page.goto(f"/staff/procedures/{CODE}")
    page.get_by_role("link", name="把它们改到最新版本").click()
    row = page.get_by_role("row", name=moving)
    expect(row).to_contain_text(f"改叫“收件受理{width}”")
    stuck = page.get_by_role("row", name=refused)
    expect(stuck).to_contain_text("已经选过的结果在新版本里没有了")
    look(page, "migration-trial")
    page.get_by_role("button", name="迁移这").click()
    expect(page.get_by_role("heading", name="结果")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("row", name=refused)).to_be_visible()
    expect(page.get_by_role("row", name=moving)).to_have_count(0)
    look(page, "migration-done")
    admin.post(
        f"/api/v1/procedures/{CODE}", {"name": "公共场所卫生许可", "bpmn": drawn}
    )  # others walk the one that was shipped
    page.goto(f"/staff/procedures/{CODE}/migrate")
    expect(page.get_by_role("heading", name="以前的迁移")).to_be_visible()
    look(page, "migration-again")
