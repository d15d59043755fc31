"""The catalogue in the browser: a steward enters a resource, the data bureau reviews and publishes it, an agency asks for data and is
answered, everybody looks at what is opened."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.node import Node

from .cast import people_of
from .conftest import WIDTHS
from .doing import sign_in
from .eyes import fits, look, shoot
from .watching import Watch


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/desk/resources/", "resources"), ("/desk/resources/101001-000001/", "resource"), ("/desk/demands/", "demands"),
        ("/desk/data/responsibilities", "responsibilities"), ("/desk/data/negative-list", "negative-list"),
        ("/desk/data/figures", "catalogue-figures"), ("/standards/?kind=code_set", "standards"),
        ("/standards/element/person.identity_number", "standard"), ("/standards/deviations", "standards-deviations"),
        ("/standards/code_set/gbt2261.1/edit", "standard-editor"), ("/standards/import", "standards-import"),
        ("/desk/resources/101001-000001/edit", "resource-editor"), ("/desk/resources/survey/", "survey"),
    ],
)  # fmt: skip
def test_the_pages_of_the_bureau_stand(page: Page, path: str, name: str) -> None:
    sign_in(page, "databureau")
    page.goto(path)
    look(page, name)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/data/catalogue/", "open-catalogue"),
        ("/data/catalogue/?q=许可", "open-catalogue-found"),
        ("/standards/?q=性别", "open-standards"),
    ],
)
def test_everybody_looks_at_what_is_opened(page: Page, path: str, name: str) -> None:
    page.goto(path)
    look(page, name)


@pytest.mark.parametrize("script", [False])
def test_the_open_catalogue_needs_no_script(page: Page) -> None:
    page.goto("/data/catalogue/")
    page.get_by_label("查数据").fill("停车")
    page.get_by_role("button", name="查数据").click()
    page.get_by_role("link", name="公共停车泊位信息").click()
    expect(page.get_by_role("heading", level=1, name="公共停车泊位信息")).to_be_visible()
    shoot(page, "open-resource")
    fits(page)


def test_a_resource_is_entered_reviewed_and_published(browser: Browser, node: Node, watch: Watch) -> None:
    with people_of(browser, node, watch, WIDTHS["desk"]) as people:
        steward = people("steward-zjj")
        steward.goto("/desk/resources/new")
        steward.get_by_label("信息资源代码").fill("311001-000901")
        steward.get_by_label("信息资源名称").fill("物业服务企业信用信息")
        steward.get_by_label("提供方", exact=True).select_option("zjj")
        steward.get_by_label("摘要").fill("物业服务企业的信用等级。")
        steward.get_by_label("格式", exact=True).select_option("database")
        steward.get_by_label("更新周期").select_option("yearly")
        steward.get_by_label("共享类型").first.select_option("unconditional")
        steward.get_by_label("开放类型").first.select_option("unconditional")
        steward.locator("#f-fields-0-label").fill("统一社会信用代码")
        steward.locator("#f-fields-0-name").fill("uscc")
        steward.locator("#f-fields-0-type").select_option("uscc")
        steward.locator("#f-fields-0-element").fill("org.uscc")
        steward.get_by_role("button", name="先检查").click()
        expect(steward.get_by_role("alert")).to_contain_text("共享方式")
        look(steward, "resource-editor-faults")
        steward.get_by_label("共享方式").select_option("api")
        steward.locator("#f-fields-0-level").select_option("1")
        steward.get_by_role("button", name="保存草稿").click()
        steward.get_by_role("button", name="提交数据局审核").click()
        expect(steward.get_by_text("已提交数据局审核。")).to_be_visible()
        bureau = people("databureau")
        bureau.goto("/desk/resources/?state=review")
        bureau.get_by_role("link", name="物业服务企业信用信息").click()
        look(bureau, "resource-review")
        bureau.get_by_role("button", name="审核通过").click()
        bureau.get_by_role("button", name="发布这一版").click()
        expect(bureau.get_by_text("已发布，各单位现在看到的就是这一版。")).to_be_visible()
        stranger = people("stranger")
        stranger.goto("/data/catalogue/311001-000901")
        look(stranger, "open-resource-published")


def test_an_agency_asks_and_is_answered(browser: Browser, node: Node, watch: Watch) -> None:
    with people_of(browser, node, watch, WIDTHS["desk"]) as people:
        asker = people("steward-mzj")
        asker.goto("/desk/demands/new")
        asker.get_by_label("需要什么数据").fill("房屋租赁备案")
        asker.get_by_label("需要哪些信息项").fill("地址、租期至")
        asker.get_by_role("button", name="先看目录里有没有").click()
        asker.get_by_label("房屋租赁备案信息").check()
        asker.get_by_label("代表哪个单位").select_option("mzj")
        asker.get_by_label("用来做什么").fill("核对低保家庭居住情况")
        asker.get_by_label("依据", exact=True).fill("《社会救助暂行办法》第五十八条")
        asker.get_by_label("什么时候要").fill((dt.date.today() + dt.timedelta(days=40)).isoformat())
        look(asker, "demand-new")
        asker.get_by_role("button", name="送提供单位答复").click()
        expect(asker.get_by_text("10 个工作日内答复")).to_be_visible()
        demand = asker.url
        provider = people("steward-zjj")
        provider.goto(demand)
        provider.get_by_role("link", name="看办理过程").click()
        provider.get_by_role("link", name="可以提供").first.click()
        expect(provider.get_by_label("用哪个资源满足")).to_be_visible()
        look(provider, "demand-answer")
        provider.get_by_role("button", name="可以提供").click()
        expect(provider.get_by_text("可以提供").last).to_be_visible()
        expect(provider.get_by_label("用哪个资源满足")).to_be_hidden()
        asker.goto(demand)
        expect(asker.get_by_text("已满足").first).to_be_visible()
        asker.get_by_label("非常满意", exact=True).check()
        asker.get_by_role("button", name="提交评价").click()
        expect(asker.get_by_text("评价已提交。")).to_be_visible()
        look(asker, "demand")
