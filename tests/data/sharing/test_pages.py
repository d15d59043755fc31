"""The pages of sharing, as applicant, provider and data bureau use them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from tests.factories.catalogue import POPULATION
from tests.factories.sharing import LIN, Key, Memory, applicant, bureau, client, granted, resource, steward, task_of
from yiwang.data.sharing import gate, gateway
from yiwang.data.sharing.models import DataRequest, Grant
from yiwang.data.sharing.modes import MODES
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account, Party, Standing

pytestmark = pytest.mark.django_db


def _browser(actor: Actor) -> Browser:
    browser = Browser()
    browser.force_login(Account.objects.get(pk=actor.account_id))
    return browser


def _post(**changes: Any) -> dict[str, Any]:
    return {
        "agency": "mzj", "fields": ["name", "residence"], "purpose": "核对救助申请人的身份和住址", "basis": "《社会救助暂行办法》第五十八条",
        "modes": ["look-up", "verify"], "per_day": "500", "until": (timezone.localdate() + dt.timedelta(days=90)).isoformat(), **changes,
    }  # fmt: skip


def test_applying_deciding_and_using_over_the_pages(memory: Memory) -> None:
    resource()
    asking, giving = _browser(applicant()), _browser(steward())
    assert "常住人口信息" in asking.get("/desk/sharing/apply").content.decode()
    form = f"/desk/sharing/apply/{POPULATION}"
    wrong = asking.post(form, _post(purpose="", per_day="many"))
    assert wrong.status_code == 422
    assert "请填写使用目的" in wrong.content.decode()
    assert asking.post(form, _post()).status_code == 302
    request = DataRequest.objects.get()
    assert "等待提供方审核" in asking.get("/desk/sharing/requests").content.decode()
    case = giving.get(f"/desk/cases/{request.case.number}")
    assert "社会救助暂行办法" in case.content.decode()
    task = task_of(request)
    terms = {
        "outcome": "agree",
        "fields": ["name", "residence"],
        "mask.name": "cut",
        "modes": ["verify", "look-up"],
        "per_day": "100",
        "until": request.until.isoformat(),
        "cache": "0",
    }
    answer = giving.post(f"/desk/tasks/{task.id}/decide", terms)
    assert answer.status_code == 302, answer.content.decode()
    grant = Grant.objects.get()
    assert (grant.per_day, grant.shape["fields"][0]["agreed"]) == (100, "cut")
    for page in ("", "/paper", "/uses"):
        found = asking.get(f"/desk/sharing/grants/{grant.number}{page}")
        assert found.status_code == 200
        assert grant.resource_name in found.content.decode()
    narrowed = {
        "do": "narrow",
        "fields": ["name"],
        "modes": ["verify"],
        "per_day": "10",
        "until": grant.until.isoformat(),
    }
    assert asking.post(f"/desk/sharing/grants/{grant.number}", narrowed).status_code == 302
    assert giving.post(f"/desk/sharing/grants/{grant.number}", {"do": "suspend", "why": ""}).status_code == 422
    assert giving.post(f"/desk/sharing/grants/{grant.number}", {"do": "suspend", "why": "核查用途"}).status_code == 302
    assert "核查用途" in asking.get(f"/desk/sharing/grants/{grant.number}").content.decode()
    assert "已暂停" in giving.get("/desk/sharing/?side=given").content.decode()
    giving.post(f"/desk/sharing/grants/{grant.number}", {"do": "resume"})
    giving.post(f"/desk/sharing/grants/{grant.number}", {"do": "revoke", "why": "不再需要"})
    grant.refresh_from_db()
    assert grant.state == "revoked"
    renew = asking.get(f"{form}?renews={grant.number}")
    assert grant.purpose in renew.content.decode()


def test_clients_are_registered_and_get_their_secret_once(memory: Memory) -> None:
    resource()
    browser = _browser(bureau())
    made = browser.post(
        "/desk/sharing/clients", {"agency": "mzj", "name": "救助系统", "code": "relief", "scopes": list(MODES)}
    )
    assert made.status_code == 302
    page = "/desk/sharing/clients/relief"
    shown = browser.post(page, {"do": "secret"}).content.decode()
    assert "ywcs_" in shown
    assert "ywcs_" not in browser.get(page).content.decode()
    assert browser.post(page, {"do": "key", "pem": "nonsense"}).status_code == 422
    assert browser.post(page, {"do": "suspended"}).status_code == 302
    assert "暂停" in browser.get("/desk/sharing/clients").content.decode()
    assert (
        browser.post(
            "/desk/sharing/clients", {"code": "relief", "name": "x", "agency": "mzj", "scopes": ["verify"]}
        ).status_code
        == 409
    )
    assert _browser(applicant()).get(page).status_code == 200
    assert _browser(steward()).get(page).status_code == 403


def test_figures_rank_what_is_used_and_lead_to_the_rows(memory: Memory) -> None:
    resource()
    grant, system = granted(), client()
    caller = gate.Caller(system, gate.actor_of(system), frozenset(MODES))
    for _time in range(3):
        gateway.look_up(caller, grant.number, {"identity_number": LIN}, "核对救助申请人")
    page = _browser(steward()).get("/desk/sharing/figures?period=week").content.decode()
    assert "常住人口信息" in page
    assert "云州市民政局" in page
    uses = _browser(steward()).get(f"/desk/sharing/grants/{grant.number}/uses").content.decode()
    assert uses.count("核对救助申请人") == 3
    export = _browser(steward()).get(f"/desk/export/data-uses?grant={grant.number}")
    assert export.status_code == 200


def test_the_person_sees_who_used_their_data_for_what_and_by_which_law(memory: Memory) -> None:
    from yiwang.foundation.crypto.queries import keyed_hash

    resource()
    grant = granted()
    key = Key(client())
    path = f"/api/v1/exchange/grants/{grant.number}"
    key.post(
        f"{path}/look-up", {"key": {"identity_number": LIN}, "purpose": "核对救助申请人的住址", "fields": ["residence"]}
    )
    key.post(f"{path}/changes", {"purpose": "停发不再符合条件的补助"})
    account = Account.objects.create_user("lin", "demo-password", name="林晓梅", level=3)
    person = Party.objects.create(kind="person", name="林晓梅", code=LIN, code_hash=keyed_hash("party", LIN))
    Standing.objects.create(account=account, party=person, ground="self", since=dt.date(2020, 1, 1))
    browser = Browser()
    browser.force_login(account)
    page = browser.get("/my/data/uses").content.decode()
    for words in (
        "云州市民政局",
        "核对救助申请人的住址",
        "停发不再符合条件的补助",
        "住址",
        "社会救助暂行办法",
        grant.number,
    ):
        assert words in page, words
    found = browser.get("/api/v1/my/data/uses").json()["items"]
    assert [(one["purpose"], one["grant"], one["basis"]) for one in found] == [
        ("停发不再符合条件的补助", grant.number, grant.basis), ("核对救助申请人的住址", grant.number, grant.basis),
    ]  # fmt: skip
    assert found[1]["elements"][0] == "住址"
