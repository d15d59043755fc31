"""林晓梅 opens a small restaurant: the whole way in the browser, as each of its people, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.node import Node
from yiwang.packs.walk import PDF

from .cast import People, people_of
from .conftest import WIDTHS
from .eyes import look
from .watching import Watch

FIRM = "云州市晓梅餐饮有限公司"


@pytest.fixture
def people(browser: Browser, node: Node, watch: Watch, width: str) -> Iterator[People]:
    with people_of(browser, node, watch, WIDTHS[width]) as found:
        yield found


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "店面布局图.pdf"
    path.write_bytes(PDF)
    return path


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press the button, or follow the link, with this name."""
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


def find_the_guide(page: Page) -> None:
    page.goto("/")
    look(page, "home")
    page.get_by_label("搜索事项").last.fill("开饭馆")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search"))
    look(page, "search")
    page.get_by_role("link", name=re.compile("食品经营许可核发")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("食品经营许可核发")
    look(page, "guide")


def act_for_the_firm(page: Page) -> None:
    press(page, "开始办理")
    look(page, "begin")
    press(page, "换一个身份")
    look(page, "identity")
    page.get_by_label(FIRM).check()
    press(page, "就用这个身份")
    expect(page.get_by_text("您正在代表")).to_be_visible()


def answer_the_situation(page: Page) -> None:
    press(page, "开始申请")
    look(page, "draft")
    press(page, "继续填写")
    press(page, "保存并继续")
    expect(page.get_by_role("alert")).to_contain_text("3 处")
    look(page, "situation-unanswered")
    page.get_by_label(re.compile("饭馆、餐厅、火锅店")).check()
    page.get_by_label(re.compile("租来的")).check()
    page.get_by_label(re.compile("也在网上卖")).check()
    press(page, "保存并继续")


def fill_in(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="申请单位")).to_be_visible()
    expect(page.get_by_text("来自法人基础库").first).to_be_visible()
    expect(page.get_by_text("91990102MA7XM88C0N")).to_be_visible()
    look(page, "part-firm")
    press(page, "保存并继续")
    expect(page.get_by_text("来自人口基础库").first).to_be_visible()
    expect(page.get_by_text("990*************23")).to_be_visible()
    assert "990102198804129023" not in page.content(), "the identity number must not travel to the browser"
    look(page, "part-operator")
    press(page, "保存并继续")
    press(page, "保存并继续")
    expect(page.get_by_role("alert")).to_contain_text("使用面积")
    look(page, "part-premises-wrong")
    page.get_by_label("使用面积").fill("86")
    page.get_by_label("租期到哪一天").fill("2029-05-31")
    press(page, "保存并继续")
    page.get_by_label(re.compile("热食")).check()
    page.get_by_label(re.compile("冷食")).check()
    page.get_by_label("店里一共几个人干活").fill("4")
    page.get_by_role("radiogroup", name=re.compile("专间")).or_(
        page.get_by_role("group", name=re.compile("专间"))
    ).get_by_label("是").check()
    look(page, "part-business")
    press(page, "保存并继续")
    page.get_by_label("外卖平台").check()
    press(page, "保存并继续")
    page.get_by_label("食品安全管理员", exact=True).fill("林晓梅")
    page.get_by_label("食品安全管理员手机").fill("16480000001")
    for name in ("从业人员健康管理", "食品安全管理员管理", "食品安全自查", "进货查验"):
        page.get_by_label(re.compile(name)).check()
    look(page, "part-safety")
    press(page, "保存并继续")


def give_materials(page: Page, drawing: Path) -> None:
    expect(page.get_by_role("heading", level=1, name="提供材料")).to_be_visible()
    look(page, "materials")
    for code in ("health", "lease"):
        section = page.locator(f"#material-{code}")
        section.get_by_label(re.compile("从我的材料库选")).select_option(index=1)
        section.get_by_role("button", name=re.compile("用这份")).click()
        expect(page.locator(f"#material-{code}").get_by_text("已提供")).to_be_visible()
    section = page.locator("#material-layout")
    section.get_by_label(re.compile("上传文件")).set_input_files(drawing)
    section.get_by_role("button", name=re.compile("^上传 ")).click()
    expect(page.locator("#material-layout").get_by_text("已提供")).to_be_visible()
    look(page, "materials-given")
    page.get_by_role("link", name="继续", exact=True).click()


def sign_and_submit(page: Page) -> str:
    expect(page.get_by_role("heading", level=1)).to_contain_text("核对、签名、提交")
    press(page, "签名并提交申请")
    expect(page.get_by_role("alert")).to_contain_text("2 处")
    look(page, "check-unsigned")
    page.get_by_label(re.compile("我已核对")).check()
    page.get_by_label("写下您的姓名作为签名").fill("林晓梅")
    press(page, "签名并提交申请")
    expect(page.get_by_role("heading", level=1, name="申请已提交")).to_be_visible()
    look(page, "submitted")
    number = re.sub(r"\D", "", page.locator(".done-number strong").inner_text())
    assert len(number) == 20
    return number


def verify_the_receipt(people: People, page: Page, tmp_path: Path) -> None:
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("下载回执（PDF）")).click()
    receipt = tmp_path / "receipt.pdf"
    started.value.save_as(receipt)
    stranger = people("stranger")
    stranger.goto("/verify")
    look(stranger, "verify")
    stranger.locator("input[type=file]").first.set_input_files(receipt)
    press(stranger, "查验文件")
    expect(stranger.get_by_text("通过：是真的，没有被改动")).to_be_visible()
    look(stranger, "verified")


def open_at_the_desk(page: Page, number: str) -> None:
    """Find the case in the queue, as the clerk does, and open it."""
    page.goto(f"/desk/?text={number}")
    page.goto(f"/desk/cases/{number}")
    expect(page.get_by_text("食品经营许可核发").first).to_be_visible()


def ask_for_a_correction(clerk: Page, number: str) -> None:
    clerk.goto("/desk/")
    look(clerk, "desk-queue")
    open_at_the_desk(clerk, number)
    look(clerk, "desk-case")
    press(clerk, re.compile("一次性告知补正"))
    look(clerk, "desk-correction")
    clerk.get_by_role("button", name=re.compile("一次性告知补正")).last.click()
    expect(clerk.get_by_role("alert").or_(clerk.locator(".error")).first).to_be_visible()
    clerk.get_by_label("经营场所布局和主要设备设施图", exact=True).check()
    clerk.get_by_label("“经营场所布局和主要设备设施图”要怎么改").fill("图上没有标出洗手池，请补画后重新上传")
    clerk.get_by_role("button", name=re.compile("一次性告知补正")).last.click()
    expect(clerk.get_by_text("等申请人").first).to_be_visible()
    look(clerk, "desk-corrected")


def correct(page: Page, number: str, drawing: Path) -> None:
    page.goto("/my/")
    look(page, "my-todo")
    page.goto(f"/my/cases/{number}")
    expect(page.get_by_text("图上没有标出洗手池").first).to_be_visible()
    look(page, "case-correction")
    press(page, "去补正")
    look(page, "correct")
    press(page, "签名并提交补正")
    expect(page.get_by_role("alert")).to_contain_text("请补交")
    page.get_by_label(re.compile("上传文件")).set_input_files(drawing)
    page.get_by_label(re.compile("我已核对")).check()
    page.get_by_label("写下您的姓名作为签名").fill("林晓梅")
    press(page, "签名并提交补正")
    expect(page.get_by_text("补正材料已经提交")).to_be_visible()


def decide(page: Page, number: str, button: str, opinion: str = "") -> None:
    open_at_the_desk(page, number)
    if opinion:
        page.get_by_label("意见").fill(opinion)
    page.get_by_role("button", name=re.compile(button)).first.click()
    expect(page.locator("#decision")).to_have_count(0)


def on_the_board(people: People, number: str, words: str) -> None:
    """The supervisor sees the case with its clock's colour, in words and not by colour alone."""
    board = people("supervisor")
    board.goto("/desk/board")
    expect(board.get_by_role("heading", level=1)).to_be_visible()
    board.goto(f"/desk/cases?state=all&text={number}")
    expect(board.locator("main table").get_by_text(re.compile(words)).first).to_be_visible()


def test_the_story(people: People, drawing: Path, tmp_path: Path, width: str) -> None:
    page = people("linxiaomei")
    find_the_guide(page)
    act_for_the_firm(page)
    answer_the_situation(page)
    fill_in(page)
    give_materials(page, drawing)
    number = sign_and_submit(page)
    verify_the_receipt(people, page, tmp_path)
    on_the_board(people, number, "还剩")
    look(people("supervisor"), "desk-all-cases")

    neighbour = people("wangjianguo")
    neighbour.goto(f"/my/cases/{number}")
    expect(neighbour.get_by_text("没有找到这个办件")).to_be_visible()
    look(neighbour, "refused")

    clerk = people("clerk")
    ask_for_a_correction(clerk, number)
    on_the_board(people, number, "没有时限在走|等待申请人补正")
    correct(page, number, drawing)
    decide(clerk, number, "受理并发送通知书")
    on_the_board(people, number, "还剩")
    decide(people("reviewer1"), number, "审查通过", "材料齐全")
    decide(people("reviewer2"), number, "审查通过", "布局合理")
    on_the_board(people, number, "已暂停")
    page.goto(f"/my/cases/{number}")
    expect(page.get_by_text("已暂停").first).to_be_visible()
    look(page, "case-inspection")
    look(people("inspector"), "desk-empty")
    decide(people("inspector"), number, "核查合格", "现场与图纸一致")
    decide(people("chief"), number, "准予许可并签发证照", "同意")

    page.goto(f"/my/cases/{number}")
    for _look in range(40):  # the node's own job makes the licence
        if page.get_by_role("heading", name="办理结果").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    look(page, "case-approved")
    page.goto("/my/licences")
    look(page, "licences")
    page.get_by_role("link", name="食品经营许可证").first.click()
    look(page, "licence")
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.content())
    assert code, "the licence shows no code to check it by"
    stranger = people("stranger")
    stranger.goto(f"/l/{code.group().replace('-', '')}")
    expect(stranger.get_by_text("有效").first).to_be_visible()
    expect(stranger.get_by_text("食品经营许可证").first).to_be_visible()
    look(stranger, "licence-checked")

    page.goto(f"/my/cases/{number}")
    press(page, "评价这次服务")
    look(page, "rate")
    page.get_by_label("不满意", exact=True).check()
    page.get_by_label("还想说什么").fill("现场核查等得太久")
    press(page, "提交评价")
    look(page, "rated")

    supervisor = people("supervisor")
    supervisor.goto("/desk/")
    expect(supervisor.get_by_text("差评").first).to_be_visible()
    look(supervisor, "desk-followup")
    supervisor.goto("/desk/board")
    look(supervisor, "board")
    admin = people("admin")
    admin.goto("/desk/admin/denials")
    expect(admin.get_by_text("王建国").first).to_be_visible()
    look(admin, "denials")


def test_registering_as_unemployed_is_decided_at_once(people: People) -> None:
    page = people("chenlixin")
    page.goto("/")
    page.get_by_label("搜索事项").last.fill("没工作了")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^失业登记")).first.click()
    press(page, "开始办理")
    press(page, re.compile("开始申请|继续上次的申请"))
    press(page, "继续填写")
    page.get_by_label(re.compile("上过班，现在不上了")).check()
    press(page, "保存并继续")
    press(page, "保存并继续")
    page.get_by_label("原来的单位").fill("云州市第二纺织厂")
    page.get_by_label("哪天离开的").fill("2026-08-31")
    page.get_by_label("合同到期，没有续签").check()
    press(page, "保存并继续")
    page.get_by_label("是", exact=True).check()
    press(page, "保存并继续")
    if page.get_by_label(re.compile("想找什么样的工作")).count():
        press(page, "保存并继续")
    look(page, "unemployment-materials")
    page.get_by_role("link", name="继续", exact=True).click()
    page.get_by_label(re.compile("我已核对")).check()
    page.get_by_label("写下您的姓名作为签名").fill("陈立新")
    press(page, "签名并提交申请")
    expect(page.get_by_role("heading", name="为什么这样决定")).to_be_visible()
    expect(page.get_by_text("符合失业登记的条件")).to_be_visible()
    look(page, "decided-at-once")
