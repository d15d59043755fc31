"""One application of each item of the demo city in the browser, from the search to the paper.

The citizen is on a phone for every other item and at a desk for the rest; officials sit at a desk. What happens is what the packs declare
for ``yiwang demo walk``. Every page stands axe and the width.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.node import Node
from yiwang.packs import demo, reading, stories
from yiwang.packs.stories import Correction, Decision, Story, Wait
from yiwang.packs.walk import PDF

from .cast import People, people_of
from .conftest import WIDTHS
from .eyes import look, walk
from .filing import Applicant, press
from .watching import Watch

STORIES = stories.declared([reading.find(name) for name in demo.PACKS])
NAMES = {
    str(document.body["username"]): str(document.body["name"])
    for document in reading.read(reading.find("yunzhou")).documents
    if document.kind == "accounts"
}


@pytest.fixture(scope="module")
def watching(node: Node) -> Watch:
    """One pair of eyes for all pages of this module."""
    return Watch(node.origin)


@pytest.fixture
def watch(watching: Watch) -> Iterator[Watch]:
    yield watching
    troubles, watching.troubles = watching.troubles, []
    assert not troubles, "\n".join(troubles)


@pytest.fixture(scope="module")
def cast(browser: Browser, node: Node, watching: Watch) -> Iterator[dict[str, People]]:
    """The people of all stories by the width of their screen: each signs in once and goes from one case to the next."""
    with ExitStack() as stack:
        yield {width: stack.enter_context(people_of(browser, node, watching, size)) for width, size in WIDTHS.items()}


@pytest.fixture
def officials(cast: dict[str, People], watch: Watch) -> People:
    return cast["desk"]


@pytest.fixture
def citizens(cast: dict[str, People], watch: Watch, width: str) -> People:
    return cast[width]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "材料.pdf"
    path.write_bytes(PDF)
    return path


def ask_for_a_correction(official: Page, story: Story, asked: Correction, number: str) -> None:
    official.goto(f"/desk/cases/{number}")
    press(official, re.compile("一次性告知补正"))
    official.locator(f'[name="materials"][value="{asked.material}"]').check()
    official.locator(f'[name="text.material.{asked.material}"]').fill(asked.text)
    look(official, f"item-{story.pack}-desk-correction")
    official.get_by_role("button", name=re.compile("一次性告知补正")).last.click()
    expect(official.get_by_text("等申请人").first).to_be_visible()


def decide(official: Page, story: Story, decision: Decision, number: str) -> None:
    official.goto(f"/desk/cases/{number}")
    form = official.locator("#decision")
    look(official, f"item-{story.pack}-desk-{decision.step}")
    if decision.opinion:
        form.get_by_label("意见").fill(decision.opinion)
    form.locator(f'button[value="{decision.outcome}"]').click()
    expect(official.get_by_text("已办：").first).to_be_visible()


def until_shown(page: Page, number: str, shown: Callable[[], object]) -> None:
    """The node's own jobs make the paper and let timers fire; look again until it is there."""
    page.goto(f"/my/cases/{number}")
    for _look in range(80):
        if shown():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{number} did not come so far in 40 s")


@pytest.mark.parametrize(
    ("story", "width"),
    [
        pytest.param(story, "desk" if place % 2 else "phone", id=story.pack)
        for place, story in enumerate(story for story in STORIES if not story.counter)
    ],
    indirect=["width"],
)
def test_an_application_to_its_end(story: Story, citizens: People, officials: People, paper: Path) -> None:
    page = citizens(story.account)
    applicant = Applicant(page, story, paper, NAMES[story.account])
    applicant.find_the_guide()
    applicant.begin()
    applicant.answer_the_situation()
    applicant.fill_in()
    applicant.give_materials()
    number = applicant.submit()
    if story.correction is not None:
        ask_for_a_correction(officials(story.correction.by), story, story.correction, number)
        applicant.correct(number)
    for decision in story.steps:
        if isinstance(decision, Wait):
            until_shown(page, number, page.get_by_text(decision.says).count)
            applicant.look(f"timer-{decision.timer}")
            continue
        if decision.paused:
            page.goto(f"/my/cases/{number}")
            expect(page.get_by_text("已暂停").first).to_be_visible()
            applicant.look(f"paused-{decision.step}")
        decide(officials(decision.by), story, decision, number)
    until_shown(page, number, page.get_by_role("heading", name="办理结果").count)
    if story.reason:
        expect(page.get_by_text(re.compile(story.reason)).first).to_be_visible()
    applicant.look("decided")
    page.goto("/my/licences")
    page.locator("main").get_by_role("link", name=applicant.paper_name).first.click()
    expect(page.get_by_text("有效").first).to_be_visible()
    applicant.look("licence")


@pytest.mark.parametrize("story", [pytest.param(story, id=story.pack) for story in STORIES if story.counter])
def test_an_item_of_the_counter_says_where_and_offers_no_button(story: Story, citizens: People) -> None:
    page = citizens(story.account)
    page.goto("/")
    page.get_by_label("搜索事项").last.fill(story.search)
    page.keyboard.press("Enter")
    page.locator(f'main a[href*="{story.item}"]').first.click()
    expect(page.get_by_text("市妇幼保健院门诊楼").first).to_be_visible()
    expect(page.get_by_role("link", name="开始办理")).to_have_count(0)
    look(page, f"item-{story.pack}-guide")
    walk(page)
    assert page.goto(f"/apply/{story.item}") is not None
    expect(page.get_by_text(re.compile("到窗口办理，网上不能申请")).first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("开始申请"))).to_have_count(0)
    look(page, f"item-{story.pack}-not-online")
