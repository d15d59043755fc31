"""Whoever was served may say, once and for good, how it was."""

from __future__ import annotations

import pytest

from tests.factories import citizen, firm_of
from tests.factories.cases import open_permit
from tests.factories.ratings import closed_case
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import ANONYMOUS, Actor, of_account
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases.models import Case
from yiwang.foundation.events.models import Event
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.ratings import actions, queries
from yiwang.foundation.ratings.contacts import CASE
from yiwang.foundation.ratings.models import Contact, Rating
from yiwang.kernel.models import AppendOnlyError
from yiwang.kernel.refusals import Conflict, Denied, Invalid, SignInNeeded

pytestmark = pytest.mark.django_db


def test_a_content_citizen_says_so(clerk: Actor) -> None:
    me = citizen()
    case = closed_case(me, clerk)
    with recorded("ratings.rate", by=me, kind="rating") as entries:
        rating = actions.rate(me, CASE, case.number, 1, ["once", "kind"], " 很快就办好了 ", channel="mobile")
    rating = Rating.objects.get(id=rating.id)
    assert (rating.grade, rating.tags, rating.text.plain(), rating.channel) == (
        1,
        ["once", "kind"],
        "很快就办好了",
        "mobile",
    )
    assert rating.followup is None
    assert "很快就办好了" not in entries[0].content
    assert case.number not in entries[0].content
    assert Event.objects.get(type="rating.given").data["grade"] == 1
    own = queries.own(me, CASE, case.number)
    assert (own.rating, own.ratable) == (rating, False)


def test_each_contact_is_rated_once_and_never_changed(clerk: Actor) -> None:
    me = citizen()
    case = closed_case(me, clerk)
    first = actions.rate(me, CASE, case.number, 2, ["fast"])
    assert actions.rate(me, CASE, f" {case.number[:10]} {case.number[10:]}", 2, ["fast"]) == first  # sent again
    for grade, tags, text in [(1, ["fast"], ""), (2, [], ""), (2, ["fast"], "改主意了")]:
        with pytest.raises(Conflict) as caught:
            actions.rate(me, CASE, case.number, grade, tags, text)
        assert caught.value.code == "already-rated"
    assert Rating.objects.get() == first
    first.grade = 5
    with pytest.raises(AppendOnlyError):
        first.save()


def test_only_the_party_may(clerk: Actor) -> None:
    me, neighbour = citizen(), citizen("邻居")
    case = closed_case(me, clerk)
    messages = {
        str(refused(actions.rate, neighbour, CASE, number, 5))
        for number in (case.number, "99010026112100000000", "胡写")
    }
    assert len(messages) == 1  # a foreign case and none at all look the same
    refused(actions.rate, clerk, CASE, case.number, 1)
    with pytest.raises(SignInNeeded):
        actions.rate(ANONYMOUS, CASE, case.number, 1)
    with pytest.raises(Denied):
        queries.own(neighbour, CASE, case.number)
    assert not Rating.objects.exists()


def test_a_firm_s_case_is_rated_for_the_firm(clerk: Actor) -> None:
    firm = firm_of(citizen())
    case = closed_case(firm, clerk)
    self_again = of_account(
        Account.objects.get(pk=firm.account_id)
    )  # acting for themself, with the firm among their parties
    actions.rate(self_again, CASE, case.number, 1)
    assert Contact.objects.get().party_id == firm.party_id


def test_a_case_that_goes_on_waits(clerk: Actor) -> None:
    me = citizen()
    case = open_permit(me)
    with pytest.raises(Conflict) as caught:
        actions.rate(me, CASE, case.number, 1)
    assert caught.value.code == "not-ended"
    assert not queries.own(me, CASE, case.number).ratable


@pytest.mark.parametrize(
    ("grade", "tags", "text", "channel", "field"),
    [
        (0, [], "", "pc", "grade"),
        (6, [], "", "pc", "grade"),
        (1, ["late"], "", "pc", "tags"),
        (5, ["once"], "", "pc", "tags"),
        (3, ["no-such"], "", "pc", "tags"),
        (1, [], "长" * 501, "pc", "text"),
        (1, [], "", "pigeon", "channel"),
    ],
)
def test_what_is_wrong_is_named(clerk: Actor, grade: int, tags: list[str], text: str, channel: str, field: str) -> None:
    me = citizen()
    case = closed_case(me, clerk)
    with pytest.raises(Invalid) as caught:
        actions.rate(me, CASE, case.number, grade, tags, text, channel=channel)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert not Contact.objects.exists()
    assert Case.objects.count() == 1


def test_a_closed_case_counts_for_coverage_before_it_is_rated(clerk: Actor) -> None:
    me = citizen()
    case = closed_case(me, clerk)
    open_permit(me)
    Worker().run(once=True)
    contact = Contact.objects.get()
    assert (contact.key, contact.judged, contact.party_id) == (case.number, [clerk.account_id], me.party_id)
    assert actions.offer(CASE, case.number) == contact  # twice is once
    assert actions.offer(CASE, "99010026112100000000") is None
