"""The acts of the case engine, by subject: publishing procedures, working off tasks, arranging who does them, going back, standing
still and ending, moving to another version."""

from yiwang.foundation.cases.importing import PastCase, PastStep, import_past
from yiwang.foundation.cases.opening import NewCase, note, open_case
from yiwang.foundation.cases.rights import own_case, scope_of

from .arranging import HandedOver, add_reviewer, ask_party, delegate, hand_over, urge
from .drafting import draft_procedure, drop_procedure_draft
from .halting import REMEDY, resume, suspend, terminate, withdraw
from .migrating import migrate, migrate_case
from .publishing import publish_procedure
from .returning import send_back, take_back
from .working import LONGEST_OPINION, Finished, claim, complete, finish_operation, fire_timer, receive, release

__all__ = [
    "LONGEST_OPINION",
    "REMEDY",
    "Finished",
    "HandedOver",
    "NewCase",
    "PastCase",
    "PastStep",
    "add_reviewer",
    "ask_party",
    "claim",
    "complete",
    "delegate",
    "draft_procedure",
    "drop_procedure_draft",
    "finish_operation",
    "fire_timer",
    "hand_over",
    "import_past",
    "migrate",
    "migrate_case",
    "note",
    "open_case",
    "own_case",
    "publish_procedure",
    "receive",
    "release",
    "resume",
    "scope_of",
    "send_back",
    "suspend",
    "take_back",
    "terminate",
    "urge",
    "withdraw",
]
