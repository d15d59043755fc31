"""What a submission asks of the store: a committed baseline, lowered when it can be, never raised unawares."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.applications import owner, ready, signed
from yiwang.foundation.accounts.models import Account
from yiwang.services.applications.models import Draft, Filing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]

# Session, account, BEGIN, draft, item, materials, everything that is written, COMMIT. The embedded store has a statement for each table.
STATEMENTS = {"postgresql": 8, "sqlite": 17}


def test_a_submission_over_http_takes_few_statements() -> None:
    me = owner()
    client = Client()
    client.force_login(Account.objects.get(pk=me.account_id))
    token = client.session.session_key
    program = Client(headers={"X-Session-Token": token, "X-Yiwang-Party": str(me.party_id)})

    def submit(draft: Draft) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = program.post(f"/api/v1/drafts/{draft.id}/submit", signed(me), content_type="application/json")
        assert answer.status_code == 201, answer.content
        filing = Filing.objects.select_related("case").get(case=answer.json()["case_id"])
        assert Draft.objects.get(id=draft.id).case == filing.case
        assert [row.sha256 for row in filing.materials.exclude(file_id=None)]
        return len(captured)

    submit(ready(me))  # makes the person's key, and lets the process read what it remembers
    assert submit(ready(me)) <= STATEMENTS[connection.vendor]
