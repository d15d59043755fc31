"""Chinese texts are found in code, templates and components; a wrong English text is found; a node compiles what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils import translation

from tools import translations
from yiwang.config import catalogues

CODE = """
from django.utils.translation import gettext as _, gettext_lazy as later, ngettext

HELP = later("请填写")
def f(n):
    return _("第 %(n)s 页") % {"n": n} + ngettext("%(n)d 件", "%(n)d 件", n) + _("plain")
"""
TEMPLATE = """
{% load i18n %}
  <p>{% translate "您想办什么？" %}</p>
{# 不算 #}
    <c-field name="a" :label="_('姓名')" help="{% translate '照证件填写' %}" />
{% blocktranslate with name=actor.name trimmed %}
   您正在为 {{ name }} 办事
{% endblocktranslate %}
  <p title='it is "odd'>…</p>
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "room" / "templates" / "room").mkdir(parents=True)
    (tmp_path / "room" / "views.py").write_text(CODE)
    (tmp_path / "room" / "templates" / "room" / "page.html").write_text(TEMPLATE)
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "packages", lambda: {"room": tmp_path / "room"})
    monkeypatch.setattr(catalogues, "packages", lambda: {"room": tmp_path / "room"})
    return tmp_path / "room"


ENGLISH = {
    "请填写": "Please fill in",
    "第 %(n)s 页": "Page %(n)s",
    "%(n)d 件": "%(n)d cases",
    "您想办什么？": "What would you like to do?",
    "姓名": "Name",
    "照证件填写": "As on your document",
    "您正在为 %(name)s 办事": "You are acting for %(name)s",
}


def test_every_text_of_code_templates_and_components_is_found(package: Path) -> None:
    assert set(translations.missing()) == set(ENGLISH)


def test_a_catalogue_is_filled_and_then_nothing_is_wrong(package: Path) -> None:
    translations.write()
    assert len(translations.problems()) == len(ENGLISH)
    translations.write(ENGLISH)
    assert translations.problems() == []
    assert translations.missing() == {}


def test_a_text_that_changed_is_missing_and_its_former_self_is_left_over(package: Path) -> None:
    translations.write(ENGLISH)
    (package / "views.py").write_text(CODE.replace("请填写", "请写清楚"))
    problems = "\n".join(translations.problems())
    assert "'请写清楚' is missing" in problems
    assert "'请填写' is no longer in the sources" in problems
    translations.write()
    assert [line.split(": ", 1)[1] for line in translations.problems()] == ["'请写清楚' has no English"]


def test_a_text_keeps_its_english_when_it_moves_to_another_package(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    translations.write(ENGLISH)
    other = package.parent / "other"
    other.mkdir()
    (other / "views.py").write_text(CODE)
    monkeypatch.setattr(translations, "packages", lambda: {"other": other, "room": package})
    translations.write()
    assert translations.problems() == []


def test_chinese_that_nobody_can_translate_is_found(package: Path) -> None:
    translations.write(ENGLISH)
    page = package / "templates" / "room" / "page.html"
    page.write_text(TEMPLATE + '<p title="{{ 名 }}">忘了</p>\n<button lang="zh-Hans">中文</button>\n')
    (problem,) = translations.problems()
    assert "忘了" in problem
    assert f"page.html:{TEMPLATE.count(chr(10)) + 1}: " in problem


@pytest.mark.parametrize(
    ("chinese", "english", "fault"),
    [
        ("第 %(n)s 页", "Page %(m)s", "fills in"),
        ("共 {n} 件", "cases", "fills in"),
        ("完成", "完成", "has Chinese"),
        (" 编号", "Number", "space"),
        ("完成", "", "has no English"),
        ("云州市", "The city of 云州", ""),
        ("100%% 完成", "done", ""),
    ],
)
def test_faults_of_an_english_text(chinese: str, english: str, fault: str) -> None:
    found = translations.faults_of(Message(chinese, english))
    assert (fault in found[0]) if fault else not found


def test_two_packages_must_not_say_the_same_thing_in_two_ways(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translations.write(ENGLISH)
    other = package.parent / "other"
    other.mkdir()
    (other / "views.py").write_text('from django.utils.translation import gettext as _\n_("姓名")\n')
    monkeypatch.setattr(translations, "packages", lambda: {"room": package, "other": other})
    translations.write()
    place = other / catalogues.PLACE
    place.write_text(place.read_text().replace('"Name"', '"Full name"'))
    assert len(translations.problems()) == 1
    assert "reads 'Full name' here and 'Name' in room" in translations.problems()[0]


def test_a_node_compiles_one_catalogue_and_only_when_something_changed(package: Path, tmp_path: Path) -> None:
    translations.write(ENGLISH)
    place = package / catalogues.PLACE
    place.write_text(place.read_text().replace('msgid "姓名"', '#, fuzzy\nmsgid "姓名"'))
    compiled = catalogues.compile_catalogues(tmp_path / "out")
    stamp = compiled.stat().st_mtime_ns
    assert catalogues.compile_catalogues(tmp_path / "out").stat().st_mtime_ns == stamp
    import gettext

    with compiled.open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert english.gettext("您想办什么？") == "What would you like to do?"
    assert english.gettext("姓名") == "姓名"  # fuzzy: not believed
    assert english.ngettext("%(n)d 件", "%(n)d 件", 3) == "%(n)d cases"


def test_the_header_is_readable_for_other_tools(package: Path) -> None:
    translations.write(ENGLISH)
    with (package / catalogues.PLACE).open("rb") as file:
        catalogue: Catalog = read_po(file)
    assert catalogue.num_plurals == 2
    assert catalogue.charset == "utf-8"


def test_readers_who_ask_for_english_get_our_chinese_when_nothing_is_compiled() -> None:
    with translation.override("en"):
        assert translation.gettext("翻页位置无效") in {"翻页位置无效", "This place in the list is not valid"}


@pytest.mark.parametrize(
    ("chinese", "one", "two"),
    [
        ("%(n)s 个工作日", "1 working day", "2 working days"),
        ("%(n)s 天", "1 day", "2 days"),
        ("%(n)s 小时", "1 hour", "2 hours"),
    ],
)
def test_one_day_is_one_day_in_english(chinese: str, one: str, two: str, tmp_path: Path) -> None:
    """Limits and what is left of them, in the node's own catalogue."""
    import gettext

    with catalogues.compile_catalogues(tmp_path / "out").open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert [english.ngettext(chinese, chinese, count) % {"n": count} for count in (1, 2)] == [one, two]
