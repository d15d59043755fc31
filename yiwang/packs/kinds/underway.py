"""Applications of a demo that are under way: handed in and worked on by the acts of their people, entered afterwards."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import count, islice
from typing import Any

from django.apps import apps
from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.access import actions as access
from yiwang.foundation.access.queries import Actor, afterwards, of_account, one_by_one
from yiwang.foundation.accounts.queries import Account, Party, party_by_code
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.files import actions as files
from yiwang.foundation.files.queries import render_paper
from yiwang.foundation.orgs.queries import WorkCalendar, calendar
from yiwang.kernel.refusals import Conflict, Invalid, Problem
from yiwang.packs import reading, slots, stories
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind
from yiwang.packs.stories import Decision, Story
from yiwang.packs.synthetic.firms import firms
from yiwang.packs.synthetic.people import population
from yiwang.services.applications import actions as applications
from yiwang.services.applications import queries as applications_queries

from .past import CITY_SEED

LEVEL = 3  # real-name level of the invented applicants
OPENS, CLOSES = 9, 17
SAMPLE = """
#show: letter.with(number: "", issuer: data.holder)
#heading-block(data.name, sub: "演示材料")
#lines("本页代表申请人交来的“" + data.name + "”，供演示查看，不是真实材料。")
#v(8mm)
#rows((("申请人", data.holder), ("材料", data.name)))
"""


def _moment(random_: random.Random, day: dt.date, after: dt.datetime | None) -> dt.datetime:
    """A moment in the office hours of ``day``, after ``after`` and before now."""
    zone = timezone.get_current_timezone()
    begins = dt.datetime.combine(day, dt.time(OPENS), zone)
    ends = min(dt.datetime.combine(day, dt.time(CLOSES), zone), timezone.now())
    if after is not None and after >= begins:
        begins = after
    if ends <= begins:  # installed before the office opens, or late: just before now
        return max(ends - dt.timedelta(seconds=1), after or ends - dt.timedelta(seconds=1))
    return begins + (ends - begins) * (0.1 + 0.5 * random_.random())


def _working_days_ago(known: WorkCalendar, days: int) -> dt.date:
    """The working day that lies ``days`` working days before the last one that has come."""
    today = timezone.localdate()
    back = (today - dt.timedelta(days=offset) for offset in count())
    return next(islice((day for day in back if known.day(day).works), days, None))


@cache
def _grown(party: str, size: str) -> tuple[dict[str, Any], ...]:
    """Invented people of age, or firms in business, that the registers of the demo city (of this size) know. About a second."""
    full = size == "full"
    if party == "firm":  # the very number that the register declares: another number gives other firms
        return tuple(row for row in firms(CITY_SEED, 3_000 if full else 300) if row["status"] == "1")
    return tuple(row for row in population(CITY_SEED, 2_000) if row["phone"])


def _applicants(actor: Actor, body: dict[str, Any]) -> Iterator[tuple[Actor, dict[str, Any]]]:
    """Invented people (or those who lead invented firms) to whom nothing in the demo belongs yet, as actors, with their row of the register."""
    trades = body.get("trades", ())
    rows = (
        row for row in _grown(body["party"], environment.demo_size)
        if not trades or any(trade in row["name"] for trade in trades)
    )  # fmt: skip
    for number, row in enumerate(islice(rows, int(body["skip"]), None)):
        firm = body["party"] == "firm"
        name = row["legal_representative"] if firm else row["name"]
        identity = row["legal_representative_number"] if firm else row["identity_number"]
        if party_by_code(row["uscc"] if firm else identity) is not None:
            continue
        account = access.register_account(actor, f"{body['code']}-{number}", name, level=LEVEL, demo=True, active=False)
        person = party_by_code(identity) or access.register_party(
            actor, kind=Party.Kind.PERSON, name=name, code=identity
        )
        since = timezone.localdate() - dt.timedelta(days=365)
        access.grant_standing(actor, account.pk, person.id, ground="self", since=since)
        party = person
        if firm:
            party = access.register_party(actor, kind=Party.Kind.ORGANISATION, name=row["name"], code=row["uscc"])
            access.grant_standing(actor, account.pk, party.id, ground="legal-representative", since=since)
        account.refresh_from_db()
        yield of_account(account, party_id=party.id, channel="web"), row


def _answers(story: Story, row: dict[str, Any], applicant: Actor) -> dict[str, Any]:
    """The answers of the walk in the words of another applicant: their own name and their own address where the walk has its own."""
    told = Account.objects.get(username=story.account)
    names = {told.name: applicant.name}
    if story.party:
        names[story.party] = applicant.party_name
    addresses = {"address", "premises_address", "site", "clinic_address"}

    def own(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: own(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [own(part) for part in value]
        if key in addresses and row.get("address"):
            return row["address"]
        return names.get(value, value) if isinstance(value, str) else value

    answers: dict[str, Any] = own(story.answers)
    return answers


class _Papers:
    """One sample paper for each name and holder."""

    def upload(self, owner: Actor, name: str) -> Any:
        content = render_paper(SAMPLE, {"name": name, "holder": owner.party_name or owner.name}, title=name)
        return files.store(owner, name=f"{name}.pdf", content=content, party_id=owner.party_id).id


def _hand_in(applicant: Actor, story: Story, row: dict[str, Any], at: dt.datetime, node: Actor) -> Any:
    """Begin, answer, prove, sign and submit, all at ``at``; the case."""
    owner = afterwards(applicant, at, by=node)
    draft = applications.start(owner, story.item)
    if story.situation:
        draft = applications.answer_situation(owner, draft.id, story.situation)
    draft = applications.save_answers(owner, draft.id, _answers(story, row, applicant))
    for gathered in applications_queries.draft_view(applicant, draft.id).materials:
        need = gathered.need
        if gathered.complete:
            continue
        if need.code in story.commitments:
            applications.give_material(owner, draft.id, need.code, how="commitment")
        else:
            applications.give_material(owner, draft.id, need.code, file_id=_Papers().upload(applicant, need.name))
    return applications.submit(owner, draft.id, signed_name=applicant.name, agreed=True).case


def _open_task(case: Any, step: str) -> Any:
    tasks = apps.get_model("cases", "Task").objects.filter(case=case, state="open")
    found = tasks.filter(step=step).first()
    if found is None:
        waiting = ", ".join(tasks.values_list("step", flat=True))
        raise Conflict(f"the sample application is not at {step}; it waits at: {waiting or 'nothing'}")
    return found


def _official(username: str) -> Actor:
    return replace(of_account(Account.objects.get(username=username)), channel="web")


def _underway(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    story = stories.read(reading.find(body["walk"]))
    if story is None:
        raise Invalid(
            f"the pack {body['walk']} has no walk.yaml",
            problems=[Problem("walk", "missing", f"the pack {body['walk']} has no walk.yaml to follow")],
        )
    random_ = random.Random(f"underway:{body['code']}")  # noqa: S311  # not a secret: the same city must come again
    known, applicants = calendar(), _applicants(actor, body)
    for group in body["groups"]:
        for days in group["handed_in"][:1] if slots.trying.get() else group["handed_in"]:
            with one_by_one():
                _one(actor, story, group, days, next(applicants), (known, random_))


def _one(
    actor: Actor, story: Story, group: dict[str, Any], days: int, who: tuple[Actor, dict[str, Any]],
    times: tuple[WorkCalendar, random.Random],
) -> None:  # fmt: skip
    """One application, handed in ``days`` working days ago, and what was done with it since."""
    (applicant, row), (known, random_) = who, times
    at = _moment(random_, _working_days_ago(known, days), None)
    case = _hand_in(applicant, story, row, at, actor)
    for number, decision in enumerate(story.steps[: group.get("steps", 0)], 1):
        if not isinstance(decision, Decision):
            break  # a timer: only time goes on from here
        at = _moment(random_, _working_days_ago(known, max(days - number, 0)), at)
        official = afterwards(_official(decision.by), at, by=actor)
        cases.complete(official, _open_task(case, decision.step).id, decision.outcome, decision.opinion)
    if group.get("correction") and story.correction is not None:
        asked = story.correction
        at = _moment(random_, _working_days_ago(known, max(days - 1, 0)), at)
        applications.request_correction(
            afterwards(_official(asked.by), at, by=actor), _open_task(case, asked.step).id,
            [{"kind": "material", "code": asked.material, "text": asked.text}],
        )  # fmt: skip


UNDERWAY = Kind(
    "underway", "applications under way", lambda body: str(body["code"]), by_schema("underway"), _underway,
    demo=True, fixed=True,
)  # fmt: skip
