"""Submitting an application over HTTP against the bare limits of the same rows, on PostgreSQL, in one run.

Ours: an authenticated POST that checks a form of some twenty fields, three materials by reference, signs, and opens the case with its task,
clock, journal, ledger entry, filing and outbox row, in one durable transaction. The limits write the same rows (same columns, bytes and
indexes): a bare Django and ninja endpoint behind the same server, and psycopg alone.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterable
from itertools import count
from typing import Any
from uuid import uuid4

from bench import Figure, bench, percentile, quick
from bench._load import Result, load
from bench._permits import city
from bench._served import bare_django, ours
from bench.bare.rows import as_json

CLIENTS = 8
EACH = 20 if quick() else 150
ROUNDS = 1 if quick() else 3
_serials = count(10**12)  # for columns of numbers: never the same again, in whatever round
ITEM = "990100-scjg-food-permit"


@bench("submit")
def run(store: str) -> Iterable[Figure]:
    """PostgreSQL only: the embedded store has one writer, so a rate of eight clients says little about it."""
    if store != "postgresql":
        return
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    city()
    clients = [_client(number) for number in range(CLIENTS)]
    first, sample = _drafts(clients[0], 2)
    _submit(clients[0], first)  # makes the person's key, reads what the process remembers
    with CaptureQueriesContext(connection) as queries:
        case_id = _submit(clients[0], sample)
    rows = _rows(case_id)
    submitted: list[Result] = []
    django: list[Result] = []
    alone: list[Result] = []
    with ours() as (port, _pid), bare_django(as_json(rows)) as (bare_port, _other):
        for _round in range(ROUNDS + 1):  # the first warms up
            submitted.append(
                load(port, [[_request(client, draft) for draft in _drafts(client, EACH)] for client in clients])
            )
            body = {"signed_name": "林晓梅", "agreed": True}
            django.append(
                load(bare_port, [[{"path": "/submit", "body": body, "headers": {}}] * EACH for _client in clients])
            )
            alone.append(_psycopg(rows))
    for name, results in (("ours", submitted), ("bare Django", django)):
        assert not any(result.failed for result in results), f"{name} failed {[result.failed for result in results]}"

    def rate(results: list[Result]) -> float:
        return statistics.median(result.rate for result in results[1:])

    def time_at(results: list[Result], share: float) -> float:
        return statistics.median(percentile(result.times, share) for result in results[1:])

    count = sum(len(table.rows) for table in rows)
    note = f"{CLIENTS} clients, 2 workers, {count} rows in {len(rows)} tables, {len(queries)} statements in the act"
    yield Figure("submit, against bare Django", "1/s", rate(submitted), rate(django), note)
    yield Figure("submit, against bare psycopg", "1/s", rate(submitted), rate(alone), note)
    yield Figure("submit, p50 against bare Django", "ms", time_at(submitted, 0.5), time_at(django, 0.5))
    yield Figure("submit, p99 against bare Django", "ms", time_at(submitted, 0.99), time_at(django, 0.99))


class Client:
    """A firm's representative with a session, and a draft that is ready to be submitted."""

    def __init__(self, number: int) -> None:
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

        from yiwang.foundation.access.queries import of_account
        from yiwang.foundation.accounts.models import Account, Party, Standing
        from yiwang.foundation.accounts.sessions import SessionStore
        from yiwang.foundation.crypto.queries import keyed_hash

        self.account = Account.objects.create_user(f"bench{number}", None, name="林晓梅", level=3)
        code = f"91990102MABENCH{number:02d}0"
        self.party = Party.objects.create(
            kind="organisation", name=f"测试餐饮{number}", code=code, code_hash=keyed_hash("party", code)
        )
        import datetime as dt

        Standing.objects.create(
            account=self.account, party=self.party, ground="legal-representative", since=dt.date(2020, 1, 1)
        )
        session = SessionStore()
        session[SESSION_KEY] = str(self.account.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = self.account.get_session_auth_hash()
        session.create()
        self.token = session.session_key
        self.actor = of_account(self.account, party_id=self.party.id)
        self.draft, self.materials = self._ready()

    def _ready(self) -> tuple[Any, list[Any]]:
        from yiwang.foundation.files.actions import store
        from yiwang.packs import reading, stories
        from yiwang.packs.walk import PDF
        from yiwang.services.applications import actions

        firm = {
            "firm_name": self.party.name, "uscc": "91990102MA7XM88C0N", "firm_type": "有限责任公司", "legal_representative": "林晓梅",
            "firm_address": "云州市云山区钟楼街46号", "operator_name": "林晓梅", "operator_identity": "990102198804129023",
            "operator_phone": "16480000001",
        }  # fmt: skip
        story = stories.read(reading.find("food_permit"))
        assert story is not None
        draft = actions.start(self.actor, ITEM)
        actions.answer_situation(
            self.actor, draft.id, {"business": "restaurant", "premises": "rented", "online": "yes"}
        )
        draft = actions.save_answers(self.actor, draft.id, {**firm, **story.answers})
        file = store(self.actor, name="图.pdf", content=PDF, party_id=self.party.id)
        for code in ("subject", "layout", "health", "lease"):
            actions.give_material(self.actor, draft.id, code, file_id=file.id)
        return draft, list(draft.materials.all())


def _client(number: int) -> Client:
    return Client(number)


def _drafts(client: Client, count: int) -> list[Any]:
    """Copies of the client's ready draft, as if it had been filled in again and again."""
    from yiwang.kernel.ids import uuid7
    from yiwang.services.applications.models import Draft, DraftMaterial

    names = [field.attname for field in Draft._meta.concrete_fields if field.name != "id"]
    made = [Draft(id=uuid7(), **{name: getattr(client.draft, name) for name in names}) for _number in range(count)]
    Draft.objects.bulk_create(made)
    fields = ("code", "name", "how", "file_id", "source", "sha256")
    DraftMaterial.objects.bulk_create(
        [
            DraftMaterial(draft=draft, **{name: getattr(row, name) for name in fields})
            for draft in made
            for row in client.materials
        ]
    )
    return made


def _request(client: Client, draft: Any) -> dict[str, Any]:
    headers = {"X-Session-Token": client.token, "X-Yiwang-Party": str(client.party.id)}
    return {
        "path": f"/api/v1/drafts/{draft.id}/submit",
        "body": {"signed_name": "林晓梅", "agreed": True},
        "headers": headers,
    }


def _submit(client: Client, draft: Any) -> Any:
    from yiwang.services.applications import actions

    return actions.submit(client.actor, draft.id, signed_name="林晓梅", agreed=True).case_id


def _rows(case_id: Any) -> Any:
    """What one submit wrote."""
    import psycopg

    from bench.bare.rows import make_copies, written
    from yiwang.foundation.cases.models import Case
    from yiwang.services.applications.models import Filing

    number = Case.objects.get(id=case_id).number
    filing = Filing.objects.get(case=case_id).id
    wheres: dict[str, tuple[str, Any]] = {
        "cases_case": ("id = %s", case_id),
        "cases_task": ("case_id = %s", case_id),
        "cases_clock": ("case_id = %s", case_id),
        "cases_journalentry": ("case_id = %s", case_id),
        "ledger_entry": ("subject = %s", number),
        "applications_filing": ("case_id = %s", case_id),
        "applications_filingmaterial": ("filing_id = %s", filing),
        "events_event": ("subject = %s", number),
    }
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        found = written(connection, wheres)
        make_copies(connection, found)
    return found


def _psycopg(rows: Any) -> Result:
    """The same rows by eight threads of psycopg, each a transaction with one INSERT for each table."""
    import psycopg
    from psycopg import sql
    from psycopg.types.json import Jsonb

    statements = []
    for table in rows:
        marks = sql.SQL(", ").join(
            [sql.SQL("({})").format(sql.SQL(", ").join(sql.Placeholder() for _c in table.columns))] * len(table.rows)
        )
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        statements.append(sql.SQL("INSERT INTO {} ({}) VALUES {}").format(sql.Identifier(table.copy), columns, marks))
    lock = threading.Lock()
    times: list[float] = []
    gate = threading.Barrier(CLIENTS + 1)

    def values(table: Any, key: str) -> list[Any]:
        found: list[Any] = []
        for row in table.rows:
            for (name, kind), value in zip(table.columns.items(), row, strict=True):
                if name == "id":
                    with lock:
                        found.append(uuid4() if kind == "uuid" else next(_serials))
                elif name in ("number", "engine_id"):
                    found.append(key)
                elif name == "case_id":
                    found.append(uuid4())
                else:
                    found.append(Jsonb(value) if kind == "jsonb" else value)
        return found

    def client() -> None:
        mine = []
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            gate.wait()
            for _number in range(EACH):
                start = time.perf_counter()
                key = uuid4().hex[:20]
                for table, statement in zip(rows, statements, strict=True):
                    connection.execute(statement, values(table, key))
                connection.commit()
                mine.append((time.perf_counter() - start) * 1000)
        times.extend(mine)

    threads = [threading.Thread(target=client) for _number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Result(len(times) / (time.perf_counter() - began), times, 0)
