"""The demo city works today: applications are under way, entered afterwards by the acts of their people, and every window finds work."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import afterwards, of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.accounts.queries import demo_accounts
from yiwang.foundation.cases.actions import complete
from yiwang.foundation.cases.models import Case, Task
from yiwang.foundation.cases.queries import board, queue
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Denied
from yiwang.packs import demo, installing, reading
from yiwang.services.applications.models import Filing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture(scope="module")
def today(demo_city: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        installing.install(system("command"), reading.find(demo.TODAY))


def test_the_windows_and_reviewers_find_work_in_every_colour() -> None:
    for username in ("clerk", "reviewer1", "reviewer2", "inspector", "chief", "counter", "planning", "housing"):
        assert queue(of_account(Account.objects.get(username=username))).items, f"{username} has nothing to do"
    counts = board(of_account(Account.objects.get(username="supervisor"))).counts
    assert all(counts[colour] for colour in ("red", "yellow", "green", "paused")), counts


def test_each_is_a_whole_application_that_was_handed_in_on_its_own_day() -> None:
    cases = list(Case.objects.filter(kind="application"))
    assert Filing.objects.filter(case__in=cases, revision=1).count() == len(cases) >= 20
    days = Counter(timezone.localdate(case.created_at) for case in cases)
    assert len(days) >= 5
    assert max(days) <= timezone.localdate()
    names = {case.party.name for case in cases if case.party}
    assert len(names) == len(cases), "each of somebody else"


def test_the_ledger_says_that_they_were_entered_afterwards_by_the_node() -> None:
    case = Case.objects.filter(kind="application").earliest("created_at")
    filing = Filing.objects.get(case=case, revision=1)
    assert abs(filing.signed_at - case.created_at).total_seconds() < 1
    entry = Entry.objects.filter(act="applications.submit").order_by("id").first()
    assert entry is not None
    assert '"entered_by":"node"' in entry.content
    assert '"took_place":' in entry.content


def test_who_may_not_enter_afterwards_may_not_through_somebody_else() -> None:
    clerk = of_account(Account.objects.get(username="clerk"))
    task = Task.objects.filter(
        case__kind="application", step="accept", state="open", case__type_name="食品经营许可核发"
    )[0]
    with pytest.raises(Denied):
        complete(afterwards(clerk, timezone.now(), by=clerk), task.id, "accept")
    assert Denial.objects.latest("id").permission == "access.backdate"
    assert complete(afterwards(clerk, timezone.now(), by=system()), task.id, "accept").case.pk == task.case_id


def test_nobody_signs_in_as_an_invented_applicant() -> None:
    offered = {account.username for group in demo_accounts() for account in group.accounts}
    assert not any("underway" in name for name in offered)
