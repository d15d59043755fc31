"""A message is sent by the node, read by the party it is for, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from tests.factories import citizen, firm_of, official
from tests.factories.browsing import browser_of
from tests.factories.notices import message_templates, told
from tests.helpers import recorded, refused
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import system
from yiwang.foundation.messages import actions
from yiwang.foundation.messages.actions import Unsendable, read, read_all, send
from yiwang.foundation.messages.models import Message
from yiwang.foundation.messages.queries import PAGE, inbox, message, unread
from yiwang.kernel.refusals import Denied, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _templates() -> Iterator[None]:
    with message_templates():
        yield


def test_a_message_is_sent_in_words_and_kept_sealed() -> None:
    actor = citizen()
    with recorded("messages.send", by=system(), kind="message") as entries:
        sent = told(actor)
    assert sent.title == "“食品经营许可核发”已受理"
    assert sent.text.endswith("最晚 2026年12月1日 答复您。")
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM inbox_message")
        assert "食品".encode() not in bytes(cursor.fetchone()[0])
    assert "食品" not in entries[0].content


def test_only_the_data_that_the_template_asks_for_is_kept() -> None:
    actor = citizen()
    data = {"item": "许可", "number": "1", "day": "明天", "identity": "secret"}
    assert actor.party_id is not None
    assert Message.objects.get(id=send(actor.party_id, "test-accepted", data).id).data == {
        "item": "许可",
        "number": "1",
        "day": "明天",
    }


@pytest.mark.parametrize(
    ("template", "data", "link"),
    [
        ("nothing", {}, ""),
        ("test-accepted", {"item": "x", "number": "1"}, ""),
        ("test-correction", {"item": "x", "what": "y"}, "https://evil.example/"),
        ("test-correction", {"item": "x", "what": "y"}, "//evil.example/"),
        ("test-correction", {"item": "x", "what": "y"}, "/\\evil.example/"),
        ("test-correction", {"item": "x", "what": "y"}, "/" + "x" * 300),
    ],
)
def test_what_cannot_be_said_is_not_sent(template: str, data: dict[str, Any], link: str) -> None:
    party = citizen().party_id
    assert party is not None
    with pytest.raises(Unsendable):
        send(party, template, data, link=link)
    assert not Message.objects.exists()


def test_people_do_not_send_in_the_node_s_name() -> None:
    actor = citizen()
    refused(actions._send, actor, actor.party_id, "test-accepted", {}, "")


def test_a_message_is_read_once_and_counted() -> None:
    actor = citizen()
    first, _second = told(actor), told(actor)
    assert unread(actor) == 2
    with recorded("messages.read", by=actor, kind="message", subject=first.id):
        opened = read(actor, first.id)
    assert read(actor, first.id).read_at == opened.read_at
    assert unread(actor) == 1
    with recorded("messages.read-all", by=actor, kind="inbox"):
        assert read_all(actor) == 1
    assert unread(actor) == 0
    assert all(shown.read_at for shown in inbox(actor).items)


def test_a_neighbour_reads_nothing_and_the_attempt_is_kept() -> None:
    sent, neighbour = told(citizen()), citizen("邻居")
    theirs = refused(read, neighbour, sent.id)
    assert theirs.status == 404
    with pytest.raises(Refusal) as seen:
        message(neighbour, sent.id)
    with pytest.raises(Refusal) as nothing:
        message(neighbour, uuid4())
    assert (str(seen.value), seen.value.status) == (str(nothing.value), nothing.value.status)
    assert Denial.objects.filter(permission="messages.view", subject=f"message:{sent.id}").exists()
    assert inbox(neighbour).items == []
    assert Message.objects.get().read_at is None


def test_a_firm_s_messages_are_read_when_acting_for_the_firm() -> None:
    person = citizen()
    firm = firm_of(person)
    told(firm)
    assert unread(person) == 0
    assert unread(firm) == 1
    assert len(inbox(firm).items) == 1


def test_somebody_without_a_party_has_no_inbox() -> None:
    clerk = official("window-clerk")
    assert unread(clerk) == 0
    with pytest.raises(Denied):
        inbox(clerk)
    refused(read_all, clerk)


def test_pages_of_the_inbox_follow_each_other(django_assert_num_queries: Any) -> None:
    actor = citizen()
    sent = [told(actor).id for _number in range(PAGE + 3)]
    with django_assert_num_queries(1):
        first = inbox(actor)
    rest = inbox(actor, first.next)
    assert [m.id for m in first.items + rest.items] == sorted(sent, reverse=True)
    assert rest.next == ""


def test_the_page_lists_opens_and_marks_without_script() -> None:
    actor = citizen()
    browser = browser_of(actor)
    assert "还没有消息" in browser.get("/my/messages").content.decode()
    sent = told(actor, "<b>粗</b>许可")
    listed = browser.get("/my/messages").content.decode()
    assert "&lt;b&gt;粗" in listed
    assert "<b>粗" not in listed
    assert "未读" in listed
    opened = browser.get(f"/my/messages/{sent.id}").content.decode()
    assert "答复您" in opened
    assert 'href="/my/cases/990100202611210000010001"' in opened
    assert Message.objects.get().read_at is not None
    told(actor)
    assert "已全部标为已读" in browser.post("/my/messages/read", follow=True).content.decode()
    assert unread(actor) == 0


def test_the_pages_are_for_their_owner() -> None:
    sent = told(citizen())
    assert browser_of(citizen("邻居")).get(f"/my/messages/{sent.id}").status_code == 404
    assert Client().get("/my/messages").status_code == 302
    assert Client().get(f"/my/messages/{sent.id}").status_code == 302


def test_the_api_lists_counts_and_marks() -> None:
    actor = citizen()
    sent, other = told(actor), told(actor)
    browser = browser_of(actor)
    body = browser.get("/api/v1/messages").json()
    assert {item["id"] for item in body["items"]} == {str(other.id), str(sent.id)}
    assert body["items"][0]["title"] == "“食品经营许可核发”已受理"
    assert browser.get("/api/v1/messages/unread").json() == {"count": 2}
    assert browser.post(f"/api/v1/messages/{sent.id}/read").json()["read_at"]
    assert browser.post("/api/v1/messages/read").json() == {"count": 1}
    neighbour = browser_of(citizen("邻居"))
    assert neighbour.post(f"/api/v1/messages/{sent.id}/read").status_code == 404
    assert Client().get("/api/v1/messages").status_code == 401
    assert browser.get("/api/v1/messages?cursor=junk").status_code == 422
