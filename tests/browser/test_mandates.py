"""An old man asks his neighbour's daughter to act for him, on a phone; the level page says how to get there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.node import Node

from .cast import people_of
from .conftest import WIDTHS
from .doing import sign_in_as
from .eyes import look
from .watching import Watch


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_given_accepted_used_and_ended(browser: Browser, node: Node, watch: Watch, width: str) -> None:
    with people_of(browser, node, watch, WIDTHS[width]) as people:
        giver, agent = people("chenlixin"), people("zhaomin")
        giver.goto("/items/990100-rsj-unemployment")
        giver.get_by_role("link", name="请家人或别人代办").click()
        expect(giver.get_by_role("heading", name="请人代办")).to_be_visible()
        giver.get_by_role("button", name="发出委托").click()
        expect(giver.get_by_role("alert").filter(has_text="处需要改正")).to_be_visible()
        giver.get_by_label("对方的姓名").fill("赵敏")
        giver.get_by_label("对方的身份证号").fill("990104199202179020")
        giver.get_by_label("没看到？按名字找").fill("残疾")
        giver.get_by_role("button", name="查找").click()
        expect(giver.get_by_label("对方的姓名")).to_have_value("赵敏")
        look(giver, f"mandate-new-{width}")
        giver.get_by_role("button", name="发出委托").click()
        expect(giver.get_by_role("heading", name="请 赵敏 代办")).to_be_visible()
        look(giver, f"mandate-offered-{width}")

        agent.goto("/my/mandates")
        look(agent, f"mandates-{width}")
        agent.get_by_role("link", name="陈立新").first.click()
        look(agent, f"mandate-asked-{width}")
        agent.get_by_role("button", name="接受委托").click()
        agent.get_by_role("link", name="切换身份，开始办事").click()
        agent.get_by_text("陈立新").last.click()
        agent.get_by_role("button", name="就用这个身份").click()
        expect(agent.get_by_text("您正在代表 陈立新 办事(受托)")).to_be_visible()
        agent.goto("/my/messages")
        expect(agent.get_by_text("您受托办理的事项里没有这一项")).to_be_visible()
        look(agent, f"mandate-outside-{width}")

        giver.reload()
        giver.get_by_text("结束委托", exact=True).click()
        giver.get_by_role("button", name="确认结束").click()
        expect(giver.get_by_text("委托已经结束，马上生效。")).to_be_visible()
        agent.goto("/my/")
        expect(agent.get_by_text("您正在代表")).to_have_count(0)


def test_the_page_of_levels(page: Page) -> None:
    sign_in_as(page, "林晓梅")
    page.goto("/my/account")
    page.get_by_role("link", name=re.compile("提升")).click()
    expect(page.get_by_role("heading", name="实名等级")).to_be_visible()
    page.goto("/my/level?for=applications.submit&level=4")
    look(page, "levels")
