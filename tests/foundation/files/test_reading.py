"""Who opens a file, and what a browser is told about it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.factories import citizen, firm_of, official
from tests.factories.browsing import browser_of
from tests.factories.documents import docx, pdf, png, uploaded
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import ANONYMOUS, Actor, act, require
from yiwang.foundation.files.queries import open_file, stored
from yiwang.foundation.files.slots import readers
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Refusal, SignInNeeded

pytestmark = pytest.mark.django_db


def _answer(actor: Actor, file_id: UUID) -> tuple[int, str, str]:
    with pytest.raises(Refusal) as caught:
        open_file(actor, file_id)
    return caught.value.status, caught.value.code, str(caught.value)


def test_a_neighbour_hears_what_one_hears_about_nothing_and_the_attempt_is_kept() -> None:
    file, neighbour = uploaded(citizen()), citizen("邻居")
    theirs = _answer(neighbour, file.id)
    denial = Denial.objects.get(account_id=neighbour.account_id)
    assert (denial.permission, denial.subject) == ("files.read", f"file:{file.id}")
    nothing = _answer(neighbour, uuid4())
    assert theirs == nothing
    assert theirs[0] == 404


def test_inside_an_act_the_attempt_is_kept_too() -> None:
    @act("trial.look", "看看", public=True)
    def look(actor: Actor, file_id: UUID) -> None:
        require(actor)
        record("trial", "1")
        stored(actor, file_id)

    file, neighbour = uploaded(citizen()), citizen("邻居")
    with pytest.raises(Refusal):
        look(neighbour, file.id)
    assert Denial.objects.get(account_id=neighbour.account_id).permission == "files.read"


def test_a_passer_by_is_asked_to_sign_in() -> None:
    with pytest.raises(SignInNeeded):
        open_file(ANONYMOUS, uploaded(citizen()).id)


def test_the_owner_opens_it_whichever_party_they_act_for() -> None:
    person = citizen()
    file = uploaded(person)
    assert b"".join(open_file(firm_of(person), file.id)[1]) == pdf()


def test_an_official_opens_what_they_brought_themselves() -> None:
    inspector = official("inspector", ["files.store"])
    everywhere = Actor(
        name="x", account_id=inspector.account_id, held=tuple(type(h)(h.role, h.permissions) for h in inspector.held)
    )
    file = uploaded(everywhere, png(), "现场.png")
    assert file.party_id is None
    assert stored(inspector, file.id) == file


def test_a_room_above_vouches_for_its_readers() -> None:
    file, clerk = uploaded(citizen()), official("window-clerk", ["cases.read"])
    with pytest.raises(Refusal):
        stored(clerk, file.id)
    with readers.plugged("case", lambda actor, file_id: actor.holds("window-clerk") and file_id == file.id):
        assert stored(clerk, file.id) == file
        with pytest.raises(Refusal):
            stored(citizen("邻居"), file.id)
    assert _answer(clerk, uuid4())[0] == 404


def test_a_pdf_is_shown_in_the_page_and_a_document_is_saved() -> None:
    actor = citizen()
    browser = browser_of(actor)
    shown = browser.get(f"/files/{uploaded(actor).id}")
    assert shown.getvalue() == pdf()
    assert shown["Content-Disposition"].startswith("inline; filename*=utf-8''%E7%A7%9F")
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert shown["Content-Length"] == str(len(pdf()))
    assert shown["Content-Security-Policy"].endswith("sandbox")
    assert shown["Cache-Control"] == "private, no-store"
    saved = browser.get(f"/files/{uploaded(actor, docx(), '申请.docx').id}")
    assert saved["Content-Disposition"].startswith("attachment; ")
    assert "sandbox" in saved["Content-Security-Policy"]
    assert "script-src" not in saved["Content-Security-Policy"]
    assert browser.get(f"/files/{uploaded(actor).id}?save=1")["Content-Disposition"].startswith("attachment; ")


def test_a_name_cannot_break_out_of_the_header() -> None:
    actor = citizen()
    file = uploaded(actor, name='a";\r\nSet-Cookie: x=1; b.pdf')
    header = browser_of(actor).get(f"/files/{file.id}")["Content-Disposition"]
    assert "\n" not in header
    assert '";' not in header


def test_the_page_of_somebody_else_s_file_is_a_plain_not_found() -> None:
    file = uploaded(citizen())
    page = browser_of(citizen("邻居")).get(f"/files/{file.id}")
    assert page.status_code == 404
    assert "没有找到这个文件" in page.content.decode()
