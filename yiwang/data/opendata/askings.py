"""Four things that the public asks of open data, each a case with a clock and a procedure of its own (docs/adr/0072)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.slots import CaseKind, Done
from yiwang.foundation.messages.actions import send

from .models import Access, Asked, Correction, Showcase, Wish

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Procedure
    from yiwang.foundation.orgs.models import Agency

MINE = "/open/mine"
QUOTA = 10_000  # calls a day with one token
ANSWERED = "opendata-answered"  # template of messages
NEW_EDITION = "opendata-new-edition"


class Asking(CaseKind):
    """One of the four. ``model`` is its table, ``procedure`` its BPMN, ``limit`` the working days in which it is to be answered."""

    model: type[Asked]
    procedure = ""
    limit = 10

    def asked(self, case: Case) -> Any:
        """The row behind ``case``."""
        return self.model._default_manager.get(case=case)

    def page(self, case: Case) -> str:
        return MINE

    def facts(self, case: Case) -> dict[str, Any]:
        return {"kind": self.code}

    def decided(self, found: Any, done: Done) -> None:
        """Enter the decision into the row."""
        found.state = done.outcome

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        """At the end: enter what was decided and tell the person."""
        if not done.closed:
            return
        found = self.asked(case)
        self.decided(found, done)
        found.answer = done.opinion
        found.save()
        data = {"title": case.title, "result": done.outcome_name, "answer": done.opinion or _("没有其他说明")}
        send(found.party_id, ANSWERED, data, link=MINE)


class Accesses(Asking):
    code, name = "open-access", gettext_lazy("有条件开放数据使用申请")
    model, procedure, limit = Access, "open_access", 10

    def decided(self, found: Access, done: Done) -> None:
        """The term begins on the day of the decision."""
        if done.outcome == "grant":
            found.state, found.quota = Access.State.GRANTED, QUOTA
            found.until = timezone.localdate() + dt.timedelta(days=found.days)
        else:
            found.state = Access.State.REFUSED


class Wishes(Asking):
    code, name = "open-wish", gettext_lazy("开放数据需求")
    model, procedure, limit = Wish, "open_wish", 15


class Corrections(Asking):
    code, name = "open-correction", gettext_lazy("开放数据纠错")
    model, procedure, limit = Correction, "open_correction", 10


class Showcases(Asking):
    code, name = "open-showcase", gettext_lazy("数据应用审核")
    model, procedure, limit = Showcase, "open_showcase", 10


ASKINGS: dict[str, Asking] = {each.code: each for each in (Accesses(), Wishes(), Corrections(), Showcases())}


def publish(actor: Actor, asking: Asking) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(asking.procedure)
    except LookupError:
        path = Path(__file__).parent / "procedures" / f"{asking.procedure}.bpmn"
        with translation.override(settings.LANGUAGE_CODE):
            name = str(asking.name)
        return cases.publish_procedure(actor, asking.procedure, name, path.read_text(encoding="utf-8"))


def open_case(actor: Actor, asking: Asking, agency: Agency, title: str, party_id: UUID) -> Case:
    """Open the case of an asking, inside its act."""
    procedure = publish(system(actor.channel), asking).id
    with translation.override(settings.LANGUAGE_CODE):
        name = str(asking.name)
    new = cases.NewCase(
        kind=asking.code, type_code=asking.code, type_name=name, title=title[:200], procedure=procedure, agency_code=agency.code,
        agency_path=agency.path, region_path=agency.region.path, party_id=party_id,
        limits={"answer": {"count": asking.limit, "unit": "working"}}, starts=("answer",),
    )  # fmt: skip
    case, _words = cases.open_case(actor, new)
    return case
