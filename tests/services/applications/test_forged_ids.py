"""Somebody writes ids of other people's things into addresses: every page and every operation of the API, by everybody who has no right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories.applications import decided, owner, person, ready, submitted
from tests.factories.browsing import browser_of
from tests.ground.test_routes import page_templates
from tests.helpers import row_counts
from yiwang.config.api import api
from yiwang.config.public_routes import PUBLIC
from yiwang.foundation.access.models import Denial
from yiwang.foundation.cases.models import Task
from yiwang.foundation.licences.models import Licence
from yiwang.foundation.messages.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
SECRETS = ("林晓梅", "990102198804129023", "16480000001", "晓梅餐饮")
# What anybody may open, with the reason.
OPEN = {
    "desk/admin/": "about accounts, jobs and webhooks, not about cases: tests/foundation/access, tests/foundation/events",
    "establishment/": "agencies and posts are no secret among officials",
}
# A page of one's own that names nobody else, whatever its address.
EMPTY = (302, 401, 403, 404, 405, 409, 422)


def things() -> dict[str, list[str]]:
    """Ids of one citizen's things by the names that addresses have for them."""
    me = owner()
    filing = submitted(me)
    decided(filing)
    waiting = submitted(me)
    draft = ready(me)
    file_ids = [str(row.file_id) for row in filing.materials.exclude(file_id=None)]
    numbers = [filing.case.number, waiting.case.number]
    tasks = [str(pk) for pk in Task.objects.filter(case__number__in=numbers).values_list("id", flat=True)[:2]]
    licence = Licence.objects.get(case_number=filing.case.number)
    message = Message.objects.order_by("id").first()
    return {
        "number": numbers,
        "draft_id": [str(draft.id), str(filing.case_id)],
        "file_id": file_ids[:2],
        "task_id": tasks,
        "licence_id": [str(licence.id)],
        "material_id": [str(message.id if message else licence.id)],
        "message_id": [str(message.id if message else licence.id)],
        "case_id": [str(filing.case_id)],
    }


def addresses(known: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Every page and operation whose address names one of the things."""
    found = []
    for template in page_templates():
        names = re.findall(r"<(?:\w+:)?(\w+)>", template)
        if names and names[0] in known and template not in PUBLIC and not template.startswith(tuple(OPEN)):
            for value in known[names[0]]:
                path = re.sub(r"<(?:(\w+):)?\w+>", lambda hit: "x" if hit[1] == "str" else "1", re.sub(r"<(?:\w+:)?\w+>", value, template, count=1))  # fmt: skip
                found += [("GET", "/" + path), ("POST", "/" + path)]
    for template, operations in api.get_openapi_schema()["paths"].items():
        names = re.findall(r"{(\w+)}", template)
        if names and names[0] in known:
            for value in known[names[0]]:
                path = re.sub(r"{\w+}", "1", template.replace(f"{{{names[0]}}}", value))
                found += [(method.upper(), path) for method in operations if f"{method.upper()} {template.lstrip('/')}" not in PUBLIC]  # fmt: skip
    return found


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(lambda: browser_of(person("wangjianguo")), id="a neighbour"),
        pytest.param(lambda: browser_of(person("health-chief")), id="the chief of another agency"),
        pytest.param(lambda: browser_of(person("employment")), id="a clerk of another agency"),
        pytest.param(Client, id="a passer-by"),
    ],
)
def test_ids_of_others_open_nothing_and_change_nothing(who: Callable[[], Client]) -> None:
    known = things()
    client = who()
    client.raise_request_exception = False
    before = row_counts()
    asked = addresses(known)
    assert len(asked) > 80, "the addresses of cases, drafts, files, tasks and licences"
    said: dict[str, Any] = {}
    for method, path in asked:
        body = {} if path.startswith("/api/") else None
        content_type = {"content_type": "application/json"} if body is not None and method != "GET" else {}
        answer = getattr(client, method.lower())(path, body or {}, **content_type)
        text = answer.content.decode(errors="replace") if not answer.streaming else "a file"
        if answer.status_code not in EMPTY or any(secret in text for secret in SECRETS):
            said[f"{method} {path}"] = answer.status_code
    assert said == {}
    after = row_counts()
    changed = {table: after[table] - before[table] for table in after if after[table] != before[table]}
    assert set(changed) <= {Denial._meta.db_table}, "only the attempts are kept"
