"""The pages of sharing, on a phone and on a desk: applying, granting, clients, figures."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.node import Node

from .doing import sign_in
from .eyes import look

PAGES = {
    "grants": "/desk/sharing/?side=given",
    "choose": "/desk/sharing/apply",
    "requests": "/desk/sharing/requests",
    "clients": "/desk/sharing/clients",
    "figures": "/desk/sharing/figures",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_seen(page: Page, node: Node, name: str) -> None:
    sign_in(page, "databureau")
    page.goto(PAGES[name])
    look(page, f"sharing-{name}")


def test_a_grant_by_law_and_its_paper(page: Page, node: Node) -> None:
    sign_in(page, "databureau")
    page.goto("/desk/sharing/?side=given")
    page.locator("td.cell-title a").first.click()
    look(page, "sharing-grant")
    page.get_by_role("link", name="打印授权书").click()
    look(page, "sharing-paper")


def test_a_client_is_registered_and_gets_a_secret(page: Page, node: Node) -> None:
    sign_in(page, "databureau")
    page.goto("/desk/sharing/clients")
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.get_by_text("登记接入系统", exact=True).click()
    page.get_by_label("单位").select_option(index=2)
    page.get_by_label("系统名称").fill("社会救助系统")
    page.get_by_label("系统编号").fill(f"relief-{width}")
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("button", name="发放客户端密码").click()
    look(page, "sharing-client")
