"""An act that is ended by kill -9 after each of its writes in turn, before its commit, and after it. Run inside the node's settings.

Each try is a process of its own, forked with no connection open. What it leaves in the store is what a power cut leaves.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection, connections

from tests.factories.documents import pdf
from tests.faults.applicants import FOOD
from tests.faults.wholeness import findings
from yiwang.foundation.access.queries import of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.models import Task
from yiwang.foundation.files.actions import store
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.ledger.models import Entry
from yiwang.services.applications import actions as applications
from yiwang.services.applications.models import Draft

STEPS = (
    ("clerk", "accept", "accept"),
    ("reviewer1", "review_documents", "agree"),
    ("reviewer2", "review_premises", "agree"),
    ("inspector", "inspect", "pass"),
    ("chief", "decide", "approve"),
)
BEFORE_COMMIT, AFTER_COMMIT = -1, -2
_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")  # rows of several tables go in one statement that begins with WITH


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arrange(point: int, report: int) -> None:
    """Let this process die at ``point``: after that many writes, or around the commit. Each write is told to ``report``."""
    written = 0

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal written
        result = execute(sql, params, many, context)
        if sql.lstrip().upper().startswith(_WRITES):
            written += 1
            os.write(report, b".")
            if written == point:
                _die()
        return result

    real = connection._commit

    def commit() -> None:
        if point == BEFORE_COMMIT:
            _die()
        real()
        if point == AFTER_COMMIT:
            _die()

    connection.execute_wrappers.append(counted)
    connection._commit = commit


def _killed(act: Callable[[], object], point: int) -> int:
    """Run ``act`` in a child that dies at ``point``; how many writes it had made."""
    connections.close_all()
    heard, report = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        _arrange(point, report)
        act()
        os._exit(0)
    os.close(report)
    with os.fdopen(heard, "rb") as pipe:
        written = len(pipe.read())
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the act came to its end, or failed by itself, before point {point}"
    return written


def tried(what: str, act: Callable[[], object], done: Callable[[], bool]) -> list[str]:
    """Kill ``act`` at each point, then let it run twice; what was half, lost or doubled, as sentences."""
    wrong: list[str] = []
    entries = Entry.objects.count()
    writes = _killed(act, BEFORE_COMMIT)
    points = {f"after write {n} of {writes}": n for n in range(1, writes + 1)}
    for where, point in {"before its commit": BEFORE_COMMIT, **points, "after its commit": AFTER_COMMIT}.items():
        if point != BEFORE_COMMIT:
            _killed(act, point)
        wrong += [f"{what}, killed {where}: {line}" for line in findings()]
        if done() != (point == AFTER_COMMIT):
            wrong.append(f"{what}, killed {where}: {'done' if done() else 'not done'}")
        if point != AFTER_COMMIT and Entry.objects.count() != entries:
            wrong.append(f"{what}, killed {where}: the ledger has grown")
    return wrong


def everywhere() -> list[str]:
    """A submission, a decision, the making of a licence and the upload of a file, each killed at each of its points."""
    draft = Draft.objects.filter(item_code=FOOD).order_by("id")[:1].get()
    applicant = of_account(Account.objects.get(pk=draft.account_id), party_id=draft.party_id)
    wrong = tried(
        "a submission",
        lambda: applications.submit(applicant, draft.id, signed_name=applicant.name, agreed=True),
        lambda: Draft.objects.filter(id=draft.id).exclude(case=None).exists(),
    )
    case = applications.submit(applicant, draft.id, signed_name=applicant.name, agreed=True).case
    for who, step, outcome in STEPS:
        official = of_account(Account.objects.get(username=who))
        task = Task.objects.get(case=case, step=step)
        act = partial(cases.complete, official, task.id, outcome, "情况属实")
        if outcome in ("accept", "approve"):
            wrong += tried(f"the decision {outcome}", act, partial(_is_done, task))
        else:
            act()
    task = Task.objects.get(case=case, step="issue")
    wrong += tried(
        "the making of a licence", partial(cases.finish_operation, system(), str(task.id)), partial(_is_done, task)
    )
    cases.finish_operation(system(), str(task.id))
    content, files = pdf("a file"), StoredFile.objects.count()
    wrong += tried(
        "an upload",
        lambda: store(applicant, name="a.pdf", content=content, party_id=applicant.party_id),
        lambda: StoredFile.objects.count() > files,
    )
    return wrong + findings()


def _is_done(task: Task) -> bool:
    return Task.objects.filter(id=task.id, state=Task.State.DONE).exists()
