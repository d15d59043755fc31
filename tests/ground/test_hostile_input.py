"""Whatever is sent to any page gets a clear answer: no failure of ours, nothing that runs in a browser, nothing without its token."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.factories import citizen, official
from tests.factories.cases import open_permit, open_task, trial_kind
from tests.factories.desk import browser, clerk, whole_node
from tests.helpers import row_counts
from yiwang.config.api import api
from yiwang.foundation.access.queries import ACTS, Actor
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases.models import Case, Task

from .test_routes import page_routes

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
FIELDS = (
    "account", "agency", "answer", "birthday", "code", "cursor", "date", "days", "do", "field", "grant", "level", "name", "next", "number", "opinion",
    "outcome", "party", "permission", "purpose", "q", "query", "reason", "region", "role", "share", "since", "subject", "task", "text", "types",
    "until", "url", "username", "who",
)  # fmt: skip
IN_ADDRESSES = ("case", "col", "colour", "state", "type", "by", "back")
ODD = {
    "a million characters": "字" * 1_000_000,
    "a long line": "x" * 100_000,
    "a script": SCRIPT,
    "a day that is none": "2026-02-30",
    "a day before all calendars": "0000-00-00",
    "a number without end": "9" * 400,
    "a minus": "-1",
    "a nothing": "\0",
    "half a character": "\udc00",
    "a formula": '=HYPERLINK("http://evil.example","x")',
    "a template": "{{ 7|add:7 }}{% debug %}",
    "an id that is none": "00000000-0000-0000-0000-00000000000g",
}
# These answer before the token is asked for, each with the reason.
NO_TOKEN = {
    "_allauth/app/v1/": "programs sign in there; they bring their own token and no cookie",
    "api/3/action/": "CKAN's clients ask by POST; every action only reads, and reads only what is open",
    "api/action/": "the same without the version",
}


@pytest.fixture
def almighty() -> Actor:
    """Somebody who may do everything, so that nothing hides behind a refusal; but withdrawing is for the party alone."""
    return whole_node("almighty", sorted(ACTS.keys() - {"cases.withdraw"}))


def addresses() -> list[str]:
    return sorted({path for path in page_routes() if not path.startswith(("/accounts/logout", "/_allauth/"))})


@pytest.mark.parametrize("kind", ODD)
def test_odd_forms_are_answered(almighty: Actor, kind: str) -> None:
    form = dict.fromkeys(FIELDS, ODD[kind]) if kind != "a million characters" else {"opinion": ODD[kind]}
    try:
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in form.items())
    except UnicodeEncodeError:
        body = "&".join(f"{name}=%ED%B0%80" for name in form)
    client = Client(raise_request_exception=False)
    client.force_login(Account.objects.get(pk=almighty.account_id))
    failed = {}
    for path in addresses():
        answer = client.post(path, body, content_type="application/x-www-form-urlencoded")
        if answer.status_code >= 500 or SCRIPT.encode() in getattr(answer, "content", b""):
            failed[path] = answer.status_code
    assert failed == {}


@pytest.mark.parametrize("kind", [kind for kind in ODD if kind != "a million characters"])
def test_odd_addresses_are_answered(almighty: Actor, kind: str) -> None:
    text = ODD[kind][:2000]
    client = Client(raise_request_exception=False)
    client.force_login(Account.objects.get(pk=almighty.account_id))
    try:
        query = "&".join(
            f"{name}={quote(text, safe='')}"
            for name in (*FIELDS, "case", "col", "colour", "state", "type", "by", "back")
        )
    except UnicodeEncodeError:
        query = "&".join(f"{name}=%ED%B0%80" for name in FIELDS)
    failed = {}
    for path in addresses():
        answer = client.get(f"{path}?{query}")
        if answer.status_code >= 500 or SCRIPT.encode() in getattr(answer, "content", b""):
            failed[path] = answer.status_code
    assert failed == {}


def operations() -> list[tuple[str, str, list[str]]]:
    """Every operation that takes a body: method, address, the names of its fields."""
    described = api.get_openapi_schema()
    found = []
    for template, methods in described["paths"].items():
        for method, operation in methods.items():
            wanted = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            named = described["components"]["schemas"].get(wanted.get("$ref", "").rpartition("/")[2], wanted)
            path = re.sub(r"{(\w+)}", lambda name: str(uuid.uuid4()) if name[1].endswith("_id") else "1", template)
            if operation.get("requestBody") and "json" in str(operation["requestBody"]):
                found.append((method, path, list(named.get("properties", {}))))
    return found


@pytest.mark.parametrize("kind", ODD)
def test_odd_bodies_are_answered_by_every_operation(almighty: Actor, kind: str) -> None:
    """Where a word, a list, a number or a day is wanted alike; with any id."""
    client = Client(raise_request_exception=False)
    client.force_login(Account.objects.get(pk=almighty.account_id))
    value: Any = ODD[kind]
    failed = {}
    assert len(operations()) > 60
    for method, path, fields in operations():
        many = kind in ("a million characters", "a long line")
        bodies: list[Any] = [dict.fromkeys(fields[:1] if many else fields, value)]
        if not many:
            bodies += [{name: [value] for name in fields}, {name: {value: value} for name in fields}, [value], value]
        for body in bodies:
            answer = getattr(client, method)(path, json.dumps(body), content_type="application/json")
            if answer.status_code >= 500:
                failed[f"{method} {path}"] = answer.status_code
    assert failed == {}


def test_no_form_is_taken_without_its_token(almighty: Actor) -> None:
    """Another site may make a browser send a form; it cannot read the token."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(Account.objects.get(pk=almighty.account_id))
    before = row_counts()
    taken = {
        path: answer.status_code
        for path in page_routes()
        if not path.removeprefix("/").startswith(tuple(NO_TOKEN))
        and (answer := client.post(path, {"name": "x"})).status_code != 403
    }
    assert taken == {}
    assert row_counts() == before


def test_names_of_people_and_things_never_become_markup() -> None:
    with trial_kind():
        case = open_permit(citizen(f"欧{SCRIPT}"), title=SCRIPT)
        me = clerk(name=SCRIPT)
        supervisor = official("supervisor", ["cases.board", "cases.read", "access.read"])
        Case.objects.update(type_name=SCRIPT)
        for actor, paths in (
            (me, ["/desk/", f"/desk/?case={case.number}", f"/desk/cases/{case.number}", "/desk/?col=type"]),
            (supervisor, ["/desk/board", "/desk/cases?state=all", "/desk/admin/people"]),
        ):
            client = browser(actor)
            for path in paths:
                page = client.get(path).content.decode()
                assert SCRIPT not in page, path
                assert "&lt;script&gt;" in page, path


def test_a_decision_of_a_million_characters_is_refused_with_its_limit() -> None:
    with trial_kind():
        task = open_task(open_permit(citizen()), "accept")
        client = browser(clerk())
        for letters, status, words in ((1_000_000, 422, "意见最多 4000 字"), (3_000_000, 413, "填写的文字太多")):
            answer = client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "refuse", "opinion": "x" * letters})
            assert answer.status_code == status
            assert words in answer.content.decode()
        assert Task.objects.get(id=task.id).state == Task.State.OPEN


def test_forged_ids_of_other_people_s_things_are_refused_everywhere() -> None:
    with trial_kind():
        owner, stranger = citizen("欧阳晓梅"), citizen("陌生人")
        case = open_permit(owner)
        task = open_task(case, "accept")
        before: Any = Case.objects.values().get(id=case.id)
        for client in (browser(stranger), Client()):
            for method, path in (
                ("get", f"/my/cases/{case.number}"), ("get", f"/desk/cases/{case.number}"), ("get", f"/api/v1/cases/{case.number}"),
                ("post", f"/desk/tasks/{task.id}/claim"), ("post", f"/api/v1/tasks/{task.id}/claim"),
                ("post", f"/desk/cases/{case.number}/unmask"), ("get", f"/desk/cases/{uuid.uuid4()}"),
            ):  # fmt: skip
                answer = getattr(client, method)(path)
                assert answer.status_code < 500, path
                if method == "post":
                    assert answer.status_code in (302, 401, 403, 404, 405, 422), path
        for path in (f"/my/cases/{case.number}", f"/api/v1/cases/{case.number}"):
            answer = browser(stranger).get(path)
            assert answer.status_code in (403, 404), path
            assert "欧阳晓梅" not in answer.content.decode()
        assert Case.objects.values().get(id=case.id) == before
        assert Task.objects.get(id=task.id).assignee_id is None
