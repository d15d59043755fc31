"""Keys, document templates, seals and the log: usable by everybody, at a phone's width and at a desk."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .doing import sign_in_as
from .eyes import look, walk


def test_anybody_watches_the_log(page: Page) -> None:
    page.goto("/verify")
    page.get_by_role("link", name="存证记录只增不改").click()
    page.get_by_label("较早时的条数").fill("1")
    page.get_by_label("较晚时的条数").fill("2")
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_text("核对通过")).to_be_visible()
    look(page, "log")
    walk(page)


def test_the_administrator_publishes_a_template_and_changes_a_key(page: Page) -> None:
    sign_in_as(page, "邓宇")
    page.goto("/desk/templates")
    look(page, "templates")
    page.get_by_role("link", name="凭证").click()
    source = page.get_by_label("模板 (Typst)")
    source.fill("#let x = ")
    page.get_by_label("改了什么").fill("试一试")
    page.get_by_role("button", name="发布新版").click()
    expect(page.get_by_text("模板有错").first).to_be_visible()
    look(page, "template-wrong")
    page.goto("/desk/keys")
    look(page, "keys")
    page.get_by_role("row").filter(has_text="issuing-authority").get_by_role("link", name="更换").click()
    page.get_by_label("更换原因").fill("定期更换")
    look(page, "key-change")
    page.get_by_role("button", name="确定更换").click()
    expect(page.get_by_text("已更换")).to_be_visible()


def test_a_seal_with_its_certificates(page: Page) -> None:
    sign_in_as(page, "邓宇")
    page.goto("/desk/seals/scjg-official")
    expect(page.get_by_role("heading", name="证书")).to_be_visible()
    look(page, "seal")
