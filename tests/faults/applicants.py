"""Applicants of the demo city with applications that only wait to be submitted. Run inside the node's own settings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from tests.factories.applications import ANSWERS
from tests.factories.documents import pdf
from yiwang.foundation.access import actions as access
from yiwang.foundation.access.queries import Actor, of_account, system
from yiwang.foundation.accounts.models import Account, Party
from yiwang.foundation.files import actions as files
from yiwang.packs.synthetic.firms import firms
from yiwang.packs.synthetic.people import population
from yiwang.services.applications import actions

SEED = 9901  # of the registers of the demo city
FOOD, JOBLESS = "990100-scjg-food-permit", "990100-rsj-unemployment"
LONG_AGO = dt.date(2024, 1, 1)


def session_of(account: Account) -> str:
    """A session of somebody who signed in; as X-Session-Token it opens the API, as a cookie the pages."""
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "yiwang.foundation.accounts.backend.Backend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _bosses(count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Persons of the population register with a living firm of theirs."""
    known = {person["identity_number"]: person for person in population(SEED, 2000)}
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for firm in firms(SEED, 300):
        number = firm["legal_representative_number"]
        person = known.get(number)
        if firm["status"] == "1" and person and person["phone"]:
            found.setdefault(number, (person, firm))
    assert len(found) >= count
    return list(found.values())[:count]


def _restaurant(actor: Actor) -> str:
    draft = actions.start(actor, FOOD)
    actions.answer_situation(actor, draft.id, {"business": "snack", "premises": "owned", "online": "no"})
    answers = {**ANSWERS[FOOD], "safety_manager": actor.name}
    actions.save_answers(actor, draft.id, answers)
    for code in ("layout", "health"):
        content = pdf(f"{code} {actor.account_id}")
        file = files.store(actor, name=f"{code}.pdf", content=content, party_id=actor.party_id)
        actions.give_material(actor, draft.id, code, file_id=file.id)
    return str(draft.id)


def _out_of_work(actor: Actor) -> str:
    draft = actions.start(actor, JOBLESS)
    actions.answer_situation(actor, draft.id, {"history": "never"})
    actions.save_answers(actor, draft.id, {"wants_work": True, "wish": "厨师"})
    return str(draft.id)


def enter(count: int) -> list[dict[str, Any]]:
    """Let ``count`` persons sign in, each with two drafts: a food permit for their firm, and 失业登记 for themselves."""
    found = []
    node = system("command")
    for serial, (person, firm) in enumerate(_bosses(count)):
        account = access.register_account(node, f"boss{serial}", person["name"], level=3, demo=True)
        own = access.register_party(
            node, kind=Party.Kind.PERSON, name=person["name"], code=person["identity_number"], phone=person["phone"]
        )
        business = access.register_party(node, kind=Party.Kind.ORGANISATION, name=firm["name"], code=firm["uscc"])
        access.grant_standing(node, account.pk, own.id, ground="self", since=LONG_AGO)
        access.grant_standing(node, account.pk, business.id, ground="legal-representative", since=LONG_AGO)
        found.append(
            {
                "name": person["name"],
                "session": session_of(account),
                "firm": str(business.id),
                "permit": _restaurant(of_account(account, party_id=business.id)),
                "jobless": _out_of_work(of_account(account, party_id=own.id)),
            }
        )
    return found
