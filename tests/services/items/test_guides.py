"""Citizens find an item and read what it asks of them; programs read the same."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import agency, official
from tests.factories.items import PERMIT, permit_body, published_item, registration_body
from yiwang.foundation.access.queries import system
from yiwang.foundation.orgs.calendar import WorkCalendar
from yiwang.services.items import actions, slots
from yiwang.services.items.guides import worked
from yiwang.services.items.queries import Browse, browse, guide, published, standard_elements

pytestmark = pytest.mark.django_db

CALENDAR = WorkCalendar({dt.date(2026, 10, day): ("国庆节", False) for day in range(1, 8)}, frozenset({2026}))


def bare(code: str = "bare-1", name: str = "公司设立登记", **more: object) -> str:
    agency()
    actions.install(system("command"), {"code": code, "name": name, "agency": "scjg", "type": "01", **more})
    return code


def page(client: Client, address: str, **values: str) -> str:
    answer = client.get(address, values)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_guide_answers_in_the_order_in_which_people_ask(client: Client) -> None:
    published_item()
    shown = page(client, f"/items/{PERMIT}")
    headings = re.findall(r'<h2 id="(\w+)">', shown)
    assert headings == ["can", "need", "long", "cost", "where", "steps", "apply", "faq"]
    assert shown.index("事项登记信息") > shown.index("法律依据") > shown.index('id="apply"')
    for words in (
        "已经办好营业执照",
        "10 个工作日",
        "不收费",
        "云州市政务服务中心二楼",
        "用您的电子营业执照代替",
        "五年。到期前",
    ):
        assert words in shown


@time_machine.travel("2026-11-23 10:00+08:00")
def test_the_limit_is_worked_out_to_a_day(client: Client) -> None:
    published_item()
    shown = page(client, f"/items/{PERMIT}")
    assert "今天提交，最晚 <strong>2026年12月14日(周一)</strong> 办好。" in shown  # 5 + 10 working days
    assert "法律规定不超过 20 个工作日" in shown


def test_working_days_pass_over_holidays() -> None:
    published_item()
    found = worked(published(PERMIT), dt.date(2026, 9, 28), CALENDAR)
    assert found is not None
    assert (found.accept_by, found.due, found.provisional) == (dt.date(2026, 10, 12), dt.date(2026, 10, 26), False)
    assert worked(published(PERMIT), dt.date(2026, 12, 20), CALENDAR).provisional  # type: ignore[union-attr]


def test_what_is_decided_at_once_has_no_day(client: Client) -> None:
    published_item(registration_body())
    shown = page(client, "/items/990100-unemployment")
    assert "提交后当场出结果" in shown
    assert "最晚" not in shown


def test_materials_depend_on_the_answers(client: Client) -> None:
    published_item()
    shown = page(client, f"/items/{PERMIT}")
    assert "有的情况还要" in shown
    assert "经营场所是自己的还是租的：租的" in shown
    shown = page(client, f"/items/{PERMIT}", premises="own", kitchen="no")
    assert "房屋租赁合同" not in shown
    assert "散装白酒进货凭证" in shown  # depends on the form, so it is still said
    shown = page(client, f"/items/{PERMIT}", premises="rented", kitchen="castle")
    assert '<input type="radio" name="premises" value="rented" id="s-premises-rented" checked>' in shown


def test_the_groups_of_materials() -> None:
    published_item()
    found = guide(PERMIT, {"premises": "rented", "kitchen": "no"})
    assert [need.code for need in found.needs] == ["layout", "lease"]
    assert [need.code for need in found.fetched] == ["licence", "identity"]
    assert [need.code for need in found.promised] == ["promise"]
    assert [(each.need.code, each.words) for each in found.conditional] == [("alcohol", "按您填写的内容确定")]
    assert found.answered
    assert [each.need.code for each in guide(PERMIT, {"premises": "own"}).conditional] == ["flow", "alcohol"]


def test_the_way_to_apply_is_shown_when_there_is_one(client: Client) -> None:
    published_item()
    with slots.apply_links.plugged("trial", lambda item: f"/apply/{item.code}" if item.online else ""):
        assert f'href="/apply/{PERMIT}"' in page(client, f"/items/{PERMIT}")
        assert "开始办理" not in page(client, f"/items/{bare()}")


def test_what_is_paused_says_why_and_offers_no_form(client: Client) -> None:
    published_item(permit_body(service={"status": "paused", "reason": "大厅进水", "until": "2999-12-05"}))
    with slots.apply_links.plugged("trial", lambda item: "/apply"):
        shown = page(client, f"/items/{PERMIT}")
    assert "这项业务暂停办理" in shown
    assert "大厅进水" in shown
    assert "2999年12月5日" in shown
    assert "开始办理" not in shown


def test_an_item_without_details_gets_an_honest_guide(client: Client) -> None:
    code = bare(group="企业设立、变更、注销登记")
    bare("bare-2", "公司变更登记", group="企业设立、变更、注销登记")
    shown = page(client, f"/items/{code}")
    assert "这项业务目前在窗口办理" in shown
    assert "接下来怎么办" in shown
    assert "我要办“公司设立登记”，我这种情况能办吗？" in shown
    assert "公司变更登记" in shown  # what else belongs to it
    assert "需要什么材料" not in shown  # no empty headings
    assert 'href="tel:12345"' in shown


def test_a_withdrawn_item_says_so(client: Client) -> None:
    published_item()
    actions.withdraw(official("e", ["items.*"]), PERMIT, "改为备案")
    answer = client.get(f"/items/{PERMIT}")
    assert answer.status_code == 404
    assert "取消：改为备案" in answer.content.decode()
    assert client.get("/items/never-there").status_code == 404


def test_words_of_an_item_cannot_become_markup(client: Client) -> None:
    published_item(permit_body(summary="<script>alert(1)</script>", conditions=["<b>x</b>"]))
    shown = page(client, f"/items/{PERMIT}")
    assert "<script>alert" not in shown
    assert "<b>x</b>" not in shown


def test_ways_into_the_catalogue(client: Client) -> None:
    published_item()
    published_item(registration_body())
    bare()
    shown = page(client, "/items/")
    assert 'href="?life=open-shop"' in shown
    assert 'href="?theme=permit"' in shown
    assert 'href="?agency=scjg"' in shown
    assert 'href="?letter=S"' in shown
    assert "看全部 3 项" in shown


def test_an_empty_catalogue_says_what_to_do(client: Client) -> None:
    assert "还没有办事指南" in page(client, "/items/")


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (Browse(), [PERMIT, "bare-1", "990100-unemployment"]),
        (Browse(theme="permit"), [PERMIT]),
        (Browse(life="lose-work"), ["990100-unemployment"]),
        (Browse(agency="rsj"), ["990100-unemployment"]),
        (
            Browse(audience="person"),
            [PERMIT, "bare-1", "990100-unemployment"],
        ),  # nobody knows for whom bare-1 is: everybody sees it
        (Browse(audience="organisation"), [PERMIT, "bare-1"]),
        (Browse(letter="G"), ["bare-1"]),
        (Browse(online=True, agency="scjg"), [PERMIT]),
    ],
)
def test_the_catalogue_is_gone_through_by_headings(wanted: Browse, codes: list[str]) -> None:
    published_item()
    published_item(registration_body())
    bare()
    assert sorted(item.code for item in browse(wanted).items) == sorted(codes)


def test_a_list_keeps_its_filters_and_its_page_in_the_address(client: Client) -> None:
    for number in range(35):
        bare(f"bare-{number}", f"第{number:02d}项登记")
    shown = page(client, "/items/", agency="scjg")
    assert "共 35 项" in shown
    cursor = re.search(r'href="(\?[^"]*cursor=[^"]+)" rel="next"', shown)
    assert cursor is not None
    second = page(client, "/items/" + cursor.group(1).replace("&amp;", "&"))
    assert second.count("item-row") == 5 + 1  # five rows and their list
    assert "云州市市场监督管理局" in second


def test_an_empty_list_says_why_and_leads_on(client: Client) -> None:
    bare()
    shown = page(client, "/items/", letter="Q")
    assert "这样筛选没有事项" in shown
    assert "看全部事项" in shown


@pytest.mark.parametrize("query", ["theme=nowhere", "letter=ab", "for=x", "life=<", "agency=" + "x" * 200])
def test_a_wrong_address_shows_a_page(client: Client, query: str) -> None:
    bare()
    assert client.get(f"/items/?{query}").status_code == 200


def test_an_address_with_a_character_that_nothing_can_hold_is_refused_in_words(client: Client) -> None:
    answer = client.get("/items/?letter=%00&all=1")
    assert answer.status_code == 422
    assert "不能保存的字符" in answer.content.decode()


def test_a_cursor_that_is_not_ours_is_refused_in_words(client: Client) -> None:
    assert client.get("/items/?all=1&cursor=xx").status_code == 422


def test_pages_cost_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published_item()
    for number in range(40):
        bare(f"bare-{number}", f"第{number:02d}项登记", group="某类登记", themes=["permit"])
    client.get(f"/items/{PERMIT}")
    client.get("/items/bare-1")
    with django_assert_num_queries(1):  # which version holds
        client.get(f"/items/{PERMIT}")
    with django_assert_num_queries(2):  # and what else belongs to it
        client.get("/items/bare-1")
    with django_assert_num_queries(3):  # tags, agencies, letters
        client.get("/items/")
    with django_assert_num_queries(2):  # a page of rows, and how many
        client.get("/items/", {"theme": "permit", "agency": "scjg", "letter": "D", "for": "person"})
    client.get("/search", {"q": "登记"})
    with django_assert_num_queries(3):  # the stamp of the synonyms, the best, their texts
        client.get("/search", {"q": "登记"})


def test_everything_listed_is_found_by_search(client: Client) -> None:
    published_item()
    shown = page(client, "/search", q="饭馆")
    assert f'href="/items/{PERMIT}"' in shown
    assert "网上能办" in shown
    assert f'href="/items/{PERMIT}"' in page(client, "/search", q="990100 food permit")  # by its code


def test_programs_read_guides(client: Client) -> None:
    published_item()
    found = client.get(f"/api/v1/items/{PERMIT}", {"premises": "rented", "kitchen": "no"}).json()
    assert found["answered"] is True
    assert [need["code"] for need in found["materials"]] == ["layout", "lease", "licence", "identity", "promise"]
    assert found["materials"][2]["replaced_by"] == "licence"
    assert found["promised"] == {"count": 10, "unit": "working"}
    assert found["worked"]["due"]
    assert client.get("/api/v1/items/nowhere").status_code == 404


def test_programs_find_items(client: Client) -> None:
    published_item()
    published_item(registration_body())
    found = client.get("/api/v1/items/search", {"q": "许可", "audience": "person", "agency": "scjg"}).json()
    assert [(hit["code"], hit["online"]) for hit in found["items"]] == [(PERMIT, True)]
    assert client.get("/api/v1/items/search", {"q": "许可", "theme": "work"}).json()["items"] == []


def test_programs_go_through_the_catalogue(client: Client) -> None:
    published_item()
    for number in range(3):
        bare(f"bare-{number}", f"第{number}项登记")
    first = client.get("/api/v1/items", {"size": 3}).json()
    rest = client.get("/api/v1/items", {"size": 3, "cursor": first["next"]}).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 1, ""]
    assert client.get("/api/v1/items/headings").json()["total"] == 4
    assert client.get("/api/v1/items/schema").json()["title"] == "实施清单事项"


def test_the_elements_of_the_standard(client: Client) -> None:
    published_item(permit_body(joint_agencies=[{"name": "卫健委"}], reach="cities", agency_nature="1"))
    found = standard_elements(published(PERMIT))
    assert found["事项类型代码"] == "01"
    assert found["事项类型"] == "行政许可"
    assert (found["承诺办结时限"], found["承诺办结时限单位"]) == ("10", "工作日")
    assert (found["是否收费"], found["是否网办"], found["通办范围代码"]) == ("0", "1", "3")
    assert found["服务对象代码"] == "1,2"
    assert (
        found["材料"][2] == {"材料名称": "经营场所布局图", "原件份数": 0, "复印件份数": 1, "是否必备材料": "1"}
        or found["材料"][2]["材料名称"] == "经营场所布局图"
    )
    assert "办理地点" in found
    assert all(len(value) <= 1000 for value in found.values() if isinstance(value, str))
    assert client.get(f"/api/v1/items/{PERMIT}/standard").json()["事项名称"] == "食品经营许可核发"
