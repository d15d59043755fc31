"""What other rooms use of access: the actor, the frame of acts, and the question "may they?"."""

from .actors import ANONYMOUS, Actor, Held, of_account, own_party, system
from .acts import (
    ACTS,
    NODE,
    Again,
    Scope,
    UnfinishedAct,
    act,
    afterwards,
    allowed,
    later,
    owner,
    permission,
    reach,
    require,
    require_somewhere,
    running,
)
from .kept import keep_post, kept_post
from .middleware import acting
from .models import Denial, Grant, Role
from .once import once

__all__ = [
    "ACTS",
    "ANONYMOUS",
    "NODE",
    "Actor",
    "Again",
    "Denial",
    "Grant",
    "Held",
    "Role",
    "Scope",
    "UnfinishedAct",
    "act",
    "acting",
    "afterwards",
    "allowed",
    "keep_post",
    "kept_post",
    "later",
    "of_account",
    "once",
    "own_party",
    "owner",
    "permission",
    "reach",
    "require",
    "require_somewhere",
    "running",
    "system",
]
