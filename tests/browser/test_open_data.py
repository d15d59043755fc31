"""Open data as the public finds and uses it, and as the provider and the bureau bring it there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.node import Node

from .cast import People, people_of
from .conftest import WIDTHS
from .doing import sign_in_as
from .eyes import look, walk
from .watching import Watch


@pytest.fixture
def people(browser: Browser, node: Node, watch: Watch, width: str) -> Iterator[People]:
    with people_of(browser, node, watch, WIDTHS[width]) as found:
        yield found


def test_anybody_finds_reads_and_downloads(page: Page) -> None:
    page.goto("/open/")
    expect(page.get_by_role("heading", level=1)).to_have_text("公共数据开放")
    look(page, "open-data")
    page.get_by_role("textbox", name="找数据").or_(page.get_by_role("searchbox", name="找数据")).first.fill("公园")
    page.get_by_role("button", name="找数据").click()
    page.get_by_text("部门", exact=True).first.click()
    look(page, "open-data-list")
    page.get_by_role("link", name="城市公园").click()
    expect(page.get_by_role("heading", name="数据项")).to_be_visible()
    look(page, "open-dataset")
    walk(page)
    with page.expect_download() as caught:
        page.get_by_role("link", name="CSV").click()
    text = caught.value.path().read_text(encoding="utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == 86
    page.goto("/open/data/air-quality")
    look(page, "open-dataset-figures")
    page.goto("/open/data/chronic-follow-ups")
    expect(page.get_by_role("link", name="申请使用")).to_be_visible()
    page.goto("/open/api")
    look(page, "open-programs")
    page.goto("/open/changes")
    look(page, "open-changes")


@pytest.mark.parametrize("script", [False])
def test_the_portal_needs_no_script(page: Page) -> None:
    page.goto("/open/data?theme=transport")
    page.get_by_role("link", name="公交站点").click()
    expect(page.get_by_role("table").first).to_be_visible()
    expect(page.get_by_role("img", name="示意图")).to_be_visible()


def test_a_developer_asks(page: Page) -> None:
    sign_in_as(page, "林晓梅")
    page.goto("/open/wishes/new")
    page.get_by_role("button", name="提交需求").click()
    expect(page.get_by_text("请写明想要什么数据").first).to_be_visible()
    look(page, "open-wish-wrong")
    page.get_by_label("想要什么数据").fill("公共自行车站点和实时车位")
    page.get_by_label("用来做什么").fill("做一个出行小程序")
    page.get_by_label("哪个部门").select_option(label="云州市交通运输局")
    page.get_by_role("button", name="提交需求").click()
    expect(page.get_by_text("公共自行车站点和实时车位").first).to_be_visible()
    page.goto("/open/data/chronic-follow-ups/access")
    look(page, "open-access")
    page.goto("/open/mine")
    look(page, "open-mine")
    page.goto("/open/wishes")
    look(page, "open-wishes")


@pytest.mark.parametrize("width", ["desk"], indirect=True)
def test_the_provider_prepares_and_the_bureau_releases(people: People) -> None:
    provider, reviewer = people("opener"), people("openreview")
    provider.goto("/desk/open")
    look(provider, "desk-open")
    provider.get_by_role("link", name="公共厕所").click()
    provider.get_by_role("link", name="准备新版本").click()
    look(provider, "desk-open-edit")
    provider.get_by_label("厕位数的处理").select_option(label="取整")
    provider.get_by_label("厕位数的参数").fill("2")
    provider.get_by_label("这一版有什么变化").fill("厕位数取整")
    provider.get_by_role("button", name="保存并检查").click()
    expect(provider.get_by_role("button", name="提交审核")).to_be_visible(timeout=40_000)
    look(provider, "desk-open-checked")
    provider.get_by_role("button", name="提交审核").click()
    expect(provider.get_by_text("等待审核").first).to_be_visible()
    reviewer.goto("/desk/open?state=submitted")
    reviewer.get_by_role("link", name="公共厕所").click()
    look(reviewer, "desk-open-review")
    reviewer.get_by_role("button", name="发布", exact=True).click()
    expect(reviewer.get_by_text("已经发布")).to_be_visible()
    stranger = people("stranger")
    stranger.goto("/open/data/public-toilets")
    expect(stranger.get_by_text("第 2 版").first).to_be_visible()
    reviewer.goto("/desk/open/access")
    look(reviewer, "desk-open-accesses")
