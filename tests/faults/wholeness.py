"""Is everything that was committed whole? Each row that an act leaves is held against the others. Run inside the node's settings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django_tasks_db.models import DBTaskResult

from yiwang.foundation.cases import engine
from yiwang.foundation.cases.models import Case, Clock, JournalEntry, Task
from yiwang.foundation.events.models import Event, Job
from yiwang.foundation.events.slots import subscribers
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.ledger.models import Entry
from yiwang.foundation.licences.models import Licence
from yiwang.foundation.messages.models import Message
from yiwang.foundation.ratings.models import Contact
from yiwang.foundation.rules.models import DecisionRecord
from yiwang.services.applications import signing
from yiwang.services.applications.models import Draft, Filing

TOLD = {
    "application-accepted",
    "application-not-accepted",
    "application-inspected",
    "application-decided",
}  # once a case


def findings() -> list[str]:
    """What is not whole, in sentences; empty when all is."""
    connection.check_constraints()
    cases = list(Case.objects.filter(kind="application").select_related("procedure"))
    found = [f"{case.number}: {line}" for case in cases for line in _case(case)]
    return found + list(_orphans({case.number for case in cases}))


def _case(case: Case) -> Iterator[str]:
    yield from _filings(case)
    yield from _tasks(case)
    yield from _clocks(case)
    yield from _told(case)
    submitted = Event.objects.filter(type="application.submitted", subject=case.number).count()
    if submitted != 1:
        yield f"application.submitted was announced {submitted} times"


def _filings(case: Case) -> Iterator[str]:
    drafts = Draft.objects.filter(case=case).count()
    if drafts != 1:
        yield f"{drafts} drafts are marked with it"
    filings = list(Filing.objects.filter(case=case).order_by("revision"))
    if [filing.revision for filing in filings] != list(range(1, len(filings) + 1)) or not filings:
        yield f"its filings are {[filing.revision for filing in filings]}"
    entries = Entry.objects.filter(act="applications.submit", kind="application", subject=case.number)
    if [entry.id for entry in entries] != [filing.entry_id for filing in filings[:1]]:
        yield f"{len(entries)} ledger entries of the submission, and the filing names another"
    for filing in filings:
        yield from _signed(filing)
        entry = Entry.objects.filter(id=filing.entry_id).first()
        if entry is None:
            yield "the ledger entry of a filing is gone"
        elif filing.revision == 1:
            said = json.loads(entry.content)["data"]
            listed = [[row.code, row.how, row.sha256] for row in filing.materials.order_by("id")]
            if [[row["code"], row["how"], row["sha256"]] for row in said["materials"]] != listed:
                yield f"its materials are {listed}, the ledger says {said['materials']}"
            if said["digest"] != filing.digest:
                yield "the ledger has another digest"


def _signed(filing: Filing) -> Iterator[str]:
    """What was signed is made again from the rows: nothing of it is missing."""
    if not signing.holds(filing, filing.materials.order_by("id")):
        yield f"the signature of filing {filing.revision} does not hold over its rows"


def _tasks(case: Case) -> Iterator[str]:
    state = engine.advance(case.procedure_id, bytes(case.engine), lambda step: None)
    tasks = list(case.tasks.all())
    waiting = {item.engine_id for item in state.waiting} if case.closed_at is None else set()
    open_ = {task.engine_id for task in tasks if task.state == Task.State.OPEN}
    if waiting != open_:
        yield f"the engine waits for {len(waiting)} tasks, {len(open_)} are open"
    done = [task for task in tasks if task.state == Task.State.DONE]
    if case.revision != 1 + len(done):
        yield f"revision {case.revision} after {len(done)} tasks"
    acts = Entry.objects.filter(kind="case", subject=case.number, act__in=["cases.complete", "cases.operate"])
    recorded = [json.loads(entry.content)["data"] for entry in acts]
    steps = Counter(data["step"] for data in recorded if not data.get("repeated"))
    if steps != Counter(task.step for task in done):
        yield f"done {sorted(task.step for task in done)}, recorded {sorted(steps.elements())}"
    announced = [event.data["step"] for event in Event.objects.filter(type="case.stepped", subject=case.number)]
    if Counter(announced) != steps:
        yield f"recorded {sorted(steps.elements())}, announced {sorted(announced)}"
    for task in tasks:
        if task.doer == Task.Doer.NODE and not Job.objects.filter(key=f"operation:{task.id}").exists():
            yield f"no job was asked for {task.step}"


def _clocks(case: Case) -> Iterator[str]:
    clocks = list(case.clocks.all())
    if not clocks and case.closed_at is None:
        yield "it has no clock"
    running = [clock for clock in clocks if clock.state == Clock.State.RUNNING]
    due = min((clock.due_on for clock in running if clock.due_on), default=None)
    if case.closed_at is None and case.due_on != due:
        yield f"it says {case.due_on}, its clocks {due}"
    if case.closed_at is not None and any(clock.state != Clock.State.STOPPED for clock in clocks):
        yield "it is closed and a clock goes on"
    for (kind,), count in Counter((clock.kind,) for clock in running).items():
        if count > 1:
            yield f"{count} clocks of kind {kind}"


def _told(case: Case) -> Iterator[str]:
    journal = list(case.journal.order_by("at", "id"))
    if not journal or journal[0].act != "applications.submit":
        yield "its journal does not begin with the submission"
    done = case.tasks.filter(state=Task.State.DONE).count()
    written = sum(line.act in ("cases.complete", "cases.operate") for line in journal)
    if done != written:
        yield f"{done} tasks are done, the journal has {written}"
    entries = {line.entry_id for line in journal if line.entry_id}
    if Entry.objects.filter(id__in=entries).count() != len(entries):
        yield "its journal names ledger entries that are not there"
    link = f"/my/cases/{case.number}"
    for template, count in Counter(Message.objects.filter(link=link).values_list("template", flat=True)).items():
        if template in TOLD and count > 1:
            yield f"the applicant was told {template} {count} times"
    approved = case.outcome == "approved"
    licences = Licence.objects.filter(case_number=case.number).count()
    if licences != approved:
        yield f"it came to {case.outcome!r} and has {licences} licences"


def _orphans(numbers: set[str]) -> Iterator[str]:
    """Rows that speak of a case that is not there, by name and not by key."""
    named: dict[str, Any] = {
        "ledger entries": Entry.objects.filter(kind__in=["application", "case"]).values_list("subject", flat=True),
        "events": Event.objects.filter(type__in=["application.submitted", "case.stepped"]).values_list(
            "subject", flat=True
        ),
        "licences": Licence.objects.exclude(case_number="").values_list("case_number", flat=True),
        "decisions": DecisionRecord.objects.filter(kind="case").values_list("subject", flat=True),
        "contacts": Contact.objects.filter(kind="case").values_list("key", flat=True),
    }
    known = numbers | set(Case.objects.exclude(kind="application").values_list("number", flat=True))
    for what, subjects in named.items():
        lost = set(subjects) - known
        if lost:
            yield f"{what} speak of cases that are not there: {sorted(lost)}"
    entries = set(Entry.objects.values_list("id", flat=True))
    if lost := set(Filing.objects.values_list("entry_id", flat=True)) - entries:
        yield f"filings name ledger entries that are not there: {len(lost)}"
    if lost := set(JournalEntry.objects.exclude(entry_id=None).values_list("entry_id", flat=True)) - entries:
        yield f"journals name ledger entries that are not there: {len(lost)}"
    papers = set(StoredFile.objects.filter(purpose="licence").values_list("id", flat=True))
    if papers ^ set(Licence.objects.values_list("file", flat=True)):
        yield "the papers of licences and the licences do not pair"
    tasks = {f"operation:{task}" for task in Task.objects.values_list("id", flat=True)}
    if lost := set(Job.objects.filter(key__startswith="operation:").values_list("key", flat=True)) - tasks:
        yield f"jobs for tasks that are not there: {sorted(lost)}"


def undelivered() -> list[str]:
    """Events whose subscribers did not each have one job that succeeded."""
    deliveries = Counter(
        (result.args_kwargs["kwargs"]["event_id"], result.args_kwargs["kwargs"]["subscriber"], result.status)
        for result in DBTaskResult.objects.filter(task_path="yiwang.foundation.events.jobs.deliver")
    )
    wanted = Counter(
        (str(event.id), name, "SUCCESSFUL")
        for event in Event.objects.all()
        for name, subscriber in subscribers.items()
        if event.type in subscriber.types
    )
    waiting = [f"{event.type} of {event.subject} waits" for event in Event.objects.filter(handed_over_at=None)]
    return waiting + [
        f"{key}: {deliveries[key]} times" for key in sorted(wanted | deliveries) if deliveries[key] != wanted[key]
    ]
