"""The office's moves in the browser, each by the person who has it, and each seen in the journal: 转办 加签 退回 撤回 催办 暂停 恢复 终止 移交 会签.

The same on a phone and at a desk: officials answer from wherever they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.node import Node

from .cast import People, people_of
from .conftest import WIDTHS
from .eyes import look
from .waiting import at_the_window
from .watching import Watch


@pytest.fixture
def people(browser: Browser, node: Node, watch: Watch, width: str) -> Iterator[People]:
    with people_of(browser, node, watch, WIDTHS[width]) as found:
        yield found


def begin(page: Page, number: str, move: str) -> None:
    """Open the form of a move on the page of a case."""
    page.goto(f"/desk/cases/{number}")
    page.get_by_text("其他办法", exact=True).click()
    page.get_by_role("link", name=move, exact=True).click()
    expect(page.get_by_role("heading", name=move.partition("：")[0], exact=True).last).to_be_visible()


def do(page: Page, name: str, answer: str) -> None:
    """Press the button that makes the move, and read the answer."""
    page.locator("#decision").get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text(answer).first).to_be_visible()


def decide(page: Page, number: str, outcome: str, opinion: str = "") -> None:
    page.goto(f"/desk/cases/{number}")
    if opinion:
        page.locator("#decision").get_by_label("意见").fill(opinion)
    page.locator(f'#decision button[value="{outcome}"]').click()
    expect(page.get_by_text("已办：").first).to_be_visible()


def told(page: Page, number: str, *lines: str) -> None:
    """The journal on the page of the case has these lines."""
    page.goto(f"/desk/cases/{number}")
    journal = page.locator("section", has=page.get_by_role("heading", name="办理经过"))
    for line in lines:
        expect(journal).to_contain_text(line)


def test_given_away_asked_about_returned_and_taken_back(people: People, node: Node, tmp_path: Path, width: str) -> None:
    number = at_the_window(node, tmp_path)
    clerk, second = people("clerk"), people("clerk2")
    begin(clerk, number, "转办")
    do(clerk, "转办", "请选择一位同事")  # nobody chosen: told at the field
    clerk.get_by_label("转给谁").select_option(label="梁洁")
    clerk.get_by_label(re.compile("^说明")).fill("我明天出差")
    look(clerk, "move-delegate")
    do(clerk, "转办", "已转办")
    told(second, number, "受理：转给梁洁办", "我明天出差")

    begin(second, number, "加签")  # a colleague looks first
    second.get_by_label("请谁看").select_option(label="孙志远")
    second.get_by_label("请看什么").fill("租赁合同的期限够不够")
    look(second, "move-reviewer")
    do(second, "加签", "已请同事加签")
    second.goto(f"/desk/cases/{number}")
    second.locator('#decision button[value="accept"]').click()
    expect(second.get_by_text("还在等孙志远答复").first).to_be_visible()
    decide(people("reviewer1"), number, "agree", "合同到 2029 年，够")
    told(second, number, "受理：请孙志远加签", "合同到 2029 年，够")

    begin(second, number, "请申请人补充")  # returned to the applicant
    second.get_by_label("要补充什么").fill("厨房排烟管道通到哪里？")
    do(second, "请申请人补充", "已请申请人补充")
    applicant = people("linxiaomei")
    applicant.goto(f"/my/cases/{number}")
    look(applicant, "move-asked")
    applicant.get_by_label("您的答复").fill("通到楼顶，图纸第二页")
    applicant.get_by_role("button", name="提交答复").click()
    told(second, number, "厨房排烟管道通到哪里？", "通到楼顶，图纸第二页")
    decide(second, number, "accept")

    reviewer = people("reviewer1")
    decide(reviewer, number, "agree", "材料齐全")  # and thinks better of it
    begin(reviewer, number, "撤回我办的这一步")
    do(reviewer, "撤回我办的这一步", "已撤回，请重新办理")
    told(reviewer, number, "资料审查：撤回“审查通过”")
    begin(reviewer, number, "退回环节")
    do(reviewer, "退回环节", "请写明退回的理由")
    reviewer.get_by_label("受理", exact=True).check()
    reviewer.get_by_label("理由").fill("营业执照的住所和场所不一致")
    look(reviewer, "move-send-back")
    do(reviewer, "退回环节", "已退回")
    told(second, number, "资料审查：退回到“受理”", "营业执照的住所和场所不一致")
    decide(second, number, "accept")  # whoever did it does it again
    told(second, number, "受理")


def test_urged_suspended_resumed_and_ended(people: People, node: Node, tmp_path: Path, width: str) -> None:
    number = at_the_window(node, tmp_path)
    applicant, chief, clerk = people("linxiaomei"), people("chief"), people("clerk")
    applicant.goto(f"/my/cases/{number}")
    applicant.locator("summary", has_text="催办").click()
    applicant.get_by_label(re.compile("想说的话")).fill("店里已经在付房租")
    applicant.get_by_role("button", name="确定催办").click()
    expect(applicant.locator("main")).to_contain_text("催办")
    told(clerk, number, "催办", "店里已经在付房租")
    decide(clerk, number, "accept")

    begin(chief, number, "暂停办理")
    do(chief, "暂停办理", "请选择暂停的法定事由")
    chief.get_by_label("法定事由").select_option(label="听证（行政许可法第四十五条）")
    chief.get_by_label("最多暂停").fill("5")
    look(chief, "move-suspend")
    do(chief, "暂停办理", "已暂停办理")
    expect(chief.get_by_text("已暂停办理").first).to_be_visible()
    applicant.goto(f"/my/cases/{number}")
    expect(applicant.get_by_text("为什么暂停计时")).to_be_visible()
    reviewer = people("reviewer1")
    reviewer.goto(f"/desk/cases/{number}")
    reviewer.locator('#decision button[value="agree"]').click()
    expect(reviewer.get_by_text("这件事已经暂停办理，请先恢复").first).to_be_visible()
    begin(chief, number, "恢复办理")
    do(chief, "恢复办理", "已恢复办理")
    told(chief, number, "暂停办理：听证", "恢复办理，时限继续计算")

    begin(chief, number, "终止办理")
    do(chief, "终止办理", "请写明终止的理由和依据")
    chief.get_by_label("理由和依据").fill("申请人已经注销，行政许可法第七十条")
    look(chief, "move-terminate")
    do(chief, "终止办理", "已终止办理")
    told(chief, number, "终止办理", "申请人已经注销")
    expect(chief.get_by_text("其他办法", exact=True)).to_have_count(0)
    applicant.goto(f"/my/cases/{number}")
    expect(applicant.get_by_text("终止办理").first).to_be_visible()
    expect(applicant.get_by_text("申请人已经注销").first).to_be_visible()


def test_an_applicant_takes_the_application_back(people: People, node: Node, tmp_path: Path, width: str) -> None:
    number = at_the_window(node, tmp_path)
    applicant = people("linxiaomei")
    applicant.goto(f"/my/cases/{number}")
    applicant.get_by_role("link", name="撤回申请").click()
    look(applicant, "move-withdraw")
    applicant.locator("main form").get_by_role("button", name=re.compile("撤回")).click()
    expect(applicant.get_by_text("申请人撤回").first).to_be_visible()
    told(people("clerk"), number, "撤回申请")


def test_one_veto_in_a_joint_review_decides(people: People, node: Node, tmp_path: Path, width: str) -> None:
    number = at_the_window(node, tmp_path, "road_digging")
    municipal, traffic, chief = people("municipal"), people("traffic"), people("city-chief")
    decide(people("counter"), number, "accept")
    decide(municipal, number, "agree", "不在禁挖期内")
    begin(municipal, number, "撤回我办的这一步")  # while the other has not signed
    do(municipal, "撤回我办的这一步", "已撤回，请重新办理")
    told(municipal, number, "市政和交警会签：撤回“同意”")
    traffic.goto(f"/desk/cases/{number}")
    look(traffic, "move-joint-review")
    decide(traffic, number, "disagree", "早晚高峰不能封道，绕行方案不行")
    municipal.goto(f"/desk/cases/{number}")
    expect(municipal.locator('#decision button[value="agree"]')).to_have_count(0)
    told(chief, number, "市政和交警会签：不同意", "早晚高峰不能封道")
    chief.goto(f"/desk/cases/{number}")
    chief.get_by_role("link", name="不予许可").click()
    chief.get_by_label("事实和理由").fill("交警不同意绕行方案")
    chief.get_by_role("button", name="不予许可").click()
    expect(chief.get_by_text("已办：不予许可").first).to_be_visible()
    told(chief, number, "决定不予许可")


def test_whoever_leaves_hands_over_what_they_hold(people: People, node: Node, tmp_path: Path, width: str) -> None:
    numbers = [at_the_window(node, tmp_path) for _case in range(2)]
    leaver, chief, second = people("clerk"), people("chief"), people("clerk2")
    for number in numbers:
        leaver.goto(f"/desk/cases/{number}")
        leaver.get_by_role("button", name="认领", exact=True).click()
        expect(leaver.get_by_text("您已认领")).to_be_visible()
    chief.goto("/desk/leavers")
    look(chief, "hand-over-people")
    chief.get_by_role("link", name="刘芳", exact=True).click()
    chief.get_by_role("button", name="先试算").click()
    expect(chief.get_by_text("请选择交给谁").first).to_be_visible()
    chief.get_by_label("交给谁").select_option(label=chief.locator("option", has_text="梁洁").first.inner_text())
    look(chief, "hand-over-choose")
    chief.get_by_role("button", name="先试算").click()
    expect(chief.get_by_role("heading", name="试算结果")).to_be_visible()
    chief.get_by_label("移交原因").fill("调到行政审批局")
    look(chief, "hand-over-trial")
    chief.get_by_role("button", name=re.compile(r"移交这 \d+ 件")).click()
    expect(chief.get_by_role("heading", name="刘芳的移交清单")).to_be_visible()
    for number in numbers:
        expect(chief.get_by_role("link", name=number)).to_be_visible()
    look(chief, "hand-over-done")
    chief.emulate_media(media="print")
    look(chief, "hand-over-print")
    chief.emulate_media(media="screen")
    told(second, numbers[0], "受理：移交给梁洁", "调到行政审批局")
    expect(second.get_by_text("您已认领")).to_be_visible()
    decide(second, numbers[0], "accept")
