"""An operator's monitoring reads figures; nobody else does, and no figure names a person or a case."""

from __future__ import annotations

import httpx
import pytest
from django.test import Client

from tests.factories import citizen
from tests.factories.cases import open_permit, trial_kind
from tests.factories.desk import browser, clerk
from tests.node import Node
from yiwang.config.environment import environment

pytestmark = pytest.mark.django_db


def figures(text: str) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_requests_are_counted_by_route_not_by_address() -> None:
    with trial_kind():
        case = open_permit(citizen())
        browser(clerk()).get(f"/desk/cases/{case.number}")
    Client().get("/no/such/page/990100")
    text = Client().get("/metrics").content.decode()
    counted = 'yiwang_request_seconds_count{method="GET",route="desk/cases/<str:number>",status="2xx"}'
    assert figures(text)[counted] >= 1
    assert case.number not in text
    assert "/no/such" not in text
    assert figures(text)["yiwang_jobs_dead"] == 0
    assert "yiwang_events_waiting" in figures(text)


def test_only_this_machine_or_the_token_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.8").status_code == 403
    monkeypatch.setattr(environment, "metrics_token", "s3cret-token")
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    right = client.get("/metrics", headers={"Authorization": "Bearer s3cret-token"}, REMOTE_ADDR="10.0.0.8")
    assert right.status_code == 200


@pytest.mark.slow
def test_the_processes_of_a_node_are_added_up(tmp_path: object) -> None:
    from pathlib import Path

    node = Node(Path(str(tmp_path)) / "var")
    node.yiwang("migrate")
    node.start()
    try:
        for _number in range(40):
            assert httpx.get(f"{node.origin}/healthz").status_code == 200  # each by a connection of its own
        read = [figures(httpx.get(f"{node.origin}/metrics").text) for _number in range(6)]
    finally:
        node.end()
    counted = 'yiwang_request_seconds_count{method="GET",route="healthz",status="2xx"}'
    assert {one[counted] for one in read} <= {read[0][counted]}, "whichever process answers says the same"
    assert read[0][counted] >= 40
