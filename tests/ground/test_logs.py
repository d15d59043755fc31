"""Each line of the log is JSON and says in which request and by whom, never naming a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from tests.factories import citizen
from yiwang.foundation.accounts.queries import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What goes to standard error."""
    root = logging.getLogger()
    (handler,) = (h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter))
    assert isinstance(handler, logging.StreamHandler)
    level, stream = root.level, handler.stream
    root.setLevel(logging.INFO)
    handler.setStream(io.StringIO())
    yield handler.stream
    handler.setStream(stream)
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def browser() -> tuple[Client, Account]:
    account = Account.objects.get(pk=citizen("林晓梅").account_id)
    client = Client(raise_request_exception=False)
    client.force_login(account)
    return client, account


@pytest.mark.parametrize("path", ["/my/messages", "/api/v1/messages"])
def test_a_request_is_one_line_with_its_id_and_its_actor(written: io.StringIO, path: str) -> None:
    client, account = browser()
    client.get(path, headers={"X-Request-ID": "asked-by-a-test"})
    (line,) = (line for line in lines(written) if line["event"] == "request")
    assert line["request_id"] == "asked-by-a-test"
    assert line["actor"] == f"account:{account.pk}"
    assert (line["method"], line["path"], line["status"], line["level"]) == ("GET", path, 200, "info")
    assert "林晓梅" not in written.getvalue()


def test_the_actor_of_one_request_does_not_stick_to_the_next(written: io.StringIO) -> None:
    client, _account = browser()
    client.get("/my/messages")
    Client().get("/accessibility")
    assert "actor" not in lines(written)[-1]


@pytest.mark.parametrize("path", ["/my/messages", "/api/v1/messages"])
def test_a_failure_is_one_line_with_its_trace_and_the_number_that_the_reader_quotes(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the cat sat on it")

    monkeypatch.setattr("yiwang.foundation.messages.queries.inbox", fail)
    client, _account = browser()
    client.get(path, headers={"X-Request-ID": "number-to-quote"})
    failures = [line for line in lines(written) if line["level"] == "error"]
    assert len(failures) == 1
    assert failures[0]["request_id"] == "number-to-quote"
    assert "the cat sat on it" in failures[0]["exception"]


def test_a_denial_is_logged_without_a_name(written: io.StringIO) -> None:
    client, account = browser()
    client.get("/desk/")
    denied = [line for line in lines(written) if line["event"] == "denied"]
    for line in denied:
        assert line["request_id"]
        assert line["actor"] == f"account:{account.pk}"
        assert "林晓梅" not in json.dumps(line, ensure_ascii=False)
    assert denied
