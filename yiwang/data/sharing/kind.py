"""Applications for data as cases of the kind "data-request": who decides, and what a decision makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import queries as catalogue
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.slots import CaseKind, Done, Operation, kinds, operations
from yiwang.kernel.refusals import Conflict, Denied

from .models import DataRequest

if TYPE_CHECKING:
    from yiwang.data.catalogue.resources import Resource
    from yiwang.foundation.cases.models import Case, Procedure, Task

KIND = "data-request"
PROCEDURE = "data_request"
LIMITS = {"answer": {"count": 10, "unit": "working"}}  # 国发〔2016〕51号第十二条: 提供部门在 10 个工作日内予以答复
TOLD = 3  # the level from which a field that is given out whole needs the data bureau too
_BPMN = Path(__file__).parent / "procedures" / "data_request.bpmn"


def publish(actor: Actor) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(PROCEDURE)
    except LookupError:
        return cases.publish_procedure(actor, PROCEDURE, "数据共享申请", _BPMN.read_text(encoding="utf-8"))


def at_once(resource: Resource, fields: list[str]) -> bool:
    """Whether the application needs no decision: the resource and all that is asked of it are shared without conditions (无条件共享)."""
    return resource.share == "unconditional" and all(resource.field(name).share == "unconditional" for name in fields)


def request_of(case: Case) -> DataRequest:
    """The application behind ``case``."""
    return DataRequest.objects.select_related("agency", "provider", "renews").get(case=case)


class DataRequests(CaseKind):
    """Applications for data."""

    code = KIND
    name = gettext_lazy("数据共享申请")

    def facts(self, case: Case) -> dict[str, Any]:
        """The masks that the provider agreed to say whether the data bureau is asked as well."""
        request = request_of(case)
        resource = catalogue.resource(request.resource)
        masks = request.terms.get("masks", {})
        whole = [
            name for name in request.terms.get("fields", [])
            if masks.get(name) == "keep" and resource.field(name).level >= TOLD
        ]  # fmt: skip
        return {"instant": False, "bureau": bool(whole)}

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        """Nobody but the provider settles the terms, and not before they stand (see actions.decide); nobody agrees to their own wish."""
        request = request_of(case)
        if task.step == "provide" and outcome == "agree" and not request.terms:
            raise Conflict(_("请先写明同意的字段、量和期限，再同意。"), code="terms-missing")
        if case.opened_by_id is not None and case.opened_by_id == actor.account_id and outcome == "agree":
            raise Denied(_("申请是您自己提的，请由同事审核。"), code="recused")

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        from .granting import settle

        if done.closed and case.outcome == "granted":
            settle(actor, request_of(case))


def _route(case: Case, facts: dict[str, Any]) -> tuple[str, str]:
    if facts.get("instant"):
        return "grant", _("无条件共享，自动授权")
    return "provider", _("有条件共享，转提供方审核")


def _bureau(case: Case, facts: dict[str, Any]) -> tuple[str, str]:
    if facts.get("bureau"):
        return "bureau", _("要提供敏感字段的原样内容，转数据局审核")
    return "grant", _("提供方同意，直接授权")


def plug() -> None:
    """Called once, when the room starts."""
    kinds.plug(KIND, DataRequests())
    operations.plug("sharing.route", Operation("sharing.route", _route, now=True))
    operations.plug("sharing.bureau", Operation("sharing.bureau", _bureau, now=True))
