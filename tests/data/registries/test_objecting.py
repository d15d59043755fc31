"""Somebody says that what a register holds about them is wrong."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.factories import citizen
from tests.factories.registers import population, registered
from tests.helpers import recorded, refused
from yiwang.data.registries.actions import load, object_to
from yiwang.data.registries.models import Objection
from yiwang.data.registries.queries import my_objections
from yiwang.foundation.access.queries import ANONYMOUS, system
from yiwang.foundation.events.models import Event
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db


def test_my_objection_is_kept_with_the_version_it_is_about() -> None:
    population()
    me = citizen()
    row = registered(me)
    with recorded("registries.object", by=me, kind="objection"):
        objection = object_to(me, "population", "residence", "云山区西门街2号", "去年搬了家")
    load(system(), "population", [{**row, "phone": "16400000009"}])
    assert objection.record.version == 1
    assert [item.claimed.plain() for item in my_objections(me)] == ["云山区西门街2号"]
    assert my_objections(citizen("王建国")) == []
    assert Event.objects.get(type="register.objected").data == {"register": "population", "element": "residence"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT claimed, why FROM {Objection._meta.db_table}")
        assert "西门" not in repr(cursor.fetchone())


def test_who_has_no_record_or_nobody_to_speak_for_is_told_so() -> None:
    population()
    with pytest.raises(Missing):
        object_to(citizen(), "population", "name", "林小梅")
    refused(object_to, ANONYMOUS, "population", "name", "林小梅")


@pytest.mark.parametrize(
    ("element", "claimed", "why", "field"),
    [
        ("shoe_size", "40", "", "element"),
        ("residence", " ", "", "claimed"),
        ("phone", "12", "", "claimed"),
        ("birth_date", "1980-02-30", "", "claimed"),
        ("residence", "某路1号", "长" * 501, "why"),
    ],
)
def test_what_cannot_be_claimed_is_said_at_its_field(element: str, claimed: str, why: str, field: str) -> None:
    population()
    me = citizen()
    registered(me)
    with pytest.raises(Invalid) as refusal:
        object_to(me, "population", element, claimed, why)
    assert refusal.value.problems[0].field == field


def test_one_open_objection_for_each_element() -> None:
    population()
    me = citizen()
    registered(me)
    object_to(me, "population", "sex", "1")
    with pytest.raises(Conflict):
        object_to(me, "population", "sex", "1")
    object_to(me, "population", "residence", "某路1号")
    assert Objection.objects.count() == 2
