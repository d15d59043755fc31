"""The acts on mandates: giving one, accepting or declining it, ending it; and ending a ground that was entered at a counter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, act, deny, once, own_party, owner, require
from yiwang.foundation.accounts import actions as accounts
from yiwang.foundation.accounts.queries import Party, Standing, party_by_code
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import identity_number_error
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import messages
from .models import Mandate
from .queries import grounds, nothing, side_of
from .slots import names

LONGEST = 366  # days
OFFER = 30  # days in which it can be accepted
MOST_OPEN, MOST_MATTERS = 20, 50


def _name(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).casefold()


def _checked(
    actor: Actor, name: str, code: str, matters: Sequence[str], until: dt.date | None, *, everything: bool
) -> list[Problem]:
    today = timezone.localdate()
    problems: list[Problem] = []
    if not name:
        problems.append(Problem("name", "required", _("请填写对方的姓名")))
    elif len(name) > 60:
        problems.append(Problem("name", "max-length", _("姓名最长 60 个字")))
    if trouble := identity_number_error(code):
        problems.append(Problem("code", "format", trouble))
    elif (
        keyed_hash("party", code)
        == Party.objects.filter(id__in=[own_party(actor)]).values_list("code_hash", flat=True).first()
    ):
        problems.append(Problem("code", "oneself", _("这是您自己的号码，请填写对方的")))
    if until is None:
        problems.append(Problem("until", "required", _("请选择到哪天为止")))
    elif until <= today:
        problems.append(Problem("until", "past", _("到期的日子要在今天之后")))
    elif (until - today).days > LONGEST:
        problems.append(Problem("until", "too-long", _("一份委托最长一年，到期可以再给")))
    if not everything:
        known = names(matters)
        if not matters:
            problems.append(Problem("matters", "required", _("请至少选一件事，或者选“所有的事”")))
        elif len(matters) > MOST_MATTERS:
            problems.append(Problem("matters", "too-many", _("最多选 %(n)s 件事") % {"n": MOST_MATTERS}))
        elif unknown := [code for code in matters if code not in known]:
            problems.append(
                Problem("matters", "unknown", _("没有这件事：%(codes)s") % {"codes": "、".join(unknown[:3])[:120]})
            )
    return problems


@act("mandates.give", gettext_lazy("委托别人代办"), party=True, level=Level.IN_PERSON)
def give(
    actor: Actor,
    name: str,
    code: str,
    *,
    until: dt.date | None,
    matters: Sequence[str] = (),
    everything: bool = False,
    key: str = "",
) -> Mandate:
    """Offer somebody a mandate for the party acted for, until the day before ``until`` (at most a year).

    ``name`` and ``code`` are the agent's, as on their identity card. ``matters`` are items' codes, or ``everything``. It holds once they
    accept it. Raises :class:`Invalid` with every problem, :class:`Conflict` when one to the same person is open.
    """
    require(actor, owner(actor.party_id), subject=f"party:{actor.party_id}")
    if actor.party_id not in grounds(actor):
        deny(actor, subject=f"party:{actor.party_id}", message=_("受托人不能把事情再转托给别人，请委托人本人来办。"))
    name, code, chosen = name.strip(), code.strip().upper(), sorted({matter for matter in matters if matter})
    request = {
        "party": actor.party_id,
        "code": keyed_hash("party", code),
        "until": until,
        "matters": chosen,
        "all": everything,
    }

    def make() -> str:
        return str(_offer(actor, name, code, until, chosen, everything).id)

    made, _ran = once(actor, key, request, make)
    return Mandate.objects.get(id=made)


def _offer(
    actor: Actor, name: str, code: str, until: dt.date | None, chosen: Sequence[str], everything: bool
) -> Mandate:
    problems = _checked(actor, name, code, chosen, until, everything=everything)
    if problems:
        raise Invalid(_("委托还没有发出，请改好标出的地方。"), problems=problems)
    assert until is not None and actor.party_id is not None and actor.account_id is not None  # noqa: PT018
    today, agent_hash = timezone.localdate(), keyed_hash("party", code)
    Party.objects.select_for_update(no_key=True).get(id=actor.party_id)  # a double click offers once
    open_now = [
        row
        for row in Mandate.objects.filter(party=actor.party_id, state__in=(Mandate.State.OFFERED, Mandate.State.HELD))
        if row.state_on(today) == row.state
    ]
    if any(row.agent_hash == agent_hash for row in open_now):
        raise Conflict(_("您给这个人的委托还在。要改内容，请先结束原来的，再重新委托。"), code="mandate-open")
    if len(open_now) >= MOST_OPEN:
        raise Conflict(_("您同时最多委托 %(n)s 个人，请先结束一些。") % {"n": MOST_OPEN}, code="too-many-mandates")
    mandate = Mandate.objects.create(
        party_id=actor.party_id, given_by_id=actor.account_id, agent_name=name, agent_hash=agent_hash,
        matters=[] if everything else list(chosen), until=until, offer_ends=today + dt.timedelta(days=OFFER),
    )  # fmt: skip
    record("mandate", mandate.id, {"matters": mandate.matters, "until": until})
    agent = party_by_code(code)
    if agent is not None and _name(agent.name) == _name(name):
        messages.tell(agent.id, messages.OFFERED, mandate.id, giver=actor.party_name, day=mandate.offer_ends)
    return mandate


def _locked(actor: Actor, mandate_id: UUID, *sides: str) -> Mandate:
    """The mandate, for somebody who stands on one of these sides of it."""
    rows = Mandate.objects.select_for_update(of=("self",)).select_related("party", "given_by", "agent", "standing")
    found = rows.filter(id=mandate_id).first()
    side = side_of(actor, found)
    mine = found.party_id if found and side == "giver" else own_party(actor)
    require(
        actor, owner(mine if side in sides else None), subject=f"mandate:{mandate_id}", message=nothing()
    )  # fmt: skip
    if found is None:
        raise Missing(nothing())
    return found


def _waiting(mandate: Mandate) -> None:
    if mandate.state_on(timezone.localdate()) != Mandate.State.OFFERED:
        raise Conflict(_("这份委托已经答复过，或者过了期。请刷新页面。"), code="mandate-answered")


@act("mandates.accept", gettext_lazy("接受委托"), party=True, level=Level.FACE)
def accept(actor: Actor, mandate_id: UUID) -> Mandate:
    """Accept a mandate: from now on the agent may act for the giver in its matters.

    Raises :class:`Invalid` when the giver wrote another name, :class:`Conflict` when it is answered, has run out, or somebody entered another
    ground at a counter.
    """
    mandate = _locked(actor, mandate_id, "agent")
    _waiting(mandate)
    own = Party.objects.get(id__in=[own_party(actor)])
    if _name(own.name) != _name(mandate.agent_name.plain()):
        raise Invalid(_("委托上写的姓名和您的不一样，请让对方结束这份委托，写对姓名再给您一次。"))
    today = timezone.localdate()
    assert actor.account_id is not None  # an account stands behind the agent's own party
    standing = Standing.objects.filter(
        account=actor.account_id, party=mandate.party_id, ground=Standing.Ground.AGENT
    ).first()
    if standing is not None and (standing.until is None or today < standing.until):
        raise Conflict(_("您已经可以替对方办事。要换成这份委托，请先结束原来的。"), code="another-ground")
    mandate.standing = accounts.create_standing(
        actor.account_id,
        mandate.party_id,
        Standing.Ground.AGENT,
        since=today,
        until=mandate.until,
        matters=mandate.matters,
    )
    mandate.agent_id, mandate.state, mandate.answered_at = actor.account_id, Mandate.State.HELD, timezone.now()
    mandate.save()
    record("mandate", mandate.id, {"standing": mandate.standing.id, "until": mandate.until})
    messages.tell(
        mandate.party_id, messages.ACCEPTED, mandate.id, agent=own.name, day=mandate.until - dt.timedelta(days=1)
    )
    return mandate


@act("mandates.decline", gettext_lazy("不接受委托"), party=True, level=Level.NUMBER)
def decline(actor: Actor, mandate_id: UUID) -> Mandate:
    """Say no to a mandate. Raises :class:`Conflict` when it is answered already."""
    mandate = _locked(actor, mandate_id, "agent")
    _waiting(mandate)
    mandate.state, mandate.answered_at = Mandate.State.DECLINED, timezone.now()
    mandate.save(update_fields=["state", "answered_at"])
    record("mandate", mandate.id, {"declined": True})
    messages.tell(mandate.party_id, messages.DECLINED, mandate.id, agent=mandate.agent_name.plain())
    return mandate


@act("mandates.end", gettext_lazy("结束委托"), party=True, level=Level.NUMBER)
def end(actor: Actor, mandate_id: UUID) -> Mandate:
    """End a mandate at once, from either side, or take back an offer (民法典第一百七十三条). Ending it twice is the same as once."""
    mandate = _locked(actor, mandate_id, "giver", "agent")
    side = side_of(actor, mandate)
    over = mandate.state_on(timezone.localdate()) not in (Mandate.State.OFFERED, Mandate.State.HELD)
    record("mandate", mandate.id, {"ended_by": side, "over": over})
    if over:
        return mandate
    if mandate.standing is not None:  # somebody at a counter may have renewed it since: it ends all the same
        accounts.end_standing(mandate.standing, timezone.localdate())
    held = mandate.state == Mandate.State.HELD
    mandate.state, mandate.ended_at, mandate.ended_by, mandate.standing = (
        Mandate.State.ENDED,
        timezone.now(),
        side,
        None,
    )
    mandate.save(update_fields=["state", "ended_at", "ended_by", "standing"])
    if held and side == "giver":
        agent = Party.objects.filter(code_hash=mandate.agent_hash).first()
        messages.tell(agent.id if agent else None, messages.ENDED, mandate.id, who=mandate.party.name)
    elif side == "agent":
        messages.tell(mandate.party_id, messages.ENDED, mandate.id, who=mandate.agent_name.plain())
    return mandate


@act("mandates.end-standing", gettext_lazy("取消窗口登记的代办人"), party=True, level=Level.NUMBER)
def end_standing(actor: Actor, standing_id: UUID) -> Standing:
    """End the ground of an agent that was entered at a counter, for a party that the actor is or represents by law. Twice is the same as once."""
    rows = Standing.objects.select_for_update(of=("self",)).select_related("party", "account")
    found = rows.filter(id=standing_id, ground=Standing.Ground.AGENT, party__in=grounds(actor)).first()
    require(actor, owner(found.party_id if found else None), subject=f"standing:{standing_id}", message=nothing())
    if found is None:
        raise Missing(nothing())
    record("party", found.party_id, {"standing": found.id, "account": found.account_id, "ended": True})
    accounts.end_standing(found, timezone.localdate())
    return found
