"""Licences that the node issues come into the register that is fed by them, and what becomes of them too."""

from __future__ import annotations

import pytest

from tests.factories.people import city
from tests.foundation.licences.conftest import holder, issuer, licence  # noqa: F401  # fixtures
from yiwang.data.catalogue.slots import holders
from yiwang.data.registries.actions import declare, load
from yiwang.data.registries.receivers import licence_told
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.events.slots import Happening
from yiwang.foundation.licences import actions
from yiwang.foundation.licences.models import Licence

pytestmark = pytest.mark.django_db
BODY = {
    "code": "licences", "name": "证照目录", "owner": "scjg", "subject": "other", "key": "number",
    "elements": [
        {"name": "number", "label": "证照编号", "type": "text", "level": 1, "required": True},
        {"name": "holder", "label": "持有人", "type": "text", "level": 2},
        {"name": "valid_until", "label": "有效期至", "type": "date", "level": 1},
        {"name": "state", "label": "状态", "type": "code", "codes": {"valid": "有效", "annulled": "已注销"}, "level": 1},
    ],
    "sources": [
        {"code": "node", "name": "本平台", "agency": "scjg", "authority": ["state"], "feed": "licences"},
        {"code": "books", "name": "台账", "agency": "scjg"},
    ],
}  # fmt: skip


def told(number: str, kind: str = "licence.issued") -> None:
    licence_told(Happening("1", kind, number, {}))


def test_a_licence_is_entered_and_its_end_too(licence: Licence, issuer: Actor) -> None:  # noqa: F811
    city()
    declare(system(), BODY)
    load(system(), "licences", [{"number": licence.number, "state": "valid", "holder": "旧名"}], source="books")
    told(licence.number)
    told(licence.number)  # a job may run twice
    [row] = holders["register"].look_up("register:licences", [{"number": licence.number}], ["state", "holder"])
    assert row is not None
    assert row["state"] == "valid"
    actions.annul(issuer, licence.number, "持证人申请注销")
    told(licence.number, "licence.annulled")
    [row] = holders["register"].look_up("register:licences", [{"number": licence.number}], ["state"])
    assert row == {"state": "annulled"}


def test_without_such_a_register_nothing_happens(licence: Licence) -> None:  # noqa: F811
    told(licence.number)
