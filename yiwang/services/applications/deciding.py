"""Instant decision 秒批秒办 (S09): the facts of an application meet the item's decision table, and the reasons are kept."""

from __future__ import annotations

from typing import Any

import structlog
from django.utils.translation import gettext as _

from yiwang.data.registries import queries as registries
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.queries import Case
from yiwang.foundation.rules import actions as rules
from yiwang.foundation.rules import queries as rules_queries
from yiwang.kernel.refusals import Invalid
from yiwang.services.items.queries import PublishedItem

from .models import Filing
from .proving import subjects

log = structlog.get_logger("yiwang.applications")
OUTCOMES = ("approve", "refuse", "review")


def facts_of(actor: Actor, item: PublishedItem, filing: Filing) -> dict[str, Any]:
    """What the item's decision table asks for, by the names that it uses.

    A table names its facts flat: ``form_<field>``, ``situation_<question>``, and ``<register>_<fact>`` as the registers declare them. Each
    look-up in a register is recorded there with the item as its purpose. What nobody knows is left out.
    """
    named = {
        f"{register.code}_{fact}": f"{register.code}.{fact}"
        for register in registries.registers()
        for fact in register.facts
    }
    needed = rules_queries.facts_needed(item.decision)
    wanted = {name: named[name] for name in needed if name in named}
    found = registries.facts(
        wanted.values(),
        actor=actor,
        parties=subjects(actor, filing.party_id).values(),
        purpose=_("办理“%(item)s”") % {"item": item.name},
        about=f"item:{item.code}",
    )
    known: dict[str, Any] = {name: found[path].value for name, path in wanted.items() if path in found}
    for name in needed:
        area, _underscore, rest = name.partition("_")
        if area == "form":
            known[name] = filing.data.get(rest)
        elif area == "situation":
            known[name] = filing.situation.get(rest)
    return {"table": item.decision, "facts": {name: value for name, value in known.items() if value is not None}}


def decide(case: Case, facts: dict[str, Any]) -> tuple[str, str]:
    """Run the item's table. What it does not decide goes to a person: the outcome is approve, refuse or review, with the reasons.

    Without a table (an application opened again) nothing is decided by rule.
    """
    if "table" not in facts:
        return "review", _("转给工作人员核实。")
    try:
        decision = rules.decide(facts["table"], facts["facts"], kind="case", subject=case.number)
    except Invalid as refusal:  # a fact of the wrong kind must not keep anybody from applying
        log.warning("a decision table gave no answer", table=facts["table"], case=case.number, code=refusal.code)
        return "review", _("系统没有判断出结果，转给工作人员核实。")
    result = decision.output.get("result") if isinstance(decision.output, dict) else None
    return (result if result in OUTCOMES else "review"), "；".join(decision.reasons)
