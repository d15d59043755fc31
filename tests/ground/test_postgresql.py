"""On PostgreSQL: connections are kept, and one whose server is gone costs nobody an error."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import close_old_connections, connection
from django.db.backends.postgresql import base
from psycopg import sql

from tests.node import Node

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")


def other_session(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    given = connection.settings_dict
    return psycopg.connect(
        host=given["HOST"], port=given["PORT"] or None, user=given["USER"], password=given["PASSWORD"] or None,
        dbname=database, autocommit=True,
    )  # fmt: skip


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_is_looked_at_without_a_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    first = backend()

    def asked(self: object) -> bool:
        raise AssertionError("a healthy connection was asked over the wire")

    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", asked)
    for _request in range(3):
        close_old_connections()
        assert backend() == first


@pytest.mark.django_db(transaction=True)
def test_a_connection_whose_server_was_ended_is_replaced_before_it_is_used() -> None:
    first = backend()
    with other_session() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [first])
        gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        until = time.monotonic() + 10
        while other.execute(gone, [first]).fetchone() != (0,) and time.monotonic() < until:
            pass
    close_old_connections()  # what Django does at the start of a request
    assert backend() != first


@pytest.fixture
def node(tmp_path: Path, transactional_db: None) -> Iterator[tuple[Node, str]]:
    """A node on a copy of the test database."""
    name = f"{settings.DATABASES['default']['NAME']}_node"
    given = connection.settings_dict
    connection.close()
    with other_session() as other:
        other.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        other.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(given["NAME"]))
        )
    secret = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    url = f"postgres://{given['USER']}{secret}@{given['HOST']}:{given['PORT'] or 5432}/{name}"
    shutil.copytree(settings.STATIC_ROOT, tmp_path / "static", dirs_exist_ok=True)
    running = Node(tmp_path, DATABASE_URL=url)
    running.yiwang("migrate")
    try:
        yield running.start(), name
    finally:
        running.end()
        with other_session() as other:
            other.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def burst(node: Node, count: int) -> list[int]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _n: node.get("/readyz").status_code, range(count)))


@pytest.mark.slow
def test_a_node_keeps_its_connections_and_outlives_a_restart_of_the_store(node: tuple[Node, str]) -> None:
    running, name = node
    sessions = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = 'yiwang'"
    assert burst(running, 60) == [200] * 60
    with other_session() as other:
        before = set(other.execute(sessions, [name]).fetchall())
        assert burst(running, 60) == [200] * 60
        after = set(other.execute(sessions, [name]).fetchall())
        # 2 workers × 4 threads and the job worker; a few threads may answer for the first time in the second burst
        assert len(before) <= len(after) <= 9
        assert before <= after
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        until = time.monotonic() + 10
        while before & set(other.execute(sessions, [name]).fetchall()) and time.monotonic() < until:
            pass
    assert burst(running, 60) == [200] * 60
    assert not [line for line in running.lines if line.get("level") == "error"]
