"""The pages of an administrator, on a phone and on a desk: people and roles, webhooks, what waits and what was refused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.node import Node

from .doing import sign_in
from .eyes import look, walk

ADMIN = {
    "people": "/desk/admin/people",
    "roles": "/desk/admin/roles",
    "who-may": "/desk/admin/access?permission=cases.complete&who=clerk",
    "public-routes": "/desk/admin/public",
    "new-account": "/desk/admin/people/new",
    "webhooks": "/desk/admin/webhooks",
    "webhook-help": "/desk/admin/webhooks/help",
}


@pytest.mark.parametrize("name", ADMIN)
def test_every_page_can_be_seen_and_reached(page: Page, node: Node, name: str) -> None:
    sign_in(page, "admin")
    page.goto(ADMIN[name])
    look(page, f"admin-{name}")


@pytest.mark.parametrize("script", [True, False])
def test_a_role_is_given_for_a_time_and_taken_away(page: Page, node: Node, script: bool) -> None:
    sign_in(page, "admin")
    page.goto("/desk/admin/people?q=inspector")
    page.get_by_role("link", name="马强").click()
    page.get_by_text("授予角色", exact=True).click()
    page.get_by_label("角色", exact=True).select_option(label="审批负责人")
    page.get_by_label(re.compile("^单位")).select_option(label="云州市市场监督管理局")
    page.get_by_role("button", name="授予", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请写明依据")
    page.locator("form", has=page.get_by_role("button", name="授予", exact=True)).get_by_label("依据", exact=True).fill(
        "云市监任〔2026〕3 号"
    )
    page.get_by_role("button", name="授予", exact=True).click()
    row = page.get_by_role("row", name=re.compile("审批负责人"))
    expect(row).to_contain_text("有效")
    look(page, "admin-person")
    walk(page)
    row.get_by_text("收回", exact=True).click()
    row.get_by_label("为什么收回").fill("试用结束")
    row.get_by_role("button", name="确认收回").click()
    expect(row).to_contain_text("已结束")
