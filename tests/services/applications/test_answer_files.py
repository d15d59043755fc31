"""A file that answers a question of the form is opened by whoever decides the case, and by nobody else."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

import pytest

from tests.factories import agency, official
from tests.factories.applications import FOOD, neighbour, owner, person, ready, signed
from tests.factories.browsing import browser_of
from tests.factories.documents import pdf, uploaded
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.files.queries import open_file, stored
from yiwang.foundation.forms import actions as forms
from yiwang.foundation.forms.models import FormVersion
from yiwang.kernel.refusals import Denied
from yiwang.services.applications import actions
from yiwang.services.applications.models import Filing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


@pytest.fixture(autouse=True)
def with_files() -> None:
    """The form of the food permit asks for a plan, and for a certificate of each cook."""
    body: dict[str, Any] = copy.deepcopy(FormVersion.objects.filter(code="food-permit").latest("version").body)
    body["schema"]["properties"]["plan"] = {
        "type": "array",
        "items": {"type": "string", "format": "uuid"},
        "maxItems": 3,
    }
    body["schema"]["properties"]["cooks"] = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"cook": {"type": "string", "maxLength": 60}, "proof": {"type": "string", "format": "uuid"}},
        },
    }
    body["layout"]["parts"][-1]["fields"] += [
        {"name": "plan", "label": "布局图", "widget": "file"},
        {
            "name": "cooks", "label": "厨师", "widget": "repeat",
            "columns": [
                {"name": "cook", "label": "姓名", "widget": "text"},
                {"name": "proof", "label": "健康证", "widget": "file"},
            ],
        },
    ]  # fmt: skip
    forms.publish(system(), "food-permit", body)


def handed_in(me: Actor) -> tuple[Filing, UUID, UUID]:
    plan, proof = (uploaded(me, pdf(name), name=f"{name}.pdf").id for name in ("plan", "proof"))
    draft = ready(me, plan=[str(plan)], cooks=[{"cook": "老李", "proof": str(proof)}])
    return actions.submit(me, draft.id, **signed(me)), plan, proof


def test_the_clerk_of_the_case_opens_it_from_the_page() -> None:
    filing, plan, proof = handed_in(owner())
    clerk = person("clerk")
    for file in (plan, proof):
        assert stored(clerk, file).id == file
        assert b"".join(open_file(clerk, file)[1]).startswith(b"%PDF")
    page = browser_of(clerk).get(f"/desk/cases/{filing.case.number}").content.decode()
    for file, name in ((plan, "plan.pdf"), (proof, "proof.pdf")):
        assert f'<a href="/files/{file}"' in page
        assert f">{name}</a>" in page
        assert browser_of(clerk).get(f"/files/{file}").status_code == 200


def test_a_clerk_of_another_agency_and_a_neighbour_do_not() -> None:
    _filing, plan, proof = handed_in(owner())
    foreign = official("foreign-clerk", ["cases.read", "applications.read"], at=agency("rsj"))
    for stranger in (foreign, neighbour()):
        for file in (plan, proof):
            with pytest.raises(Denied):
                stored(stranger, file)
            assert browser_of(stranger).get(f"/files/{file}").status_code in (403, 404)


def test_only_while_it_is_an_answer_and_never_before_it_is_handed_in() -> None:
    me, clerk = owner(), person("clerk")
    filing, _plan, _proof = handed_in(me)
    unsent = uploaded(me, pdf("unsent")).id
    with pytest.raises(Denied):
        stored(clerk, unsent)
    assert Filing.objects.filter(id=filing.id).exists()


def test_writing_down_the_id_of_a_stranger_s_file_opens_nothing() -> None:
    secret = uploaded(neighbour(), pdf("secret")).id
    me = owner()
    draft = ready(me, safety_manager=str(secret)[:36])
    actions.submit(me, draft.id, **signed(me))
    with pytest.raises(Denied):
        stored(person("clerk"), secret)
    assert FOOD in draft.item_code
