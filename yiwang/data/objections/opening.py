"""The procedure of an objection, and the case that runs through it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from yiwang.data.registries.queries import Objection, element_of
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Procedure

KIND = "objection"
PROCEDURE = "data_objection"
DAYS = 10  # working days; the law says "in time" (及时), a node's own procedure may set fewer
LIMITS = {"answer": {"count": DAYS, "unit": "working"}}
_BPMN = Path(__file__).parent / "procedures" / "data_objection.bpmn"


def publish(node: Actor) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(PROCEDURE)
    except LookupError:
        return cases.publish_procedure(node, PROCEDURE, "数据异议核实", _BPMN.read_text(encoding="utf-8"))


def open_for(node: Actor, objection: Objection) -> Case:
    """Open the case at the register's owner, inside an act of the node. The title says which element, never what it holds."""
    agency = objection.register.owner
    with translation.override(settings.LANGUAGE_CODE):  # officials read it, whatever language the person uses
        name = _("数据异议核实")
        title = _("数据异议：%(register)s · %(element)s") % {
            "register": objection.register.name, "element": element_of(objection).label,
        }  # fmt: skip
        words = _("提出数据异议")
    new = cases.NewCase(
        kind=KIND, type_code="data-objection", type_name=name, title=title[:200], procedure=publish(node).id,
        agency_code=agency.code, agency_path=agency.path, region_path=agency.region.path, party_id=objection.party_id,
        limits=LIMITS, starts=("answer",), words=words,
    )  # fmt: skip
    case, _said = cases.open_case(node, new)
    return case
