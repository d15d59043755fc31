"""What every page keeps: its weight, its safety, its answers to what is wrong, the reader's wishes."""

from __future__ import annotations

import gzip
import re

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.http import HttpRequest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from yiwang.kernel.refusals import Invalid, Problem, SignInNeeded
from yiwang.kernel.slots import Slot
from yiwang.web import menus
from yiwang.web.context import READING_COOKIE
from yiwang.web.slots import Place, citizen_places
from yiwang.web.views import failed, safe_next, to_sign_in

pytestmark = pytest.mark.django_db


def weight(client: Client, address: str) -> int:
    """Bytes of a page with everything that it loads, compressed as the node serves it."""
    page = client.get(address).content
    total = len(gzip.compress(page, 6))
    for name in set(re.findall(rb'(?:src|href)="/static/([^"]+)"', page)):
        path = finders.find(name.decode())
        assert path, f"{name!r} is not there"
        with open(path, "rb") as file:
            total += len(gzip.compress(file.read(), 6))
    return total


@pytest.mark.parametrize("address", ["/", "/accessibility", "/accounts/login/", "/look", "/look?face=staff"])
def test_a_page_comes_quickly_on_a_slow_line(client: Client, address: str) -> None:
    assert weight(client, address) < 60_000


@pytest.mark.parametrize("address", ["/accessibility", "/accounts/login/", "/look", "/look?face=board", "/nowhere"])
def test_no_page_carries_an_inline_script_or_style(client: Client, address: str) -> None:
    answer = client.get(address)
    text = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    assert all('type="application/json"' in tag for tag in inline)
    assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address", ["/look", "/look?face=staff", "/look?face=board", "/accounts/login/", "/accessibility"]
)
def test_every_id_is_given_once_and_every_name_for_one_is_right(client: Client, address: str) -> None:
    text = client.get(address).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    named = re.findall(r'\s(?:for|aria-labelledby|aria-describedby)="([^"]+)"', text)
    assert {name for names in named for name in names.split()} <= set(ids)


def test_the_style_page_is_for_demo_nodes_only(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.web import views

    monkeypatch.setattr(views.environment, "demo", False)
    assert client.get("/look").status_code == 404


def test_large_print_is_kept_in_a_cookie_and_leads_back(client: Client) -> None:
    answer = client.post("/reading", {"mode": "large", "next": "/accessibility"})
    assert (answer.status_code, answer["Location"]) == (302, "/accessibility")
    assert answer.cookies[READING_COOKIE].value == "large"
    assert 'data-reading="large"' in client.get("/accessibility").content.decode()
    client.post("/reading", {"mode": "normal", "next": "/accessibility"})
    assert 'data-reading="large"' not in client.get("/accessibility").content.decode()


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_nobody_is_led_away_to_another_site(client: Client, address: str) -> None:
    assert client.post("/reading", {"mode": "large", "next": address})["Location"] == "/"
    assert safe_next(RequestFactory().get("/"), address, "/my") == "/my"


def test_reading_aloud_and_large_print_are_asked_by_post_only(client: Client) -> None:
    assert client.get("/reading").status_code == 405


def test_a_failure_is_told_without_asking_the_store(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.id = "abc-123"  # type: ignore[attr-defined]
    with CaptureQueriesContext(connection) as queries:
        answer = failed(request)
    assert len(queries) == 0
    assert answer.status_code == 500
    assert "abc-123" in answer.content.decode()
    assert "系统错误" not in answer.content.decode()


def test_a_refusal_names_what_is_wrong_and_a_number_to_quote(rf: RequestFactory, client: Client) -> None:
    from yiwang.web.views import refused

    request = rf.get("/", headers={"HX-Request": "true"})
    request.id = "abc-12345"  # type: ignore[attr-defined]
    refusal = Invalid("没有提交成功。", problems=[Problem("phone", "format", "手机号码应为 11 位")])
    answer = refused(request, refusal)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "手机号码应为 11 位" in text
    assert "abc-12345" in text
    assert "<html" not in text


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(rf: RequestFactory) -> None:
    assert to_sign_in(rf.get("/my/cases?cursor=x"))["Location"] == "/accounts/login/?next=/my/cases%3Fcursor%3Dx"


def test_after_a_form_the_way_back_is_the_page_on_which_it_stood(rf: RequestFactory) -> None:
    request = rf.post("/my/cases/1/withdraw", headers={"Referer": "http://testserver/my/cases/1"})
    assert to_sign_in(request)["Location"] == "/accounts/login/?next=http%3A//testserver/my/cases/1"
    request = rf.post("/my/cases/1/withdraw", headers={"Referer": "http://elsewhere.example/"})
    assert to_sign_in(request)["Location"] == "/accounts/login/?next=/"


def test_a_fragment_makes_the_whole_page_sign_in(rf: RequestFactory) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk?q=1"}
    answer = to_sign_in(rf.get("/desk/panel/1", headers=headers))
    assert answer.status_code == 401
    assert answer["HX-Redirect"].endswith("?next=http%3A//testserver/desk%3Fq%3D1")


def show(source: str, **values: object) -> str:
    from django_cotton.compiler_regex import CottonCompiler

    return Template(CottonCompiler().process(source)).render(Context(values))


EVIL = '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    "source",
    [
        '<c-button :name="evil" :value="evil" data-x="{{ evil }}">{{ evil }}</c-button>',
        '<c-button :href="evil" icon="x">x</c-button>',
        '<c-field name="a" :label="evil" :value="evil" :help="evil" :error="evil" :source="evil" :placeholder="evil" />',
        '<c-field name="a" type="textarea" label="{{ evil }}" value="{{ evil }}" />',
        '<c-field name="a" type="radio" label="x" :options="options" :value="evil" />',
        '<c-field name="a" type="select" label="x" :options="options" />',
        '<c-badge :title="evil">{{ evil }}</c-badge>',
        '<c-card :title="evil" :href="evil" :note="evil" />',
        '<c-file-row :name="evil" :href="evil" :kind="evil" :note="evil" />',
        '<c-figure :value="evil" :label="evil" :href="evil" :unit="evil" :note="evil" />',
        '<c-summary-row :label="evil" :source="evil" :href="evil">{{ evil }}</c-summary-row>',
        '<c-notice :title="evil">{{ evil }}</c-notice>',
        '<c-empty :title="evil">{{ evil }}</c-empty>',
        '<c-breadcrumbs :here="evil" />',
        '<c-error-summary :problems="problems" :title="evil" />',
        '<c-timeline :events="events" />',
        '<c-steps :steps="steps" />',
        '<c-tabs :tabs="tabs" :label="evil" />',
        '<c-progress :label="evil" :note="evil" :value="evil" />',
    ],
)
def test_what_people_typed_never_becomes_markup(source: str) -> None:
    text = show(
        source,
        evil=EVIL,
        options=[(EVIL, EVIL)],
        problems=[Problem(EVIL, "x", EVIL)],
        events=[{"day": EVIL, "what": EVIL, "who": EVIL, "note": EVIL, "href": EVIL}],
        steps=[{"name": EVIL, "state": "done", "href": EVIL, "note": EVIL}],
        tabs=[{"name": EVIL, "href": EVIL, "count": 1}],
    )
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_component_sees_nothing_of_its_page_but_what_it_is_given() -> None:
    assert "从页面漏进来" not in show('<c-field name="a" label="x" />', error="从页面漏进来", help="从页面漏进来")


def test_a_field_ties_its_words_to_its_control() -> None:
    text = show('<c-field name="firm.uscc" label="代码" help="18 位" error="不对" source="来自登记" />')
    assert 'id="f-firm-uscc"' in text
    assert 'aria-describedby="f-firm-uscc-help f-firm-uscc-error f-firm-uscc-source"' in text
    assert 'aria-invalid="true"' in text
    assert 'aria-required="true"' in text
    assert "(选填)" not in text


def test_a_choice_keeps_what_was_chosen() -> None:
    text = show('<c-field name="a" type="checkboxes" label="x" :options="options" :value="chosen" />',
                options={"1": "一", "2": "二", "3": "三"}, chosen=["1", 3])  # fmt: skip
    assert re.findall(r'value="(\d)"[^>]* checked', text) == ["1", "3"]


def test_a_menu_shows_what_this_reader_may_see_in_order_with_what_waits(rf: RequestFactory) -> None:
    request = rf.get("/accessibility/more")
    hidden = Place("藏着", "look", "x", shown=lambda request: False)
    second = Place("说明", "accessibility", "accessible", order=2, count=lambda request: 3)
    first = Place("样式", "look", "palette", order=1)
    menu: Slot[Place] = Slot("menu")
    for key, place in {"hidden": hidden, "second": second, "first": first}.items():
        menu.plug(key, place)
    shown = [(entry.key, entry.count, entry.current) for entry in menus.entries(menu, request)]
    assert shown == [("first", 0, False), ("second", 3, True)]


def test_the_search_of_the_header_is_a_form(client: Client) -> None:
    with citizen_places.plugged("search", Place("搜索", "accessibility", "search")):
        text = client.get("/look?q=开饭馆").content.decode()
    assert re.search(r'<form class="top-search" role="search" action="/accessibility" method="get">', text)
    assert 'value="开饭馆"' in text


def test_an_unknown_icon_is_a_defect_and_a_known_one_is_light() -> None:
    from yiwang.web.assets import icon

    with pytest.raises(LookupError):
        icon("no-such-icon")
    assert icon("search").startswith('<svg viewBox="0 0 24 24"')
    assert len(icon("search")) < 300


def test_words_for_days_sums_and_sizes() -> None:
    import datetime as dt

    from yiwang.web.templatetags import yiwang as tags

    assert tags.day(dt.date(2026, 11, 21)) == "2026年11月21日(周六)"
    assert tags.moment(dt.datetime(2026, 11, 21, 16, 5, tzinfo=dt.UTC)) == "2026年11月22日(周日) 00:05"
    assert tags.yuan(123400) == "¥1,234.00"
    assert tags.grouped(1234567) == "1,234,567"
    assert tags.duration(3 * 86400 + 5) == "3 天"
    assert [tags.filesize(size) for size in (12, 843120, 3145728, None)] == ["12 B", "823 KB", "3.0 MB", ""]


def test_the_address_of_a_list_keeps_its_state(rf: RequestFactory) -> None:
    request: HttpRequest = rf.get("/desk?state=open&cursor=abc")
    template = Template('{% query cursor="x y" %}|{% query cursor=None %}|{% query state=None cursor="" %}')
    assert template.render(Context({"request": request})) == "?state=open&cursor=x+y|?state=open|?".replace(
        "&", "&amp;"
    )


def test_signing_in_is_needed_is_not_shown_as_a_refusal(client: Client) -> None:
    assert SignInNeeded.status == 401
    assert client.get("/my/account").status_code == 302


def test_a_group_of_the_staff_s_menu_stands_once() -> None:
    slot: Slot[Place] = Slot("trial")
    for key, order, group in (("b", 20, "证照"), ("a", 10, "办件"), ("d", 40, "证照"), ("c", 30, "系统")):
        slot.plug(key, Place(key, "home", "home", order, group))
    assert [entry.key for entry in menus.entries(slot, RequestFactory().get("/x"))] == ["a", "b", "d", "c"]
