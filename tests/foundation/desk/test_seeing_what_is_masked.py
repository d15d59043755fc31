"""Numbers stay masked until somebody says why they must be seen; each look is kept."""

from __future__ import annotations

import pytest

from tests.factories import citizen, firm_of, official
from tests.factories.cases import open_permit
from tests.factories.desk import CLERK, browser
from tests.helpers import recorded
from yiwang.foundation.access.models import Role
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Party

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Actor:
    actor = official("window-clerk", [*CLERK, "accounts.unmask"])
    Role.objects.update(data_level=3)
    return actor


def test_a_number_is_shown_for_a_purpose_and_recorded(clerk: Actor) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    plain = Party.objects.get(id=applicant.party_id).code.plain()
    client = browser(clerk)
    page = client.get(f"/desk/cases/{case.number}").content.decode()
    assert plain not in page
    assert "查看完整信息" in page
    body = {"party": str(applicant.party_id), "field": "code"}
    answer = client.post(f"/desk/cases/{case.number}/unmask", body)
    assert answer.status_code == 422
    assert "请写明为什么要看" in answer.content.decode()
    with recorded("accounts.unmask", kind="party", subject=applicant.party_id):
        answer = client.post(f"/desk/cases/{case.number}/unmask", {**body, "purpose": "核对现场人员"})
    assert plain in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert plain not in client.get(f"/desk/cases/{case.number}").content.decode()
    with recorded("accounts.unmask"):
        fragment = client.post(
            f"/desk/cases/{case.number}/unmask", {**body, "purpose": "再核对"}, headers={"HX-Request": "true"}
        )
    assert plain in fragment.content.decode()
    assert "<html" not in fragment.content.decode()


def test_only_people_of_the_case_can_be_asked_for(clerk: Actor) -> None:
    case = open_permit(citizen())
    stranger = citizen("路人")
    body = {"party": str(stranger.party_id), "field": "code", "purpose": "好奇"}
    assert browser(clerk).post(f"/desk/cases/{case.number}/unmask", body).status_code == 404


def test_who_lacks_the_permission_is_refused(clerk: Actor) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    body = {"party": str(applicant.party_id), "field": "code", "purpose": "想看"}
    chief = official("chief", CLERK)
    assert browser(chief).post(f"/desk/cases/{case.number}/unmask", body).status_code == 403


def test_a_firm_is_public(clerk: Actor) -> None:
    firm = firm_of(citizen())
    case = open_permit(firm)
    page = browser(clerk).get(f"/desk/cases/{case.number}").content.decode()
    assert Party.objects.get(id=firm.party_id).code.plain() in page
    assert "查看完整信息" not in page
