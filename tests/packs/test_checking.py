"""A mistake in a pack is told with the file, the line, the part and the remedy; nothing is guessed, nothing is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.packs.making import files, written
from yiwang.kernel.refusals import Invalid
from yiwang.packs import reading
from yiwang.packs.models import Installation

Change = Callable[[dict[str, Any]], object]


def test_a_pack_that_holds_is_read_in_the_order_in_which_it_is_installed(tmp_path: Path) -> None:
    content = files()
    content["regions/all.yaml"].reverse()  # parents are found wherever they stand
    pack = reading.read(written(tmp_path, content))
    assert [document.kind for document in pack.documents] == ["regions"] * 5 + ["agencies"] * 2 + ["roles", "registers"]
    assert [document.code for document in pack.documents][:3] == ["990000", "990100", "990102"]
    assert pack.digest == reading.digest_of(tmp_path / "small")


def test_the_digest_is_over_every_file_and_its_place(tmp_path: Path) -> None:
    place = written(tmp_path)
    before = reading.digest_of(place)
    (place / ".git").mkdir()
    (place / ".git" / "HEAD").write_text("x")
    assert reading.digest_of(place) == before
    (place / "registers" / "people.csv").rename(place / "registers" / "persons.csv")
    assert reading.digest_of(place) != before


def put(path: str, value: Any) -> Change:
    return lambda content: content.__setitem__(path, value)


def edit(path: str, change: Callable[[Any], object]) -> Change:
    return lambda content: change(content[path])


@pytest.mark.parametrize(
    ("change", "where", "word"),
    [
        (lambda content: content.pop("pack.yaml"), "pack.yaml", "add it"),
        (put("pack.yaml", "name: [\n"), "pack.yaml:2", "not valid YAML"),
        (edit("pack.yaml", lambda body: body.pop("title")), "pack.yaml:1", '"title" is missing; add it'),
        (edit("pack.yaml", lambda body: body.update(version=1)), "pack.yaml:2", 'put it in quotes: "1"'),
        (edit("pack.yaml", lambda body: body.update(author="x")), "pack.yaml:4", '"author" is not known'),
        (edit("pack.yaml", lambda body: body.update(name="other")), "pack.yaml:1", "make them the same"),
        (put("recipes/soup.yaml", {"code": "soup"}), "recipes/", "no kind of declaration 'recipes'"),
        (put("regions/all.yaml", "- code: 990000\n"), "regions/all.yaml:1", 'put it in quotes: "990000"'),
        (edit("regions/all.yaml", lambda body: body[1].update(level="town?")), "regions/all.yaml:6", "is not one of"),
        (edit("regions/all.yaml", lambda body: body[1].pop("parent")), "regions/all.yaml:4", '"parent" is missing'),
        (edit("regions/all.yaml", lambda body: body.append({**body[0]})), "regions/all.yaml:20", "declared already in"),
        (edit("agencies/all.yaml", lambda body: body[0].update(uscc="X")), "agencies/all.yaml:4", "does not have the form"),
        (edit("roles/all.yaml", lambda body: body[0].update(permissions=["all"])), "roles/all.yaml:4", "form"),
        (
            edit("registers/population.yaml", lambda body: body["register"].update(key="nothing")),
            "registers/population.yaml:6", "nothing",
        ),
        (
            edit("registers/population.yaml", lambda body: body["rows"].append({"generate": "gold", "seed": 1, "count": 1})),
            "registers/population.yaml:", "nothing generates 'gold'",
        ),
        (lambda content: content.pop("registers/people.csv"), "registers/population.yaml:1", "is not in the pack"),
        (
            put("calendars/2027.yaml", "year: 2027\nsource: 放假通知\ndays:\n  - {date: 2027-02-30, name: 春节, works: false}\n"),
            "calendars/2027.yaml:3", "day is out of range",
        ),
        (put("procedures/p.bpmn", "<a>"), "procedures/p.bpmn:1", "not valid XML"),
        (put("procedures/p.bpmn", "<a/>"), "procedures/p.bpmn:1", "one bpmn:process"),
        (put("items/i.yaml", {"name": "无码"}), "items/i.yaml:1", '"code" is missing'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is(tmp_path: Path, change: Change, where: str, word: str) -> None:
    content = files()
    change(content)
    with pytest.raises(Invalid) as refusal:
        reading.read(written(tmp_path, content))
    told = [(problem.field, problem.message) for problem in refusal.value.problems]
    assert any(field.startswith(where) and word in message for field, message in told), told


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    content = files()
    content["pack.yaml"]["version"] = 1
    content["regions/all.yaml"][0]["level"] = "world"
    content["roles/all.yaml"][0]["colour"] = "red"
    with pytest.raises(Invalid) as refusal:
        reading.read(written(tmp_path, content))
    assert {problem.field.split(":")[0] for problem in refusal.value.problems} == {
        "pack.yaml", "regions/all.yaml", "roles/all.yaml",
    }  # fmt: skip


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    place = written(tmp_path)
    (place / "roles" / "gb.yaml").write_bytes("- code: 窗口".encode("gb18030"))
    with pytest.raises(Invalid, match="1 mistake") as refusal:
        reading.read(place)
    assert "UTF-8" in refusal.value.problems[0].message


def test_a_pack_cannot_reach_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    content = files()
    place = written(tmp_path, content)
    (place / "registers" / "people.csv").unlink()
    (place / "registers" / "people.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(Invalid, match="mistake"):
        reading.read(place)


def test_an_unknown_pack_names_the_shipped_ones() -> None:
    with pytest.raises(Invalid, match="yunzhou"):
        reading.find("nowhere")


@pytest.mark.django_db
def test_checking_never_touches_the_store(tmp_path: Path) -> None:
    reading.read(written(tmp_path))
    assert not Installation.objects.exists()
