"""The frame of every official act: one transaction, access asked, a trace left, a refusal recorded.

::

    @act("applications.submit", _("提交申请"))
    def submit(actor: Actor, draft_id: UUID) -> Application:
        draft = ...
        require(actor, owner(draft.party_id))     # the act's own code is the permission
        ...
        ledger.record("application", application.id, {...})
        events.emit("application.submitted", ...)

An act that ends without having asked, or without having been recorded, is a programming error and is rolled back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar, cast
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Model, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.accounts.queries import Level
from yiwang.kernel.refusals import Denied, Invalid, Problem, SignInNeeded
from yiwang.kernel.writing import write_together

from .actors import Actor
from .models import Denial

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger("yiwang.access")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a thing lies: agency and region paths, the party it belongs to, and its data level (GB/T 43697, 1 … 4).

    ``matter`` is the service item that it is about: an agent may have a mandate for some only.
    """

    agency: str = ""
    region: str = ""
    party: UUID | None = None
    level: int = 1
    matter: str = ""


NODE = Scope()


def owner(party_id: UUID | None, matter: str = "") -> Scope:
    """The scope of a thing that belongs to a party and to no agency yet; ``matter`` is the item that it is about."""
    return Scope(party=party_id, matter=matter)


class UnfinishedAct(AssertionError):
    """An action did not ask for access or left no trace. A defect in the code, never the person's fault."""


class Again(Exception):
    """Raised inside an act that lost a race (a random number was taken): it is rolled back and run once more."""


@dataclass(slots=True)
class Running:
    """The act under way. ``party``: the party of the actor's that the thing belongs to, whichever they chose to act for."""

    code: str
    actor: Actor
    asked: bool = False
    recorded: bool = False
    party: UUID | None = None


ACTS: dict[str, Any] = {}  # code -> name for people
PARTY_PERMISSIONS: set[str] = set()
PUBLIC_PERMISSIONS: set[str] = set()
ANY_MATTER: set[str] = set()  # what an agent may do whichever items the mandate is for
LEVELS: dict[str, Level] = {}  # what parties may do -> the real-name level that they need for it
_running: ContextVar[Running | None] = ContextVar("act", default=None)


@dataclass(slots=True)
class _Waiting:
    """New and changed rows that wait for the end of the outermost act, and the unique columns on which losing a race is no defect."""

    rows: list[Model] = field(default_factory=list)
    changes: list[tuple[Model, tuple[str, ...]]] = field(default_factory=list)
    races: set[str] = field(default_factory=set)


_waiting: ContextVar[_Waiting | None] = ContextVar("waiting", default=None)


def later(*instances: Model, race: str = "") -> None:
    """Insert new rows together with all others of the act, in one statement at its end: for rows that the act does not read again.

    Outside an act they are inserted at once. ``race`` names a column with a random unique value: when it is taken, the act runs
    again (:class:`Again`). No signals are sent, and automatic keys are not read back.
    """
    waiting = _waiting.get()
    if waiting is None:
        write_together(instances)
        return
    waiting.rows += instances
    if race:
        table = instances[0]._meta.db_table
        waiting.races |= {f"{table}.{race}", f"{table}_{race}"}


@contextmanager
def one_by_one() -> Iterator[None]:
    """Inside an act, let each act performed here write its rows at its own end, in the same transaction: for acts that go on from one another."""
    act, waiting = _running.set(None), _waiting.set(None)
    try:
        yield
    finally:
        _waiting.reset(waiting)
        _running.reset(act)


def change_later(instance: Model, *names: str) -> None:
    """Write these fields of a row together with the new rows of the act (:func:`later`), as they are at its end; outside an act, at once.

    For a row that the act does not read again. No signals are sent, and nothing is set automatically.
    """
    waiting = _waiting.get()
    if waiting is None:
        write_together((), [(instance, names)])
        return
    waiting.changes.append((instance, names))


def _changes(waiting: _Waiting) -> list[tuple[Model, tuple[str, ...]]]:
    """Each changed row once, with all fields that were named for it and their last values. A new one is written whole anyway."""
    found: dict[Model, tuple[Model, tuple[str, ...]]] = {}
    for instance, names in waiting.changes:
        if instance._state.adding:
            continue
        kept, known = found.get(instance, (instance, ()))
        if kept is not instance:
            for name in names:
                setattr(kept, name, getattr(instance, name))
        found[kept] = (kept, tuple(dict.fromkeys((*known, *names))))
    return list(found.values())


def _write(waiting: _Waiting) -> None:
    try:
        write_together(waiting.rows, _changes(waiting))
    except IntegrityError as error:
        if any(race in str(error) for race in waiting.races):
            raise Again from error
        raise


def running() -> Running | None:
    """The act under way in this thread, if any. The ledger takes the actor and the act's code from it."""
    return _running.get()


def permission(
    code: str,
    name: Any,
    *,
    party: bool = False,
    public: bool = False,
    level: Level = Level.NONE,
    any_matter: bool = False,
) -> str:
    """Declare a permission that is not an act (reading). ``party``: the owner holds it; ``public``: everybody does.

    A party needs the real-name ``level`` (1 … 4) for it, whichever role it holds elsewhere; officials act by their role (ADR 0053).
    ``any_matter``: also for an agent whose mandate is for some items only (ADR 0054).
    """
    ACTS.setdefault(code, name)
    if party:
        if level == Level.NONE:
            raise UnfinishedAct(f"{code} is for parties and does not say which real-name level they need")
        PARTY_PERMISSIONS.add(code)
        LEVELS[code] = level
        if any_matter:
            ANY_MATTER.add(code)
    if public:
        PUBLIC_PERMISSIONS.add(code)
    return code


BACKDATE = permission("access.backdate", gettext_lazy("补录以前办的事"))


def afterwards(actor: Actor, at: dt.datetime, *, by: Actor | None = None) -> Actor:
    """The same actor with what took place at ``at`` and is entered now (补录): acts take that moment for theirs, and ask for :data:`BACKDATE` as well.

    ``by`` enters what ``actor`` did on paper, and is the one who needs that permission. The ledger still says when the act was
    recorded, and by whom. Raises :class:`Invalid` for a moment that has not come.
    """
    if at > timezone.now():
        raise Invalid(_("补录的时间不能晚于现在。"), problems=[Problem("at", "future", _("补录的时间不能晚于现在"))])
    return replace(actor, at=at, entered_by=by)


def act(
    code: str,
    name: Any,
    *,
    party: bool = False,
    public: bool = False,
    level: Level = Level.NONE,
    any_matter: bool = False,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Make a function an official act. Its first argument is the actor.

    ``party`` lets the party to whom the thing belongs do it without a role, from the real-name ``level`` on; ``public`` lets anybody.
    """
    permission(code, name, party=party, public=public, level=level, any_matter=any_matter)

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        def perform(actor: Actor, *args: P.args, **kwargs: P.kwargs) -> R:
            state = Running(code, actor)
            token = _running.set(state)
            waiting = _waiting.get()
            before = (len(waiting.rows), len(waiting.changes)) if waiting else (0, 0)
            try:
                result = function(actor, *args, **kwargs)
            except BaseException:
                if waiting:  # whoever catches this goes on without what was to be written here
                    del waiting.rows[before[0] :], waiting.changes[before[1] :]
                raise
            finally:
                _running.reset(token)
            if not state.asked:
                raise UnfinishedAct(f"{code} never called access.require")
            if not state.recorded:
                raise UnfinishedAct(f"{code} never called ledger.record")
            return result

        @wraps(function)
        def run(actor: Actor, *args: P.args, **kwargs: P.kwargs) -> R:
            if _running.get() is not None:  # part of a larger act: same transaction, own access and own trace
                return perform(actor, *args, **kwargs)
            try:
                for attempt in range(5):
                    waiting = _Waiting()
                    token = _waiting.set(waiting)
                    try:
                        with transaction.atomic():
                            result = perform(actor, *args, **kwargs)
                            _write(waiting)
                            return result
                    except Again:
                        if attempt == 4:
                            raise
                    finally:
                        _waiting.reset(token)
            except (Denied, SignInNeeded) as refusal:
                if refusal.extra.get("denial"):
                    _record(refusal.extra["denial"])
                raise
            raise AssertionError("unreachable")

        setattr(run, "act_code", code)  # noqa: B010  # found by the test that walks all actions
        return cast("Callable[Concatenate[Actor, P], R]", run)

    return decorate


def allowed(actor: Actor, permission: str, scope: Scope = NODE, *, role: str = "") -> bool:
    """Whether ``actor`` holds ``permission`` over ``scope``. ``role`` asks for that very role instead (a task's candidates)."""
    if actor.system:
        return True
    if permission in PUBLIC_PERMISSIONS and not role:
        return True
    if not role and acts_for(actor, scope.party, scope.matter, permission) and known_for(actor, permission):
        return True
    for held in actor.held:
        if role and held.role != role:
            continue
        if not role and not held.allows(permission):
            continue
        if held.agency and not scope.agency.startswith(held.agency):
            continue
        if held.region and not scope.region.startswith(held.region):
            continue
        if scope.level > held.data_level:
            continue
        return True
    return False


def known_for(actor: Actor, permission: str) -> bool:
    """Whether the actor's real-name level reaches what parties need for ``permission``; False for what is not for parties."""
    return permission in LEVELS and (actor.system or actor.level >= LEVELS[permission])


def require_level(actor: Actor, permission: str, *, level: int = 0, subject: str = "") -> None:
    """Refuse somebody whose real-name level is lower than parties need for ``permission``, or than ``level`` where a thing asks for more.

    For lists of one's own things, and for things with a level of their own (an item). :func:`require` asks by itself.
    """
    needed = max(int(LEVELS.get(permission, Level.NONE)), level)
    if actor.level < needed and not actor.system:
        _too_low(actor, permission, Level(needed), subject)


def _too_low(actor: Actor, permission: str, needed: Level, subject: str) -> NoReturn:
    """Say which level is needed, which one the actor has, and where to raise it."""
    message = _("这一步要求实名等级达到 %(needed)s 级（%(needed_words)s），您现在是 %(level)s 级（%(words)s）。提升以后就可以接着办。") % {
        "needed": int(needed), "needed_words": needed.label, "level": actor.level, "words": Level(actor.level).label,
    }  # fmt: skip
    way = (f"{reverse('my-level')}?{urlencode({'for': permission, 'level': str(int(needed))})}", _("看看怎样提升"))
    deny(actor, permission, subject=subject, message=message, code="level-too-low", way=way)


def acts_for(actor: Actor, party_id: UUID | None, matter: str = "", permission: str = "") -> bool:
    """Whether the actor may act for a party in a ``matter`` (an item's code), whatever level that needs.

    For a party that gave a mandate for some items, nothing else is open than those and what is declared ``any_matter``.
    """
    if not _stands_for(actor, party_id):
        return False
    mandate = next((items for party, items in actor.limits if party == party_id), None)
    return mandate is None or permission in ANY_MATTER or (matter or actor.matter) in mandate


def _stands_for(actor: Actor, party_id: UUID | None) -> bool:
    return party_id is not None and any(party == party_id for party, *_rest in actor.parties)


def about(actor: Actor, matter: str) -> Actor:
    """The actor at work on an item, once a room has asked for access to a thing of it: what an agent needs for it is open meanwhile."""
    return replace(copy(actor), matter=matter) if actor.limits else actor  # copy: a request's actor is a lazy one


def own_rows(actor: Actor, *, party: str = "party", matter: str = "type_code") -> Q:
    """The rows of the actor's parties in a list, as a filter on the columns that hold the party and the item's code."""
    limited = dict(actor.limits)
    found = Q(**{f"{party}__in": [party_id for party_id, *_rest in actor.parties if party_id not in limited]})
    for party_id, items in actor.limits:
        found |= Q(**{party: party_id, f"{matter}__in": sorted(items)})
    return found


def require(
    actor: Actor, scope: Scope = NODE, permission: str = "", *, role: str = "", subject: str = "", message: Any = ""
) -> None:
    """Refuse unless ``actor`` may do the current act (or ``permission``) over ``scope``.

    Raises :class:`SignInNeeded` for a passer-by and :class:`Denied` for anybody else; the denial is recorded, after the
    act's transaction has been rolled back. ``subject`` names the thing in the record of denials.
    """
    current = _running.get()
    permission = permission or (current.code if current else "")
    if not permission:
        raise UnfinishedAct("access.require outside an act needs a permission")
    if current is not None:
        current.asked = True
    if actor.at is not None and current is not None and not allowed(actor.entered_by or actor, BACKDATE, scope):
        permission, may = BACKDATE, False
    else:
        may = allowed(actor, permission, scope, role=role)
    if may:
        if current is not None and current.party is None and _stands_for(actor, scope.party):
            current.party = scope.party
        return
    if not role and permission in LEVELS and _stands_for(actor, scope.party):
        if not acts_for(actor, scope.party, scope.matter, permission):
            words = _("您受托办理的事项里没有这一项。要办这件事，请委托人本人办，或者另给您一份委托。")
            deny(actor, permission, subject=subject, message=words, code="outside-mandate")
        if not known_for(actor, permission):
            _too_low(actor, permission, LEVELS[permission], subject)
    deny(actor, permission, subject=subject, message=message)


def deny(
    actor: Actor,
    permission: str = "",
    *,
    subject: str = "",
    message: Any = "",
    code: str = "",
    way: tuple[str, str] | None = None,
) -> NoReturn:
    """Refuse ``actor`` whatever they hold (their own business, say), and keep the denial like that of :func:`require`.

    ``way`` is an address of this node and its words: where the person can help themself.
    """
    current = _running.get()
    denial: Denial | None = _denial(actor, permission or (current.code if current else ""), subject)
    if current is None:
        assert denial is not None
        _record(denial)
        denial = None
    if not actor.signed_in:
        raise SignInNeeded(_("请先登录。"), denial=denial)
    raise Denied(
        message or _("您没有办理这一步的权限。如需办理，请联系本单位管理员。"), code=code, denial=denial, way=way
    )


def require_somewhere(actor: Actor, permission: str) -> None:
    """Refuse somebody who holds ``permission`` nowhere: for lists, whose rows are then cut to the actor's :func:`reach`."""
    held = next((held for held in actor.held if held.allows(permission)), None)
    require(actor, Scope(agency=held.agency, region=held.region) if held else NODE, permission, subject="list")


def reach(
    actor: Actor, permission: str, *, role: str = "", agency: str = "agency_path", region: str = "region_path"
) -> Q:
    """The rows that ``actor`` may see in a list, as a filter on the columns that hold agency and region paths.

    Nobody's reach is a filter that matches nothing, so a list that forgets to ask shows nothing.
    """
    if actor.system:
        return Q()
    found = Q(pk__in=[])
    for held in actor.held:
        if (role and held.role != role) or (not role and not held.allows(permission)):
            continue
        mine = Q()
        if held.parts:
            mine &= Q(**{f"{agency}__in": held.parts})
        elif held.agency:
            mine &= Q(**{f"{agency}__startswith": held.agency})
        if held.region:
            mine &= Q(**{f"{region}__startswith": held.region})
        if not mine:
            return Q()
        found |= mine
    return found


def _denial(actor: Actor, permission: str, subject: str) -> Denial:
    return Denial(
        account_id=actor.account_id, actor=actor.name[:120], permission=permission, subject=subject[:120],
        channel=actor.channel, request_id=actor.request_id, address=actor.address,
    )  # fmt: skip


def _record(denial: Denial) -> None:
    account = f"account:{denial.account_id}" if denial.account_id else "anonymous"
    log.warning("denied", actor=account, permission=denial.permission, subject=denial.subject)
    denial.save(force_insert=True)
