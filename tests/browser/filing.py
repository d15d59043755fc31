"""Applying on the pages as a declared story says: whatever the item asks, its form tells how to answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from yiwang.packs import reading
from yiwang.packs.stories import Story

from .eyes import look

_BUSY = ".htmx-request, .htmx-swapping, .htmx-settling"


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press the button, or follow the link, with this name."""
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


class Form:
    """The form of a pack: its parts, and the fields on whose answers others depend."""

    def __init__(self, pack: str) -> None:
        documents = reading.read(reading.find(pack)).documents
        body: dict[str, Any] = next((document.body for document in documents if document.kind == "forms"), {})
        self.parts: dict[str, dict[str, Any]] = {part["code"]: part for part in body["layout"]["parts"]}
        places = [*self.parts.values(), *(field for part in self.parts.values() for field in part["fields"])]
        self.deciding = {name for place in places for name in place.get("when", {})}


class Applicant:
    """Somebody at the pages of one application. ``paper`` is a file to hand in, ``signs`` the name under it."""

    def __init__(self, page: Page, story: Story, paper: Path, signs: str) -> None:
        self.page, self.story, self.paper, self.signs = page, story, paper, signs
        self.form = Form(story.pack)
        documents = reading.read(reading.find(story.pack)).documents
        self.paper_name = next((str(one.body["name"]) for one in documents if one.kind == "licences"), "")

    def look(self, name: str) -> None:
        look(self.page, f"item-{self.story.pack}-{name}")

    def find_the_guide(self) -> None:
        self.page.goto("/")
        self.page.get_by_label("搜索事项").last.fill(self.story.search)
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(re.compile("/search"))
        self.page.locator(f'main a[href*="{self.story.item}"]').first.click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.look("guide")

    def begin(self) -> None:
        press(self.page, "开始办理")
        if self.story.party:
            press(self.page, "换一个身份")
            self.page.get_by_label(self.story.party).check()
            press(self.page, "就用这个身份")
            expect(self.page.get_by_text("您正在代表")).to_be_visible()
        press(self.page, re.compile("开始申请|继续上次的申请"))
        press(self.page, "继续填写")

    def answer_the_situation(self) -> None:
        expect(self.page).to_have_url(re.compile("/situation$"))
        for question, option in self.story.situation.items():
            self._input(f"situation.{question}", f'[value="{option}"]').check()
        self.look("situation")
        press(self.page, "保存并继续")

    def fill_in(self) -> None:
        """Every part that is shown, one after the other."""
        for _part in self.form.parts:
            found = re.search(r"/parts/([a-z-]+)$", self.page.url)
            if found is None:
                break
            for field in self.form.parts[found[1]]["fields"]:
                if field["name"] in self.story.answers:
                    self._answer(field, field["name"], self.story.answers[field["name"]])
            self.look(f"part-{found[1]}")
            press(self.page, "保存并继续")
            expect(self.page).not_to_have_url(re.compile(f"/parts/{found[1]}$"))

    def _input(self, name: str, more: str = "") -> Locator:
        return self.page.locator(f'[name="{name}"]:not([type="hidden"]){more}')

    def _answer(self, field: dict[str, Any], name: str, value: Any) -> None:
        widget = field["widget"]
        if widget == "repeat":
            self._rows(field, value)
        elif widget in ("choice", "yes-no"):
            self._choose(field, self._input(name, f'[value="{_typed(widget, value)}"]'))
        elif widget == "choices":
            for one in value:
                self._choose(field, self._input(name, f'[value="{one}"]'))
        elif widget == "select":
            self._input(name).select_option(value)
        else:
            self._input(name).fill(_typed(widget, value))

    def _choose(self, field: dict[str, Any], choice: Locator) -> None:
        """Tick; where other fields depend on it, wait for the part to be drawn anew."""
        if choice.is_checked():
            return
        if field["name"] not in self.form.deciding:
            choice.check()
            return
        with self.page.expect_response(lambda response: response.request.method == "POST"):
            choice.check()
        self._drawn()

    def _drawn(self) -> None:
        expect(self.page.locator(_BUSY)).to_have_count(0)

    def _rows(self, field: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        for number, row in enumerate(rows):
            here = f"{field['name']}.{number}"
            if number:
                with self.page.expect_response(lambda response: response.request.method == "POST"):
                    self.page.locator(f'button[value="add:{field["name"]}"]').click()
                expect(self._input(f"{here}.{field['columns'][0]['name']}")).to_be_visible()
                self._drawn()
            for column in field["columns"]:
                if column["name"] in row:
                    self._answer(column, f"{here}.{column['name']}", row[column["name"]])

    def give_materials(self) -> None:
        expect(self.page.get_by_role("heading", level=1, name="提供材料")).to_be_visible()
        self.look("materials")
        for code in self.page.locator("section.material").evaluate_all("all => all.map(one => one.id)"):
            section = self.page.locator(f"#{code}")
            if (
                section.get_by_text(re.compile("^(不用您交|已提供)$")).count()
                or section.locator("h2 .optional").count()
            ):
                continue
            if code.removeprefix("material-") in self.story.commitments:
                section.locator('button[name="how"][value="commitment"]').click()
            elif code.removeprefix("material-") in self.story.library:
                section.get_by_label(re.compile("从我的材料库选")).select_option(index=1)
                section.get_by_role("button", name=re.compile("用这份")).click()
            else:
                section.locator('input[type="file"]').set_input_files(self.paper)
                section.locator("button").filter(has_text="上传").click()
            expect(self.page.locator(f"#{code}").get_by_text("已提供", exact=True)).to_be_visible()
        self.page.get_by_role("link", name="继续", exact=True).click()

    def submit(self) -> str:
        """Sign and submit; returns the case number."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("核对、签名、提交")
        self.look("check")
        self._sign()
        press(self.page, "签名并提交申请")
        expect(self.page).to_have_url(re.compile(r"/my/cases/\d{20}"))
        self.look("submitted")
        found = re.search(r"/my/cases/(\d{20})", self.page.url)
        assert found is not None
        return found[1]

    def _sign(self) -> None:
        self.page.get_by_label(re.compile("我已核对")).check()
        self.page.get_by_label("写下您的姓名作为签名").fill(self.signs)

    def correct(self, number: str) -> None:
        """Hand in again what the window asked for."""
        self.page.goto(f"/my/cases/{number}")
        self.look("to-correct")
        press(self.page, "去补正")
        self.page.locator('input[type="file"]').set_input_files(self.paper)
        self._sign()
        press(self.page, "签名并提交补正")
        expect(self.page.get_by_text("补正材料已经提交")).to_be_visible()


def _typed(widget: str, value: Any) -> str:
    """A stored value as a person types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value / 100:.2f}" if widget == "money" else str(value)
