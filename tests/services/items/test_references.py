"""An item is published only when the form, procedure, decision table and licence type that it names are there."""

from __future__ import annotations

import pytest

from tests.factories import agency
from tests.factories.items import permit_body
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Invalid
from yiwang.services.items import actions
from yiwang.services.items.models import Item

pytestmark = pytest.mark.django_db


def test_each_part_that_is_missing_is_named() -> None:
    agency()
    with pytest.raises(Invalid) as caught:
        actions.install(system("command"), permit_body(decision="nowhere"))
    found = {problem.field: problem.message for problem in caught.value.problems}
    assert set(found) == {"form", "procedure", "decision", "licence"}
    assert "没有代码为“nowhere”的决策表" in found["decision"]
    assert not Item.objects.exists()


def test_an_item_that_names_none_needs_none() -> None:
    agency()
    actions.install(system("command"), {"code": "small", "name": "某项", "agency": "scjg", "type": "10"})
    assert Item.objects.get().state == "published"
