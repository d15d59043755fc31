"""Applications in the demo city, in the states that tests need: ``ready(owner())``, ``submitted(…)``, ``awaiting_correction(…)``, ``decided(…)``.

The city and its people are those of the shipped packs. A package of tests installs it once::

    @pytest.fixture(scope="package")
    def city(django_db_setup, django_db_blocker):
        with demo_city(django_db_blocker):
            yield
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command

from yiwang.foundation.access.queries import Actor, about, of_account, system
from yiwang.foundation.accounts.models import Account, Standing
from yiwang.foundation.cases.actions import complete, finish_operation
from yiwang.foundation.cases.models import Case, Task
from yiwang.foundation.files.queries import library
from yiwang.packs import demo, installing, reading
from yiwang.services.applications import actions
from yiwang.services.applications.models import Correction, Draft, Filing
from yiwang.services.items.queries import version

from .documents import uploaded
from .people import LONG_AGO, citizen

FOOD = "990100-scjg-food-permit"
JOBLESS = "990100-rsj-unemployment"
FIRM = "云州市晓梅餐饮有限公司"
SITUATIONS = {
    FOOD: {"business": "restaurant", "premises": "rented", "online": "yes"},
    JOBLESS: {"history": "worked"},
}
# What the registers cannot know.
ANSWERS: dict[str, dict[str, Any]] = {
    FOOD: {
        "premises_area": 86,
        "lease_until": "2029-05-31",
        "projects": ["hot", "cold"],
        "special_room": True,
        "staff": 4,
        "online_kinds": ["platform"],
        "safety_manager": "林晓梅",
        "safety_manager_phone": "16480000001",
        "systems": ["health", "manager", "selfcheck", "purchase"],
    },
    JOBLESS: {"employer": "云州市第二纺织厂", "left_on": "2026-08-31", "reason": "expired", "wants_work": True, "wish": "厨师"},
}  # fmt: skip
LAYOUT = {"kind": "material", "code": "layout", "text": "图上没有标出洗手池，请补画后重新上传"}
AREA = {"kind": "field", "code": "premises_area", "text": "面积与合同不一致，请核对"}


@contextmanager
def demo_city(blocker: Any) -> Iterator[None]:
    """All shipped packs, installed and committed for the tests of one package, then swept away with what processes remember of them."""
    _forget()
    with blocker.unblock():
        for name in demo.PACKS:
            installing.install(system("command"), reading.find(name))
    yield
    with blocker.unblock():
        call_command("flush", verbosity=0, interactive=False)
    _forget()


def _forget() -> None:
    from yiwang.foundation.cases import queries as cases
    from yiwang.foundation.forms import queries as forms

    cases._procedure_id.cache_clear()
    forms.forget_forms()


def person(username: str, party: str = "") -> Actor:
    """Somebody of the demo city, acting for themself or for the party with that name."""
    account = Account.objects.get(username=username)
    actor = of_account(account)
    chosen = next((pid for pid, name, *_rest in actor.parties if name == party), None)
    return of_account(account, party_id=chosen) if party else actor


def owner() -> Actor:
    """林晓梅, who opens a restaurant, acting for her firm."""
    return person("linxiaomei", FIRM)


def agent_of(actor: Actor, name: str = "何平", *, level: int = 3) -> Actor:
    """Somebody else who may act for the party that ``actor`` acts for, and does."""
    account = Account.objects.get(pk=citizen(name, level=level).account_id)
    Standing.objects.create(account=account, party_id=actor.party_id, ground="agent", since=LONG_AGO)
    account.refresh_from_db()
    return of_account(account, party_id=actor.party_id)


def neighbour() -> Actor:
    """王建国, whom her affairs do not concern."""
    return person("wangjianguo")


def jobless() -> Actor:
    """陈立新, of whom the registers know all that it takes to be registered at once."""
    return person("chenlixin")


def draft_for(actor: Actor, item: str = FOOD) -> Draft:
    """An application just begun."""
    return actions.start(actor, item)


def ready(actor: Actor, item: str = FOOD, *, situation: dict[str, str] | None = None, **answers: Any) -> Draft:
    """An application that lacks nothing but the signature; ``situation`` and ``answers`` are laid over what is usual."""
    draft = draft_for(actor, item)
    draft = actions.answer_situation(actor, draft.id, {**SITUATIONS[item], **(situation or {})})
    draft = actions.save_answers(actor, draft.id, {**ANSWERS[item], **answers})
    kept = {material.kind: material.file_id for material in library(about(actor, item))}
    for need in version(draft.item_version).materials_for(draft.situation, draft.data):
        if need.code in draft.proven or not need.required:
            continue
        if need.library_kind in kept:
            actions.give_material(actor, draft.id, need.code, file_id=kept[need.library_kind], how="library")
        else:
            actions.give_material(actor, draft.id, need.code, file_id=uploaded(actor, name=f"{need.name}.pdf").id)
    return draft


def signed(actor: Actor) -> dict[str, Any]:
    """The signature that the acts ask for."""
    return {"signed_name": actor.name, "agreed": True}


def submitted(actor: Actor, item: str = FOOD, **changes: Any) -> Filing:
    """An application that was handed in."""
    return actions.submit(actor, ready(actor, item, **changes).id, **signed(actor))


def open_task(case: Case, step: str) -> Task:
    return Task.objects.get(case=case, step=step, state="open")


def awaiting_correction(filing: Filing, *points: dict[str, str]) -> Correction:
    """What the clerk asks to have put right (the drawing, unless told otherwise)."""
    return actions.request_correction(person("clerk"), open_task(filing.case, "accept").id, list(points) or [LAYOUT])


def corrected(actor: Actor, filing: Filing, **changes: Any) -> Filing:
    """An answer to the usual correction: a new drawing, unless ``changes`` say otherwise."""
    given = {"data": {}, "materials": {"layout": [uploaded(actor, name="新布局图.pdf").id]}, **signed(actor), **changes}
    return actions.resubmit(actor, filing.case.number, **given)


def step(filing: Filing, username: str, code: str, outcome: str, opinion: str = "") -> Case:
    """One step of the procedure, decided by one of the city's officials."""
    return complete(person(username), open_task(filing.case, code).id, outcome, opinion).case


def decided(filing: Filing, outcome: str = "approve", opinion: str = "经营条件不符合要求") -> Case:
    """The food permit, from the window to the decision; with what the node itself does after it."""
    step(filing, "clerk", "accept", "accept")
    step(filing, "reviewer1", "review_documents", "agree", "材料齐全")
    step(filing, "reviewer2", "review_premises", "agree", "布局合理")
    step(filing, "inspector", "inspect", "pass", "现场与图纸一致")
    step(filing, "chief", "decide", outcome, opinion)
    return worked_off(filing)


def worked_off(filing: Filing) -> Case:
    """The case after the node has done its own steps (the licence)."""
    for task in Task.objects.filter(case=filing.case, doer="node", state="open"):
        finish_operation(system(), str(task.id))
    return Case.objects.select_related("party", "agency").get(id=filing.case_id)
