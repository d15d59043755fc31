"""A value that a register filled in is not right: from the form to the owner's desk, and back to the person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.node import Node

from .cast import people_of
from .conftest import WIDTHS
from .eyes import look
from .watching import Watch


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_from_not_right_to_the_answer(browser: Browser, node: Node, watch: Watch, width: str) -> None:
    with people_of(browser, node, watch, WIDTHS[width]) as people:
        me, steward = people("zhouguilan"), people("steward")
        me.goto("/my/data/objection?register=population&element=phone")
        me.get_by_label("正确的是").fill("16480000099")
        me.get_by_role("button", name="提出异议").click()
        me.goto("/my/data/objections")
        look(me, "objections-open")

        steward.goto("/desk/")
        row = steward.get_by_role("link", name="数据异议：人口基础库 · 手机号码").or_(
            steward.get_by_text("数据异议：人口基础库")
        )
        for _again in range(20):  # the case is opened by a job, moments later
            if row.count():
                break
            steward.wait_for_timeout(500)
            steward.reload()
        me.reload()
        me.get_by_role("link", name="看办到哪一步").first.click()
        look(me, "objection-case")
        number = me.url.rsplit("/", 1)[1]
        steward.goto(f"/desk/cases/{number}")
        look(steward, "objection-desk")
        steward.goto(f"/desk/cases/{number}")  # axe leaves empty style attributes, which htmx would copy
        if width == "desk":
            steward.get_by_text("更正登记", exact=True).first.click()
            expect(steward.get_by_label("依据")).to_be_visible()
            look(steward, "objection-correction")
            steward.goto(f"/desk/cases/{number}")
            steward.get_by_text("更正登记", exact=True).first.click()
            steward.get_by_label("依据").fill("已核对入网实名信息")
            steward.get_by_role("button", name="更正登记").last.click()
            expect(steward.get_by_text("更正了登记信息").first).to_be_visible()
            expected = "已更正"
        else:
            steward.get_by_text("核实无误，不更正").first.click()
            steward.locator("textarea").last.fill("运营商登记的号码没有变化")
            steward.get_by_role("button", name="核实无误，不更正").last.click()
            expect(steward.get_by_text("没有更正").first).to_be_visible()
            expected = "核实无误"
        me.goto("/my/data/objections")
        expect(me.get_by_role("heading", name=expected).first).to_be_visible()
        look(me, "objections-answered")
