"""The front doors for change hold acts, and nothing else without a reason."""

from __future__ import annotations

import inspect

from django.conf import settings

from tests.watch import NEVER_RECORDED, NEVER_REFUSED, action_modules, all_acts

# These rooms lie below the frame of acts: acts of rooms above call their functions, ask for access and leave the trace.
BELOW = ("yiwang.foundation.crypto.", "yiwang.foundation.orgs.", "yiwang.foundation.accounts.")
# Public functions of ``actions`` modules that are no acts themselves, each with the reason.
NOT_ACTS = {
    "yiwang.foundation.cases.actions.note": "a line in the journal, written by the act of the room whose case it is",
    "yiwang.foundation.cases.actions.open_case": "a part of the act that needs a case (submitting, rating …), which asks and records",
    "yiwang.foundation.cases.actions.own_case": "reads; changes nothing",
    "yiwang.foundation.cases.actions.scope_of": "reads; changes nothing",
    "yiwang.foundation.drafts.actions.drop": "part of the act of the room whose draft it is",
    "yiwang.foundation.drafts.actions.keep": "part of the act of the room whose draft it is",
    "yiwang.foundation.drafts.actions.published": "part of the act that publishes",
    "yiwang.foundation.events.actions.emit": "announces the act under way, in its transaction",
    "yiwang.foundation.events.actions.enqueue": "asks for a job of the act under way, in its transaction",
    "yiwang.foundation.events.actions.revive": "part of the operator's act that lists dead jobs",
    "yiwang.foundation.files.actions.keep": "keeps a paper of the act under way, in its transaction",
    "yiwang.foundation.forms.actions.take_uploads": "stores each posted file by the act files.store",
    "yiwang.foundation.messages.actions.send": "takes no actor: the node tells, by the act messages.send inside",
    "yiwang.foundation.ratings.actions.ensure_procedure": "publishes by the act cases.publish_procedure",
    "yiwang.foundation.ratings.actions.offer": "enters what a closed case already says, as an index does; in a job or inside ratings.rate",
    "yiwang.foundation.rules.actions.decide": "takes no actor: the node decides, by the act rules.decide inside",
    "yiwang.foundation.ledger.actions.record": "the trace of the act under way",
    "yiwang.foundation.search.actions.index": "part of the act that publishes the thing; the index says nothing of its own",
    "yiwang.foundation.search.actions.index_many": "part of the act that publishes the things",
    "yiwang.foundation.search.actions.remove": "part of the act that withdraws the thing",
    "yiwang.foundation.search.actions.set_synonyms": "part of the act that installs a pack or edits words (items.set_synonyms)",
    "yiwang.foundation.seals.actions.identity_of": "reads; changes nothing",
    "yiwang.foundation.seals.actions.node_seal": "the node's own seal, made at the first use inside the act that needs it",
    "yiwang.foundation.seals.actions.scope_of": "reads; changes nothing",
    "yiwang.foundation.seals.actions.seal_document": "part of the act that seals (seals.use, licences.issue), which has asked; writes the log of use",
    "yiwang.data.sharing.actions.batch_of": "reads; changes nothing",
    "yiwang.data.sharing.actions.batches.batch_of": "reads; changes nothing",
    "yiwang.data.sharing.actions.batches.head_of": "reads; changes nothing",
    "yiwang.data.sharing.actions.batches.result_of": "reads; changes nothing",
    "yiwang.data.sharing.actions.batches.watermark": "arithmetic; changes nothing",
    "yiwang.data.sharing.actions.clients.client_of": "reads; changes nothing",
    "yiwang.data.sharing.actions.using.trace": "a row of the act under way, not yet saved",
    "yiwang.services.items.actions.editing.body_hash": "arithmetic; changes nothing",
    "yiwang.services.items.actions.editing.put_in_force": "the common part of the acts that publish",
    "yiwang.services.items.actions.editing.scope_of": "reads; changes nothing",
    "yiwang.services.items.actions.editing.write_version": "the common part of the acts that edit",
}


def _public_functions() -> dict[str, object]:
    found: dict[str, object] = {}
    for module in action_modules():
        if module.__name__.startswith(BELOW):
            continue
        own = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
        ]
        names = getattr(module, "__all__", own)
        found |= {f"{module.__name__}.{name}": f for name in names if inspect.isfunction(f := getattr(module, name))}
    return found


def test_every_public_function_of_an_actions_module_is_an_act_or_says_why_not() -> None:
    plain = {name for name, function in _public_functions().items() if not hasattr(function, "act_code")}
    assert sorted(plain - set(NOT_ACTS)) == []
    assert sorted(set(NOT_ACTS) - plain) == [], "these are gone, or have become acts"


def test_acts_are_entered_by_the_front_door() -> None:
    """An act may be written in any module of its room; others reach it through ``actions``. A private one begins with _."""
    doors = {id(value) for module in action_modules() for value in vars(module).values()}
    hidden = {
        code: f"{function.__module__}.{function.__name__}"
        for code, function in all_acts().items()
        if not function.__name__.startswith("_") and id(function) not in doors
    }
    assert hidden == {}


def test_an_act_is_named_after_a_room() -> None:
    rooms = {room.rsplit(".", 1)[-1] for room in settings.ROOMS}
    assert {code for code in all_acts() if code.split(".", 1)[0] not in rooms} == set()


def test_exemptions_of_the_watch_name_real_acts() -> None:
    assert sorted((set(NEVER_RECORDED) | set(NEVER_REFUSED)) - set(all_acts())) == []
