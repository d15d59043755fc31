"""How the platform says no.

Every refusal has a stable ``code`` for programs, a ``message`` in the reader's language that says what happened and what
to do, and, where a field is to blame, one :class:`Problem` for each field. Pages show them; the API turns them into
problem+json (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field.

    ``field`` is a dotted path into the input ("firm.uscc", "materials.0"); empty when no single field is to blame.
    ``rule`` is a stable code ("required", "format", "checkdigit" …). ``message`` names the field and the remedy.
    """

    field: str
    rule: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"field": self.field, "rule": self.rule, "message": str(self.message)}


class Refusal(Exception):
    """Base of every answer "no" that a person may see. Raise a subclass."""

    status = 400
    code = "refused"

    def __init__(self, message: Any, *, code: str = "", problems: Sequence[Problem] = (), **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.problems = tuple(problems)
        self.extra = extra

    def __str__(self) -> str:
        return str(self.message)


class Invalid(Refusal):
    """The input is understood but wrong; ``problems`` name the fields."""

    status = 422
    code = "invalid"


class Denied(Refusal):
    """The actor may not do this. Recorded by :mod:`yiwang.foundation.access` before it is answered."""

    status = 403
    code = "denied"


class SignInNeeded(Refusal):
    """Nobody is signed in, or the session has ended."""

    status = 401
    code = "sign-in-needed"


class Missing(Refusal):
    """There is no such thing, or none that this actor may know of."""

    status = 404
    code = "missing"


class Conflict(Refusal):
    """The state has moved on since the actor looked; nothing was changed."""

    status = 409
    code = "conflict"


class TooLarge(Refusal):
    """The upload or the text is larger than allowed."""

    status = 413
    code = "too-large"


class TooOften(Refusal):
    """The same thing was asked too often in a short time; ``extra["seconds"]`` says when to come again."""

    status = 429
    code = "too-often"
