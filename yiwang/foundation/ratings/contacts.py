"""Cases as service contacts: every closed case of a party, but not the follow-ups of ratings themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import system
from yiwang.foundation.cases import queries as cases
from yiwang.kernel.refusals import Missing

from .slots import ContactKind, Described

CASE = "case"
FOLLOWUP = "rating-followup"  # the kind of case that a bad rating opens


class CaseContacts(ContactKind):
    """A case, known by its number."""

    code = CASE
    name = _("办件")

    def clean(self, key: str) -> str:
        return cases.clean_number(key)

    def describe(self, key: str) -> Described | None:
        try:
            view = cases.view(system(), key)
        except Missing:
            return None
        case = view.case
        if case.party_id is None or case.kind == FOLLOWUP:
            return None
        served = {task.done_by_id for task in view.done if task.doer == "official" and task.done_by_id is not None}
        return Described(
            party_id=case.party_id, agency=case.agency, region_path=case.region_path, item_code=case.type_code,
            item_name=case.type_name, channel=case.channel, ended_at=case.closed_at, judged=tuple(sorted(served)),
        )  # fmt: skip

    def page(self, key: str) -> str:
        return f"/desk/cases/{key}"

    def citizen_page(self, key: str) -> str:
        return f"/my/cases/{key}/rate"
