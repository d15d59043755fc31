"""Those who call a node: programs with a session token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.node import Node
from yiwang.foundation.accounts.actions import DEMO_PASSWORD

PATIENCE = 60.0  # seconds for one answer
# Hundreds of calls at once, in the clear on this machine: no pool that lets them wait, and no certificates to load.
MANY: dict[str, Any] = {"timeout": PATIENCE, "limits": httpx.Limits(), "verify": False}


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody with a session, and two drafts that only wait to be submitted: a food permit for a firm, 失业登记 for themselves."""

    name: str
    session: str
    firm: str
    permit: str
    jobless: str

    def program(self, node: Node) -> httpx.Client:
        """What acts for this person over the API."""
        return httpx.Client(base_url=node.address, **MANY, headers={"X-Session-Token": self.session})


def official(node: Node, username: str) -> httpx.Client:
    """A program of somebody with a demo account."""
    client = httpx.Client(base_url=node.address, **MANY)
    credentials = {"username": username, "password": DEMO_PASSWORD}
    answer = client.post("/_allauth/app/v1/auth/login", json=credentials)
    client.headers["X-Session-Token"] = answer.raise_for_status().json()["meta"]["session_token"]
    return client


def submit(client: httpx.Client, applicant: Applicant, draft: str) -> httpx.Response:
    """Sign and submit a draft."""
    signature = {"signed_name": applicant.name, "agreed": True}
    return client.post(f"/api/v1/drafts/{draft}/submit", json=signature)


def number_of(answer: httpx.Response) -> str:
    """The case that a submission came to."""
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_number"])


def all_pages(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every row of a list that comes in pages."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(path, params={**params, "cursor": cursor}).raise_for_status().json()
        rows += page["items"]
        cursor = page["next"]
        if not cursor:
            return rows


Call = Callable[[], httpx.Response]
