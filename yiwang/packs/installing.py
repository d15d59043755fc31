"""Installing a pack: read, tried in a transaction that is rolled back, then done in one that is kept."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import NODE, Actor, require
from yiwang.foundation.crypto.queries import encrypt, keyed_hash
from yiwang.foundation.orgs.queries import forget_calendar
from yiwang.kernel.refusals import Conflict, Problem

from . import actions, queries, reading, slots
from .reading import Pack
from .writing import Installed


class _Tried(Exception):
    """Ends the trial, so that its transaction is rolled back."""


def installed_as_it_is(pack: Pack) -> bool:
    """Whether the node has this very content of the pack."""
    last = queries.newest().get(pack.name)
    return last is not None and last.digest == pack.digest


def install(actor: Actor, folder: Path) -> Installed:
    """Check, try and install the pack in ``folder``; the same pack again does nothing.

    Raises :class:`Invalid` for a pack with mistakes, :class:`Conflict` when a required pack is missing, the node is no place for a
    demo, or another pack has declared the same thing; any refusal of a room, with the file and line of the declaration.
    """
    require(actor, NODE, "packs.install", subject="pack")
    manifest = reading.manifest_of(folder)
    if installed_as_it_is(manifest):
        return Installed(manifest.name, manifest.version)
    pack = reading.read(folder)
    _may_be_here(pack)
    make_keys()
    trial(actor, pack)
    return actions.install(actor, pack)


def trial(actor: Actor, pack: Pack) -> None:
    """Do everything that installing does, with a few of the generated rows, and undo it.

    Leaves nothing behind; raises what installing would raise.
    """
    token = slots.trying.set(True)
    try:
        with transaction.atomic():
            actions.install(actor, pack)
            raise _Tried
    except _Tried:
        pass
    finally:
        slots.trying.reset(token)
        forget_calendar()


def _may_be_here(pack: Pack) -> None:
    here = queries.newest()
    missing = [name for name in pack.requires if name not in here]
    if missing:
        raise Conflict(
            f"the pack {pack.name} needs {', '.join(missing)}; install first: yiwang pack install {' '.join(missing)}",
            code="requires",
        )
    if not pack.demo and (found := next((d for d in pack.documents if slots.kinds[d.kind].demo), None)):
        message = "invented people belong into packs with demo: true"
        raise Conflict(message, code="demo", problems=[Problem(found.where(), "demo", message)])
    if not pack.demo:
        return
    if not environment.demo:
        raise Conflict(
            f"the pack {pack.name} holds invented people and is installed in demo mode only (YIWANG_DEMO=1, or `yiwang demo up`)",
            code="demo",
        )
    demo_here = [f.name for f in reading.shipped() if f.name in here and reading.manifest_of(f).demo]
    if pack.name not in here and not demo_here:  # a demo city stays one, whatever was done in it since
        reasons = [reason for look in slots.real_traces.values() if (reason := look())]
        if reasons:
            raise Conflict(
                f"this node is in real use ({'; '.join(reasons)}): the demo city is not loaded into it",
                code="real-node",
            )


def make_keys() -> None:
    """Make the keys that rows need before the long transaction: until a new key is committed it is read again for each row."""
    for purpose in ("party", "register"):
        keyed_hash(purpose, "")
    encrypt("field", b"", "")
