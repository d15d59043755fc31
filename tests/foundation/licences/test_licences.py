"""Licences are issued sealed, held, expired, replaced, annulled and checked; and each act is in the ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import threading
import time as clock

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from tests.factories import agency, citizen, firm_of, official
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import ANONYMOUS, Actor, system
from yiwang.foundation.crypto.queries import Broken, anchor, check_pdf, read_anchors
from yiwang.foundation.events.models import Event
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.files.queries import open_file
from yiwang.foundation.ledger.queries import entries_about
from yiwang.foundation.ledger.verification import examine
from yiwang.foundation.licences import actions, queries, showing
from yiwang.foundation.licences.jobs import run_out
from yiwang.foundation.licences.models import Licence
from yiwang.foundation.licences.operations import issue_for_case
from yiwang.foundation.orgs.models import Agency
from yiwang.foundation.seals import actions as seals
from yiwang.foundation.seals.models import SealUse
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing, SignInNeeded

from .conftest import FOOD, FOOD_FACTS, START, UNEMPLOYMENT, declare, issue

pytestmark = pytest.mark.django_db


def anchors() -> list[bytes]:
    return read_anchors(anchor())


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.timezone(dt.timedelta(hours=8)))


# Issuing -------------------------------------------------------------------------------------------------------------


def test_an_issued_licence_is_sealed_and_carries_its_data(licence: Licence, issuer: Actor, holder: Actor) -> None:
    assert licence.number.startswith("JY2990100000001")
    assert licence.valid_until == dt.date(2031, 11, 20)
    pdf = queries.pdf(holder, licence.number)
    checked = check_pdf(pdf, anchors())
    assert checked.trusted
    assert checked.signatures[0].path.organisation == "云州市市场监督管理局"
    inside = json.loads(checked.attachments["licence.json"])
    assert (inside["number"], inside["code"]) == (licence.number, licence.code)
    assert inside["holder"] == {"kind": "organisation", "name": holder.party_name}
    verdict = examine(pdf, anchors())
    assert (verdict.kind, verdict.trusted, verdict.code) == ("licence", True, licence.code)


def test_the_ledger_the_seal_log_and_the_event_have_it(licence: Licence, holder: Actor) -> None:
    [entry] = entries_about("licence", licence.number)
    content = json.loads(entry.content)
    assert entry.act == "licences.issue"
    assert content["data"]["sha256"] == licence.sha256
    assert holder.party_name not in entry.content
    assert SealUse.objects.get(kind="licence", subject=licence.number).sealed == licence.sha256
    assert Event.objects.get(type="licence.issued").subject == licence.number


def test_personal_data_rests_sealed(licence: Licence) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT holder, fields FROM licences_licence")
        holder, fields = cursor.fetchone()
    assert "晓梅" not in holder
    assert "晓梅".encode() not in bytes(fields)


def test_others_may_not_issue(issuer: Actor, holder: Actor) -> None:
    stranger = official("chief", ["licences.*", "seals.*"], at=agency("rsj", "云州市人力资源和社会保障局"))
    for actor in (stranger, holder, official("clerk", ["cases.*"])):
        with pytest.raises(Denied):
            issue(actor, holder)
    with pytest.raises(SignInNeeded):
        issue(ANONYMOUS, holder)
    assert not Licence.objects.exists()


def test_whoever_may_issue_but_not_seal_issues_nothing(issuer: Actor, holder: Actor) -> None:
    half = official("half-chief", ["licences.*"])
    with pytest.raises(Denied):
        issue(half, holder)
    assert not Licence.objects.exists()
    assert not StoredFile.objects.filter(purpose="licence").exists()
    assert Denial.objects.get().permission == "seals.use"


def test_what_is_missing_or_unknown_is_named(issuer: Actor, holder: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        issue(issuer, holder, fields={"holder": "x", "colour": "red", "premises": "长" * 600})
    fields = {problem.field for problem in caught.value.problems}
    assert {"fields.colour", "fields.uscc", "fields.premises"} <= fields
    person = citizen()
    with pytest.raises(Invalid) as caught:
        issue(issuer, person)
    assert {problem.field for problem in caught.value.problems} == {"party"}
    with pytest.raises(Missing):
        actions.issue(
            issuer, "nothing", party_id=holder.party_id, agency_code="scjg", fields={}, case_number="", valid_from=START
        )


def test_one_licence_of_a_type_for_a_case(licence: Licence, issuer: Actor, holder: Actor) -> None:
    with pytest.raises(Conflict):
        issue(issuer, holder)
    assert Licence.objects.count() == 1


def test_without_a_seal_nothing_is_issued_and_no_number_is_used(issuer: Actor, holder: Actor) -> None:
    seals.suspend(issuer, "scjg-official", "换章")
    with pytest.raises(Missing):
        issue(issuer, holder)
    seals.resume(issuer, "scjg-official", "换好了")
    assert issue(issuer, holder).number.startswith("JY2990100000001")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_numbers_do_not_repeat_when_many_issue_at_once(issuer: Actor, holder: Actor) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            issue(issuer, holder, case_number=f"case-{number}")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    serials = sorted(number[9:15] for number in Licence.objects.values_list("number", flat=True))
    assert serials == ["000001", "000002", "000003", "000004"]


def test_a_procedure_issues_once_however_often_it_is_run(issuer: Actor, holder: Actor) -> None:
    class FakeCase:
        number, agency_id, party_id = "990100202611210007", "scjg", holder.party_id

    facts = {**FOOD_FACTS, "licence": {"type": "food-business"}}
    assert issue_for_case(FakeCase(), facts)[0] == "issued"  # type: ignore[arg-type]
    outcome, words = issue_for_case(FakeCase(), facts)  # type: ignore[arg-type]
    licence = Licence.objects.get()
    assert (outcome, licence.number in words) == ("issued", True)
    assert licence.fields["business"] == "餐饮服务经营者（中型餐饮）"


def test_a_procedure_issues_for_the_term_that_was_decided(issuer: Actor, holder: Actor) -> None:
    declare({**FOOD, "validity": {"from": "form.since", "until": "form.until"}})
    first = timezone.localdate() + dt.timedelta(days=30)
    term = {"since": first.isoformat(), "until": (first + dt.timedelta(days=9)).isoformat()}

    class FakeCase:
        number, agency_id, party_id = "990100202611210008", "scjg", holder.party_id

    facts = {**FOOD_FACTS, "form": {**FOOD_FACTS["form"], **term}, "licence": {"type": "food-business"}}
    issue_for_case(FakeCase(), facts)  # type: ignore[arg-type]
    licence = Licence.objects.get()
    assert (licence.valid_from, licence.valid_until) == (first, first + dt.timedelta(days=9))
    assert licence.state_now == "pending"


def test_identity_numbers_stand_on_the_paper_as_the_type_says(issuer: Actor) -> None:
    declare(UNEMPLOYMENT)
    person = citizen()
    facts = {
        "party": {"name": "林晓梅", "code": "990102198001010012"},
        "form": {"phone": "13800001234", "since": "2026-10-31", "reason": "contract-ended"},
    }
    fields = queries.gather("unemployment-registration", facts)
    licence = actions.issue(
        issuer, "unemployment-registration", party_id=person.party_id, agency_code="scjg", fields=fields,
        case_number="", valid_from=START,
    )  # fmt: skip
    inside = check_pdf(queries.pdf(person, licence.number), []).attachments["licence.json"].decode()
    assert "990102198001010012" not in inside
    assert "990*************12" in inside
    assert dict(queries.shown_fields(licence))["身份证号码"] == "990*************12"
    assert licence.valid_until is None
    assert licence.state_on(dt.date(2126, 1, 1)) == "valid"


# Holding -------------------------------------------------------------------------------------------------------------


def test_the_holder_sees_it_and_a_neighbour_does_not(licence: Licence, holder: Actor) -> None:
    assert [found.number for found in queries.held(holder)] == [licence.number]
    neighbour = firm_of(citizen("邻居"), "云州市别家餐饮有限公司")
    assert queries.held(neighbour) == []
    for attempt in (
        lambda: queries.licence(neighbour, licence.number),
        lambda: queries.pdf(neighbour, licence.number),
        lambda: actions.show(neighbour, licence.number),
        lambda: actions.annul(holder, licence.number, "不想要了"),
        lambda: queries.licence(neighbour, "JY2-no-such"),
    ):
        with pytest.raises(Denied):
            attempt()
    assert Denial.objects.count() == 5
    with pytest.raises(SignInNeeded):
        queries.licence(ANONYMOUS, licence.number)


def test_staff_see_what_lies_in_their_reach(licence: Licence, issuer: Actor) -> None:
    assert [found.number for found in queries.licences(issuer).items] == [licence.number]
    elsewhere = official("chief", at=agency("rsj", "云州市人力资源和社会保障局"))
    assert queries.licences(elsewhere).items == []
    with pytest.raises(Denied):
        queries.licences(citizen())
    reader = official("licence-reader", ["licences.read"])
    _file, content = open_file(reader, licence.file)
    assert hashlib.sha256(b"".join(content)).hexdigest() == licence.sha256


def test_the_list_of_staff_filters(licence: Licence, issuer: Actor, holder: Actor) -> None:
    def found(**wanted: str) -> int:
        return len(queries.licences(issuer, **wanted).items)  # type: ignore[arg-type]

    with time_machine.travel(at(dt.date(2031, 11, 1)), tick=False):
        assert found(state="soon") == found(state="valid") == 1
    with time_machine.travel(at(dt.date(2031, 11, 21)), tick=False):
        assert (found(state="soon"), found(state="valid"), found(state="expired")) == (0, 0, 1)
    assert found(type_code="food-business") == 1
    assert found(type_code="other") == found(text="other") == found(state="annulled") == 0
    assert found(text=licence.number) == found(text=licence.shown_code) == found(text=licence.case_number) == 1


def test_a_case_shows_what_it_ended_with(licence: Licence, holder: Actor) -> None:
    assert queries.of_case(holder, licence.case_number) == [licence]
    assert queries.of_case(citizen(), licence.case_number) == []
    assert queries.of_case(holder, "") == []


# Ending --------------------------------------------------------------------------------------------------------------


def test_it_holds_to_the_end_of_its_last_day_and_expires_across_years(licence: Licence) -> None:
    last = dt.date(2031, 11, 20)
    with time_machine.travel(at(last, 23), tick=False):
        run_out()
        assert queries.public_check(licence.code).state == "valid"
    with time_machine.travel(at(last + dt.timedelta(days=1), 1), tick=False):
        assert queries.public_check(licence.code).state == "expired"  # before the job has come by
        run_out()
        run_out()
        licence.refresh_from_db()
        assert licence.state == Licence.State.EXPIRED
        assert queries.public_check(licence.code).state_words == "已过期"
        # The paper is as sound as it was, though the seal's certificate has run out too.
        assert queries.public_check(licence.code).seal.sound
    assert Event.objects.filter(type="licence.expired").count() == 1
    assert [entry.act for entry in entries_about("licence", "expired")] == ["licences.expire"]


def test_it_does_not_hold_before_its_first_day(issuer: Actor, holder: Actor) -> None:
    licence = issue(issuer, holder, valid_from=dt.date(2099, 1, 1))
    assert queries.public_check(licence.code).state == "pending"
    assert licence.state_words == "尚未生效"


@pytest.mark.parametrize(
    ("ground", "words"), [("deregistered", "已注销"), ("revoked", "已撤销"), ("withdrawn", "已吊销")]
)
def test_annulled_shows_annulled(licence: Licence, issuer: Actor, holder: Actor, ground: str, words: str) -> None:
    actions.annul(issuer, licence.number, "依法处理", ground)
    found = queries.public_check(licence.code)
    assert (found.state, found.state_words) == ("annulled", words)
    assert found.seal.sound  # the paper is real; it does not hold any more
    assert entries_about("licence", licence.number)[-1].act == "licences.annul"
    with pytest.raises(Conflict):
        actions.annul(issuer, licence.number, "再来一次")
    with time_machine.travel(at(dt.date(2040, 1, 1)), tick=False):
        run_out()
        assert queries.public_check(licence.code).state == "annulled"


def test_annulling_wants_a_reason_and_a_ground(licence: Licence, issuer: Actor) -> None:
    for reason, ground in ((" ", "revoked"), ("长" * 201, "revoked"), ("依法", "because")):
        with pytest.raises(Invalid):
            actions.annul(issuer, licence.number, reason, ground)
    with pytest.raises(Denied):
        actions.annul(official("chief", at=agency("rsj", "人社局")), licence.number, "依法")


def test_a_licence_is_replaced_by_the_next(licence: Licence, issuer: Actor, holder: Actor) -> None:
    new = issue(issuer, holder, case_number="990100202711210001", supersedes=licence.number)
    old = queries.public_check(licence.code)
    assert (old.state, old.successor) == ("superseded", new.number)
    assert queries.public_check(new.code).state == "valid"
    with pytest.raises(Conflict):
        issue(issuer, holder, case_number="990100202711210002", supersedes=licence.number)
    other = firm_of(citizen(), "云州市别家餐饮有限公司")
    with pytest.raises(Missing):
        issue(issuer, other, case_number="990100202711210003", supersedes=new.number)


# Checking ------------------------------------------------------------------------------------------------------------


def test_a_stranger_with_the_code_learns_what_is_public(licence: Licence, holder: Actor) -> None:
    found = queries.public_check(licence.shown_code.lower())
    assert (found.state, found.holder, found.seal.sound) == ("valid", holder.party_name, True)
    labels = [label for label, _value in found.fields]
    assert "经营场所" in labels
    assert "法定代表人" not in labels


def test_a_person_s_name_is_masked_and_their_number_does_not_answer(issuer: Actor) -> None:
    declare(UNEMPLOYMENT)
    person = citizen("林晓梅")
    facts = {"party": {"name": "林晓梅", "code": "990102198001010012"}, "form": {"since": "2026-10-31", "reason": "x"}}
    licence = actions.issue(
        issuer, "unemployment-registration", party_id=person.party_id, agency_code="scjg",
        fields=queries.gather("unemployment-registration", facts), case_number="", valid_from=START,
    )  # fmt: skip
    found = queries.public_check(licence.code)
    assert found.holder == "林**"
    assert "990102198001010012" not in repr(found)
    with pytest.raises(Missing):
        queries.public_check(licence.number)


def test_by_number_an_organisation_s_licence_answers_without_fields(licence: Licence) -> None:
    found = queries.public_check(licence.number)
    assert (found.number, found.fields) == (licence.number, ())
    for nonsense in ("", "JY2", "' OR 1=1 --", "0" * 16, "x" * 5000):
        with pytest.raises(Missing):
            queries.public_check(nonsense)


def test_the_holder_shows_it_for_a_minute(licence: Licence, holder: Actor) -> None:
    with time_machine.travel(at(START), tick=False) as traveller:
        held = actions.show(holder, licence.number)
        token = held.path.rsplit("/", 1)[1]
        found = queries.shown_check(token)
        assert (found.shown_by_holder, found.holder) == (True, holder.party_name)
        traveller.shift(60)
        assert queries.shown_check(token)
        traveller.shift(1)
        with pytest.raises(Missing):
            queries.shown_check(token)
    assert "licences.show" in {entry.act for entry in entries_about("licence", licence.number)}


def test_a_code_shown_anew_ends_the_one_before(licence: Licence, holder: Actor) -> None:
    first, second = (actions.show(holder, licence.number).path.rsplit("/", 1)[1] for _time in range(2))
    assert queries.shown_check(second)
    with pytest.raises(Missing):
        queries.shown_check(first)


def test_a_code_that_was_made_up_or_prolonged_shows_nothing(licence: Licence) -> None:
    until = dt.datetime.fromtimestamp(int(clock.time()) + 60, tz=dt.UTC)
    mark = showing.mark()
    Licence.objects.filter(pk=licence.pk).update(shown=mark)
    token = showing.token(licence.id, until, mark)
    assert showing.read(token) == (licence.id, until, mark)
    assert queries.shown_check(token)
    later = showing.token(licence.id, until + dt.timedelta(days=1), mark)
    for forged in (token[:-4], token[:20] + later[20:36] + token[36:], "x" * 52, "", "查" * 20, token + "AAAA"):
        with pytest.raises(Missing):
            queries.shown_check(forged)


def test_a_changed_paper_in_the_store_is_told(licence: Licence, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.foundation.files.queries import read_bytes

    content = bytearray(read_bytes(licence.file))
    content[2000] ^= 1
    monkeypatch.setattr(queries, "read_bytes", lambda file: bytes(content))
    assert not queries.public_check(licence.code).seal.sound


def test_another_agency_s_seal_on_a_licence_is_refused(licence: Licence, issuer: Actor, holder: Actor) -> None:
    """A seal of the node is not enough: it has to be the seal of the agency that the licence names."""
    other = agency("rsj", "云州市人力资源和社会保障局")
    colleague = official("chief", at=other)
    seals.make(colleague, "rsj")
    from yiwang.foundation.licences import papers
    from yiwang.foundation.licences.editions import type_of

    content = papers.Content(
        kind=type_of(licence.type), version=1, number="JY2FORGED", identifier="", code="0" * 16,
        holder=holder.party_name, holder_kind="organisation", values=licence.fields,
        issuer=papers.Issuer("scjg", "云州市市场监督管理局", "11990100MB00000010"),
        issued_on=START, valid_from=START, valid_until=None, case_number="",
    )  # fmt: skip
    forged = seals.apply_to_pdf(
        colleague, "rsj-official", papers.compose(content), reason="颁发", kind="licence", subject="JY2FORGED"
    )
    with pytest.raises(Broken, match="not that of the agency"):
        examine(forged, anchors())


def test_flipped_bytes_all_over_the_licence_are_refused(licence: Licence, holder: Actor) -> None:
    pdf = queries.pdf(holder, licence.number)
    known = anchors()
    for position in random.Random(11).sample(range(len(pdf)), 150):
        spoilt = bytearray(pdf)
        spoilt[position] ^= 0x01
        with pytest.raises(Broken):
            examine(bytes(spoilt), known)


def test_agencies_keep_their_paths_on_the_licence(licence: Licence) -> None:
    assert licence.agency_path == Agency.objects.get(code="scjg").path
    with transaction.atomic():
        assert actions.expire(system(), START) == 0


def test_the_sample_types_are_sound() -> None:
    for body in (FOOD, UNEMPLOYMENT):
        assert actions.declare_type(system(), body).version == 1
