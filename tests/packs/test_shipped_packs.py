"""Every pack that is shipped holds, and the demo city is the same city each time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import islice
from typing import Any

import pytest

from yiwang.config.command import main
from yiwang.data.registries.models import RegisterRecord
from yiwang.data.registries.queries import facts, held_about, look_up, registers
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.actions import DEMO_PASSWORD
from yiwang.foundation.accounts.models import Account, Party
from yiwang.foundation.files.queries import library
from yiwang.foundation.forms.queries import form, prefill
from yiwang.foundation.orgs.models import Agency, HolidayNotice, Region
from yiwang.foundation.orgs.queries import calendar, identity_number_error, uscc_error
from yiwang.foundation.rules.queries import facts_needed, table, version_row
from yiwang.foundation.seals.queries import seal_of
from yiwang.foundation.search.queries import search
from yiwang.packs import demo, reading
from yiwang.packs.models import Installation
from yiwang.packs.synthetic.employment import social_insurance
from yiwang.packs.synthetic.firms import firms
from yiwang.packs.synthetic.people import population
from yiwang.services.items.queries import published


@pytest.mark.parametrize("folder", reading.shipped(), ids=lambda folder: folder.name)
def test_every_shipped_file_holds(folder: Any) -> None:
    pack = reading.read(folder)
    assert pack.documents
    assert set(pack.requires) <= {shipped.name for shipped in reading.shipped()}


def actor(username: str, party: str = "") -> Actor:
    found = of_account(Account.objects.get(username=username))
    chosen = next((pid for pid, name, *_rest in found.parties if name == party), None)
    return of_account(Account.objects.get(username=username), party_id=chosen) if party else found


@pytest.mark.usefixtures("demo_city")
@pytest.mark.django_db
class TestTheCity:
    def test_what_is_in_it(self) -> None:
        levels = Counter(Region.objects.values_list("level", flat=True))
        assert levels == {"province": 1, "city": 1, "county": 6, "town": 24, "village": 48, "grid": 124}
        assert not Region.objects.exclude(level="province").filter(shape=None).exists()
        assert Agency.objects.filter(until=None).count() >= 40
        records = Counter(RegisterRecord.objects.values_list("register_id", flat=True))
        assert records["population"] >= 2000
        assert records["firms"] >= 300
        assert records["social_insurance"] >= 900

    def test_every_code_holds(self) -> None:
        codes = [code for code in Agency.objects.values_list("uscc", flat=True) if code]
        assert len(codes) >= 15
        assert [code for code in codes if uscc_error(code)] == []
        for party in Party.objects.all():
            check = identity_number_error if party.kind == "person" else uscc_error
            assert check(party.code.plain()) == ""
            assert "9901" in party.code.plain()[:8]

    def test_the_holidays_of_2018_to_2026_and_not_of_2027(self) -> None:
        assert calendar().years == set(range(2018, 2027))
        assert not calendar().day(dt.date(2026, 2, 17)).works
        assert HolidayNotice.objects.get(year=2025).source.endswith("（国办发明电〔2024〕12号）")

    def test_the_heroine_acts_for_herself_and_for_her_firm(self) -> None:
        herself = actor("linxiaomei")
        assert (herself.party_name, herself.ground) == ("林晓梅", "self")
        boss = actor("linxiaomei", "云州市晓梅餐饮有限公司")
        assert boss.ground == "legal-representative"
        assert {line.label: line.shown for line in held_about(herself)[0].lines()}[
            "住址所在村（社区）"
        ] == "云山区钟楼街道东门社区"
        firm = held_about(boss)[0]
        assert firm.data["legal_representative"] == "林晓梅"
        assert firm.data["legal_representative_number"] == Party.objects.get(id=herself.party_id).code.plain()

    @pytest.mark.parametrize(
        ("username", "age", "employed", "result"),
        [
            ("chenlixin", "within", False, "approve"),
            ("zhaomin", "within", True, "refuse"),
            ("wangjianguo", "over", False, "refuse"),
            ("zhouguilan", "unsure", False, "review"),
        ],
    )
    def test_what_the_registers_say_decides_an_unemployment_registration(
        self, username: str, age: str, employed: bool, result: str
    ) -> None:
        person = actor(username)
        assert person.party_id is not None
        wanted = ["population.working_age", "population.resident", "social_insurance.employed"]
        found = facts(
            wanted, actor=person, parties=[person.party_id], purpose="办理失业登记", today=dt.date(2026, 11, 21)
        )
        assert [fact.value for fact in found.values()] == [age, True, employed]
        known = {name.replace(".", "_"): fact.value for name, fact in found.items()}
        with_wish = {**known, "form_wants_work": True}
        output, rows = table(version_row("unemployment").id).evaluate(with_wish)
        assert output == {"result": result}
        assert rows[0].reason.endswith("。")

    def test_every_fact_that_the_table_asks_for_is_declared_by_a_register_or_asked_by_the_form(self) -> None:
        named = {f"{register.code}_{fact}" for register in registers() for fact in register.facts}
        asked = {f"form_{name}" for name in form("unemployment").fields}
        assert set(facts_needed("unemployment")) <= named | asked

    @pytest.mark.parametrize(
        ("typed", "name"),
        [(phrase, "食品经营许可核发") for phrase in ("开饭馆", "开餐馆", "饭店", "奶茶店", "小吃店")]
        + [(phrase, "失业登记") for phrase in ("没工作", "下岗", "失业")],
    )
    def test_everyday_words_find_the_items(self, typed: str, name: str) -> None:
        assert search(typed, limit=1).hits[0].title == name

    def test_the_heroine_s_form_is_filled_in_with_sources_and_asks_for_the_rest(self) -> None:
        boss = actor("linxiaomei", "云州市晓梅餐饮有限公司")
        permit = form("food-permit")
        known = prefill(permit, boss)
        assert known["firm_name"].source == "法人基础库"
        assert known["firm_type"].value == "有限责任公司（自然人独资）"
        assert known["operator_identity"].source == "人口基础库"
        data = {name: value.value for name, value in known.items()}
        context = {"situation": {"business": "snack", "premises": "rented", "online": "yes"}}
        missing = {problem.field for problem in permit.check(data, context)}
        assert missing == {
            "premises_area", "lease_until", "projects", "staff", "online_kinds", "safety_manager", "safety_manager_phone",
            "systems",
        }  # fmt: skip
        assert permit.check({**data, "premises_area": 86}, {"situation": {"premises": "owned", "online": "no"}})

    def test_her_library_holds_two_papers_for_the_permit(self) -> None:
        boss = actor("linxiaomei", "云州市晓梅餐饮有限公司")
        kinds = {material.kind for material in library(boss)}
        item = published("990100-scjg-food-permit")
        answers = {"business": "snack", "premises": "rented", "online": "no"}
        needs = item.materials_for(answers, {})
        assert kinds == {need.library_kind for need in needs if need.library_kind}
        to_upload = [need.code for need in needs if need.replaced_by is None and not need.library_kind]
        assert to_upload == ["layout"]
        assert len(item.materials_for({**answers, "premises": "owned"}, {})) == len(needs) - 1

    def test_limits_and_law_of_the_permit(self) -> None:
        item = published("990100-scjg-food-permit")
        assert item.limits.acceptance_days == 5
        assert item.limits.statutory is not None
        assert item.limits.promised is not None
        assert item.limits.promised.count < item.limits.statutory.count == 10
        assert any("第78号" in law["title"] for law in item.basis)
        assert len(item.situations) == 3

    def test_the_agencies_that_issue_have_their_seals(self) -> None:
        for agency in ("scjg", "rsj"):
            assert seal_of(agency).name

    def test_there_is_an_official_for_every_role_of_the_shipped_procedures(self) -> None:
        held = {role for account in Account.objects.all() for role in of_account(account).roles()}
        wanted = {
            part.split('"')[0]
            for folder in map(reading.find, demo.PACKS)
            for path in (folder / "procedures").glob("*.bpmn")
            for part in path.read_text(encoding="utf-8").split('role="')[1:]
        }
        assert wanted - {"party"} <= held

    def test_a_clerk_of_the_window_may_look_up_a_name(self) -> None:
        lin = Party.objects.get(name="林晓梅").code.plain()
        assert look_up("population", lin, purpose="核对身份", actor=actor("clerk")) is not None

    def test_legal_representatives_and_the_insured_are_among_the_people(self) -> None:
        people = {row["identity_number"] for row in population(9901, 2000)}
        assert {row["legal_representative_number"] for row in firms(9901, 300)} <= people
        assert {row["identity_number"] for row in social_insurance(9901, 2000)} <= people


@pytest.mark.usefixtures("demo_city")
@pytest.mark.django_db
def test_the_same_seed_is_the_same_city_and_another_one_is_another() -> None:
    assert list(population(7, 60)) == list(islice(population(7, 90), 60))
    assert list(firms(7, 20)) == list(firms(7, 20))
    assert list(population(7, 60)) != list(population(8, 60))


@pytest.mark.usefixtures("demo_city")
@pytest.mark.django_db
class TestDemoUp:
    def test_a_later_start_installs_nothing_and_prints_who_can_sign_in(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo, "migrate", lambda: 0)
        monkeypatch.setattr(demo, "REAL_ITEMS", demo.Path("nowhere.csv"))
        assert main(["demo", "up", "--prepare-only"]) == 0  # what is under way today is not part of the tests' city
        before = Installation.objects.count()
        assert main(["demo", "up", "--prepare-only", "--bind", "0.0.0.0:8001"]) == 0
        out = capsys.readouterr().out
        assert Installation.objects.count() == before
        assert "http://127.0.0.1:8001/" in out
        assert DEMO_PASSWORD in out
        for word in ("linxiaomei", "林晓梅", "也代表：云州市晓梅餐饮有限公司", "clerk", "综合窗口受理人员"):
            assert word in out

    def test_the_real_items_are_listed_once(self, tmp_path: demo.Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "items.csv"
        file.write_text(
            "department,group,name,item_code,area_code,task_type,department_code\n"
            "云州市教育局,未分类,教师资格认定,511A0300100001-990100000000-000-119901000008-1-00,990100000000,1,119901000008\n"
        )
        assert demo.import_list(file)
        assert not demo.import_list(file)
        assert not demo.import_list(tmp_path / "nowhere.csv")

    def test_columns_of_chinese_line_up(self) -> None:
        assert demo.wide("林晓梅", 10) == "林晓梅    "
        assert demo.wide("clerk", 10) == "clerk     "


@pytest.mark.usefixtures("demo_city")
@pytest.mark.django_db
def test_invented_phones_belong_to_no_carrier() -> None:
    assert {row["phone"][:3] for row in population(9901, 300) if row["phone"]} == {"164"}
