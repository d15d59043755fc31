"""Sample applications: declared by packs, checked with file and line, one for each item that the demo city specifies fully."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yiwang.config.command import main
from yiwang.kernel.refusals import Invalid
from yiwang.packs import demo, reading, stories

FOLDERS = [reading.find(name) for name in demo.PACKS]
STORIES = stories.declared(FOLDERS)


def body_of(folder: Path, kind: str) -> list[dict[str, object]]:
    return [document.body for document in reading.read(folder).documents if document.kind == kind]


def test_every_item_of_the_demo_city_has_one() -> None:
    assert {story.item for story in STORIES} == {
        str(item["code"]) for folder in FOLDERS for item in body_of(folder, "items")
    }
    assert len(STORIES) == 12


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.pack)
def test_its_steps_are_steps_of_the_procedure_and_its_people_have_accounts(story: stories.Story) -> None:
    accounts = {str(body["username"]) for body in body_of(reading.find("yunzhou"), "accounts")}
    people = {story.account, *(step.by for step in story.decisions)} | (
        {story.correction.by} if story.correction else set()
    )
    assert people <= accounts
    drawn = "".join(str(body["bpmn"]) for body in body_of(reading.find(story.pack), "procedures"))
    assert {step.step for step in story.decisions} <= set(re.findall(r'userTask id="(\w+)"', drawn))
    timers = {step.timer for step in story.steps if isinstance(step, stories.Wait)}
    assert timers <= set(re.findall(r'boundaryEvent id="(\w+)"', drawn))
    assert bool(drawn) != story.counter
    assert not story.counter or not story.steps


def test_one_of_them_waits_for_a_timer_and_one_has_a_joint_review_with_veto() -> None:
    assert any(isinstance(step, stories.Wait) for story in STORIES for step in story.steps)
    drawn = "".join(str(body["bpmn"]) for story in STORIES for body in body_of(reading.find(story.pack), "procedures"))
    assert 'rule="veto"' in drawn


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "walk.yaml").write_text(
        "item: some-item\nsearch: 开店\naccount: someone\nsteps:\n  - {by: clerk, stp: accept, outcome: x}\n"
    )
    with pytest.raises(Invalid) as refusal:
        stories.read(tmp_path)
    assert {problem.field for problem in refusal.value.problems} == {"walk.yaml:5"}


def test_a_pack_without_one_has_none(tmp_path: Path) -> None:
    assert stories.read(tmp_path) is None


def test_an_item_that_nobody_declares_is_not_walked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "walk", "--item", "no-such-item", "--out", str(tmp_path)]) == 1
    assert "990100-scjg-food-permit" in capsys.readouterr().err


def test_a_node_that_does_not_answer_ends_the_walk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "walk", "--item", "clinic", "--out", str(tmp_path), "--at", "http://127.0.0.1:9"]) == 1
    assert "the walk ended" in capsys.readouterr().err
