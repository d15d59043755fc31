"""What a program and a person are told when something is wrong: never a bare trace, always the number to quote."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, override_settings

from tests.factories import citizen
from yiwang.config import answers
from yiwang.foundation.accounts.models import Account

pytestmark = pytest.mark.django_db
DOCUMENT = "application/problem+json"


def browser(*, csrf: bool = False, signed_in: bool = True) -> Client:
    client = Client(raise_request_exception=False, enforce_csrf_checks=csrf)
    if signed_in:
        client.force_login(Account.objects.get(pk=citizen().account_id))
    return client


def document(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response["Content-Type"]) == (status, DOCUMENT)
    body: dict[str, Any] = json.loads(response.content)
    assert (body["status"], body["code"], body["request_id"]) == (status, code, response["X-Request-ID"])
    return body


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the list of messages, a page and an operation of the API, fail with an error of ours."""

    def break_with(error: Exception) -> None:
        def fail(*args: Any, **kwargs: Any) -> Any:
            raise error

        monkeypatch.setattr("yiwang.foundation.messages.queries.inbox", fail)

    return break_with


def test_an_address_that_is_not_there() -> None:
    document(Client().get("/api/v1/nowhere"), 404, "missing")
    page = Client().get("/nowhere")
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")


def test_a_failure_is_told_with_its_number_and_logged_with_its_trace(
    broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken(RuntimeError("the cat sat on it"))
    with caplog.at_level(logging.ERROR):
        body = document(browser().get("/api/v1/messages"), 500, "failure")
    assert "cat" not in json.dumps(body)
    traces = [record for record in caplog.records if record.exc_info or "the cat sat on it" in record.getMessage()]
    assert traces


def test_a_page_that_fails_shows_the_number_to_quote_and_nothing_of_the_program(broken: Any) -> None:
    broken(RuntimeError("the cat sat on it"))
    response = browser().get("/my/messages", headers={"X-Request-ID": "number-to-quote"})
    text = response.content.decode()
    assert response.status_code == 500
    assert "number-to-quote" in text
    assert "cat" not in text


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/v1/messages", DOCUMENT), ("/my/messages", "text/html; charset=utf-8")]
)
def test_a_store_that_does_not_answer_is_503_with_a_time_to_come_back(broken: Any, path: str, kind: str) -> None:
    broken(OperationalError("server closed the connection unexpectedly"))
    response = browser().get(path)
    assert (response.status_code, response["Content-Type"]) == (503, kind)
    assert response["Retry-After"] == answers.RETRY_AFTER


def test_nobody_is_asked_to_sign_in() -> None:
    document(Client().get("/api/v1/messages"), 401, "sign-in-needed")


def test_a_browser_session_needs_the_csrf_token_on_the_api() -> None:
    client = browser(csrf=True)
    document(client.post("/api/v1/messages/read", b"{}", "application/json"), 403, "csrf")
    client.get("/accounts/2fa/")  # any page with a form sets the cookie
    token = client.cookies["yiwang_csrf"].value
    headers = {"X-CSRFToken": token}
    assert client.post("/api/v1/messages/read", b"{}", "application/json", headers=headers).status_code < 400


def test_reading_over_the_api_needs_no_csrf_token() -> None:
    assert browser(csrf=True).get("/api/v1/messages").status_code == 200


def test_a_page_without_its_csrf_token_says_what_to_do() -> None:
    response = browser(csrf=True).post("/my/messages/read")
    assert response.status_code == 403
    assert "刷新" in response.content.decode()


def test_a_body_that_is_no_json() -> None:
    body = document(browser().post("/api/v1/drafts", b"{broken", "application/json"), 400, "bad-request")
    assert "JSON" in body["title"]


def test_fields_are_named_with_what_to_do() -> None:
    body = document(browser().post("/api/v1/drafts", b"{}", "application/json"), 422, "invalid")
    assert body["problems"]
    for problem in body["problems"]:
        assert problem["rule"] == "missing"
        assert problem["message"] == f"“{problem['field']}”：没有填写，请补上。"


def test_too_much_text_is_refused_with_what_to_do() -> None:
    much = json.dumps({"text": "长" * 1_100_000}).encode()
    document(browser().post("/api/v1/drafts", much, "application/json"), 413, "too-large")
    page = browser().post("/my/identity", {"party": "长" * 1_100_000})
    assert page.status_code == 413


def test_too_many_fields_are_refused() -> None:
    assert browser().post("/my/identity", {f"f{n}": "" for n in range(2_100)}).status_code == 413


def test_another_name_is_turned_away_without_a_page() -> None:
    response = Client().get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert b"evil.example" not in response.content


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space 123", "line\nbreak-12", "<script>alert(1)</script>"])
def test_a_request_id_that_is_not_one_is_replaced(given: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert answer != given
    assert len(answer) == 32


def test_headers_that_keep_a_page_safe() -> None:
    response = browser().get("/my/messages")
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in response["Permissions-Policy"]


def test_what_was_made_for_one_person_is_kept_by_nobody() -> None:
    assert browser().get("/my/messages")["Cache-Control"] == "private, no-store"
    assert browser().get("/api/v1/messages")["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in Client().get("/accessibility")


@override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True, SECURE_HSTS_SECONDS=31_536_000)
def test_a_secure_node_marks_its_cookies() -> None:
    client = Client()
    response = client.get("/accounts/login/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000"
    cookie = client.cookies["yiwang_csrf"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"


def test_the_session_cookie_is_out_of_reach_of_scripts() -> None:
    client = Client()
    account = Account.objects.get(pk=citizen().account_id)
    client.post("/accounts/login/", {"login": account.username, "password": "demo-password"})
    cookie = client.cookies["yiwang_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
