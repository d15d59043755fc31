"""Changing, correcting and re-issuing: the next edition of a licence under the same number."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests.factories import agency, citizen, official
from tests.foundation.licences.conftest import FOOD, declare
from tests.foundation.licences.test_pages import sign_in
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.crypto.queries import anchor, check_pdf, read_anchors
from yiwang.foundation.licences import actions, queries
from yiwang.foundation.licences.models import Licence
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
MOVED = {"premises": "云州市云岭区西山路 3 号"}


def test_a_change_is_a_new_edition_under_the_same_number(licence: Licence, issuer: Actor, holder: Actor) -> None:
    with recorded("licences.change", by=issuer, kind="licence", subject=licence.number), recorded("seals.use"):
        new = actions.change(issuer, licence.number, MOVED, "经营场所搬迁", "990100202611210009")
    assert (new.number, new.edition, new.cause) == (licence.number, 2, "changed")
    assert (new.valid_from, new.valid_until) == (licence.valid_from, licence.valid_until)
    assert new.code != licence.code
    inside = json.loads(check_pdf(queries.pdf(holder, new.number), read_anchors(anchor())).attachments["licence.json"])
    assert (inside["edition"], inside["identifier"].split(".")[-2]) == (2, "002")
    assert MOVED["premises"] in [field["value"] for field in inside["fields"]]
    old = queries.public_check(licence.code)
    assert (old.state, old.successor, old.edition) == ("superseded", licence.number, 1)
    assert queries.public_check(new.code).state == "valid"
    assert queries.public_check(licence.number).edition == 2, "the number answers for the newest edition"
    assert [found.edition for found in queries.held(holder)] == [2]
    assert [found.edition for found in queries.editions(holder, licence.number)] == [2, 1]
    assert queries.pdf(holder, licence.number, 1) != queries.pdf(holder, licence.number)


def test_a_correction_and_a_reissue(licence: Licence, issuer: Actor) -> None:
    with recorded("licences.correct", by=issuer):
        actions.correct(issuer, licence.number, {"address": "云州市云岭区东湖街道望湖路 8 号"}, "门牌号写错")
    with recorded("licences.reissue", by=issuer):
        third = actions.reissue(issuer, licence.number, "印章更换")
    assert (third.edition, third.cause, third.fields["address"]) == (3, "reissued", "云州市云岭区东湖街道望湖路 8 号")
    assert Licence.objects.filter(number=licence.number, state="valid").count() == 1


def test_a_next_edition_keeps_a_future_beginning(licence: Licence, issuer: Actor) -> None:
    Licence.objects.filter(pk=licence.pk).update(valid_from="2099-01-01", valid_until="2104-01-01")
    assert actions.reissue(issuer, licence.number, "补发").state_now == "pending"


def test_the_wrong_people_are_refused(licence: Licence, holder: Actor) -> None:
    stranger = official("chief", ["licences.*", "seals.*"], at=agency("rsj", "人社局"))
    for who in (holder, citizen("邻居"), stranger):
        refused(actions.change, who, licence.number, MOVED, "搬迁")
        refused(actions.correct, who, licence.number, MOVED, "写错")
        refused(actions.reissue, who, licence.number, "补发")


def test_what_cannot_be_is_said(licence: Licence, issuer: Actor) -> None:
    same = {"premises": licence.fields["premises"]}
    for fields, reason in ((same, "没有变"), (MOVED, " "), ({"premises": ""}, "空"), ({"colour": "红"}, "没有这一项")):
        with pytest.raises(Invalid) as caught:
            actions.change(issuer, licence.number, fields, reason)
        assert caught.value.problems
    with pytest.raises(Missing):
        actions.change(system(), "JY2-NONE", MOVED, "搬迁")
    assert Licence.objects.count() == 1
    actions.annul(issuer, licence.number, "经营者申请")
    with pytest.raises(Conflict):
        actions.change(issuer, licence.number, MOVED, "搬迁")


def test_an_edition_is_made_once(licence: Licence, issuer: Actor) -> None:
    new = actions.reissue(issuer, licence.number, "补发")
    twin = Licence.objects.get(pk=new.pk)
    twin.pk, twin.code, twin.supersedes = None, "0" * 16, None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_newer_type_drops_and_asks_for_fields(licence: Licence, issuer: Actor) -> None:
    fields = [field for field in FOOD["fields"] if field["name"] != "complaints"]
    declare({**FOOD, "fields": [*fields, {"name": "manager", "label": "食品安全管理员"}]})
    with pytest.raises(Invalid) as caught:
        actions.change(issuer, licence.number, MOVED, "搬迁")
    assert [problem.field for problem in caught.value.problems] == ["fields.manager"]
    new = actions.change(issuer, licence.number, {**MOVED, "manager": "陈安"}, "搬迁")
    assert "complaints" not in new.fields


def test_staff_find_it_by_the_whole_name_and_list_one_edition(licence: Licence, issuer: Actor, holder: Actor) -> None:
    actions.reissue(issuer, licence.number, "补发")
    assert [found.edition for found in queries.licences(issuer, text=f" {holder.party_name} ").items] == [2]
    assert queries.licences(issuer, text=holder.party_name[:-1]).items == []


def test_the_pages(client: Client, licence: Licence, issuer: Actor, holder: Actor) -> None:
    sign_in(client, issuer)
    desk = f"/desk/licences/{licence.number}"
    assert f"{desk}/change" in client.get(desk).content.decode()
    form = client.get(f"{desk}/change").content.decode()
    assert licence.fields["premises"] in form
    wrong = client.post(f"{desk}/change", {**licence.fields, "reason": "没有变"})
    assert wrong.status_code == 422
    assert "内容和原来一样" in wrong.content.decode()
    assert client.post(f"{desk}/change", {**licence.fields, **MOVED, "reason": "搬迁"}).status_code == 302
    assert client.post(f"{desk}/reissue", {"reason": "补发"}).status_code == 302
    page = client.get(desk).content.decode()
    assert "第 3 版" in page
    assert "搬迁" in page
    assert client.get(f"{desk}/burn").status_code == 404
    assert client.get(f"/my/licences/{licence.number}/paper.pdf?edition=1").content.startswith(b"%PDF-")
    assert client.get(f"/my/licences/{licence.number}/paper.pdf?edition=9").status_code == 403
    assert "编号没有变" in client.get(licence.check_path).content.decode()
    party = sign_in(client, holder)
    assert "第 3 版" in client.get(f"/my/licences/{licence.number}", **party).content.decode()
    assert (
        client.post(f"{desk}/change", {**licence.fields, "premises": "别处", "reason": "x"}, **party).status_code == 403
    )


def test_a_person_s_numbers_are_not_in_the_form(client: Client, issuer: Actor) -> None:
    from tests.foundation.licences.conftest import START, UNEMPLOYMENT

    declare(UNEMPLOYMENT)
    person = citizen("林晓梅")
    facts = {"party": {"name": "林晓梅", "code": "990102198001010012"}, "form": {"since": "2026-10-31", "reason": "x"}}
    licence = actions.issue(
        issuer, "unemployment-registration", party_id=person.party_id, agency_code="scjg",
        fields=queries.gather("unemployment-registration", facts), case_number="", valid_from=START,
    )  # fmt: skip
    sign_in(client, issuer)
    address = f"/desk/licences/{licence.number}/correct"
    assert "990102198001010012" not in client.get(address).content.decode()
    values = {"name": "林晓梅", "identity": "", "phone": "", "since": "2026年10月30日", "reason": "劳动合同期满"}
    client.post(address, {**values, "reason": "日期写错"})
    assert queries.licence(issuer, licence.number).fields["identity"] == "990102198001010012"


def test_programs(client: Client, licence: Licence, issuer: Actor, holder: Actor) -> None:
    sign_in(client, issuer)
    base = f"/api/v1/licences/{licence.number}"
    done = client.post(f"{base}/change", {"fields": MOVED, "reason": "搬迁"}, "application/json").json()
    assert (done["edition"], done["cause"], done["state"]) == (2, "changed", "valid")
    assert client.post(f"{base}/correct", {"fields": {}, "reason": "x"}, "application/json").status_code == 422
    assert client.post(f"{base}/reissue", {"reason": "补发"}, "application/json").json()["edition"] == 3
    assert [found["edition"] for found in client.get(f"{base}/editions").json()] == [3, 2, 1]
    [found] = client.get("/api/v1/licences/register", {"text": licence.number}).json()["items"]
    assert found["edition"] == 3
    party = sign_in(client, holder)
    assert client.post(f"{base}/reissue", {"reason": "x"}, "application/json", **party).status_code == 403
