"""Entering the declarations of a pack, inside the act of installing. Private to this room."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Denied, Problem, Refusal, SignInNeeded

from . import slots
from .models import Declared, Installation
from .reading import Document, Pack, refusal_of


@dataclass(slots=True)
class Installed:
    """What installing a pack did: documents by kind and outcome (new, changed, same, left)."""

    name: str
    version: str
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    installation: UUID | None = None

    @property
    def nothing(self) -> bool:
        """Whether the pack was installed already, as it is."""
        return self.installation is None

    def counts(self) -> dict[str, dict[str, int]]:
        """{"registers": {"new": 3}, …}, without what stayed the same."""
        found: dict[str, dict[str, int]] = {}
        for (kind, outcome), count in sorted(self.outcomes.items()):
            if outcome != "same":
                found.setdefault(kind, {})[outcome] = count
        return found


def write(actor: Actor, pack: Pack) -> Installed:
    """Enter the declarations that are new or changed, inside the act of installing.

    A refusal of one document does not keep the others from being looked at: the :class:`Invalid` at the end lists them all.
    """
    assert connection.in_atomic_block, "write() belongs inside an act"
    installation = uuid7()
    done = Installed(pack.name, pack.version, installation=installation)
    problems: list[Problem] = []
    known = {(row.kind, row.code): row for row in Declared.objects.all()}
    fresh: list[Declared] = []
    for document in pack.documents:
        former = known.pop((document.kind, document.code), None)
        if former is not None and former.pack != pack.name:
            message = f"{document.kind} {document.code!r} is declared by the pack {former.pack}; give it another code"
            problems.append(Problem(document.where(), "unique", message))
            continue
        if former is not None and former.digest == document.digest:
            done.outcomes[(document.kind, "same")] += 1
            continue
        if refused := _apply(actor, document):
            problems += refused
            continue
        done.outcomes[(document.kind, "changed" if former else "new")] += 1
        row = former or Declared(kind=document.kind, code=document.code, pack=pack.name)
        row.path, row.digest = document.path, document.digest
        row.installation_id = installation
        fresh.append(row)
    if problems:
        raise refusal_of(pack.name, problems)
    for row in known.values():
        if row.pack == pack.name:  # what a pack no longer declares stays as it is: something may stand on it
            done.outcomes[(row.kind, "left")] += 1
    Installation.objects.create(
        id=installation, name=pack.name, version=pack.version, title=pack.title, digest=pack.digest,
        changes=done.counts(),
    )  # fmt: skip
    for row in fresh:
        row.save()
    return done


def _apply(actor: Actor, document: Document) -> list[Problem]:
    """Through the door of the owning room; what it refuses is told with the file and the line."""
    try:
        with transaction.atomic():
            slots.kinds[document.kind].apply(actor, document)
    except (Denied, SignInNeeded):
        raise
    except Refusal as refusal:
        problems = [
            Problem(
                document.where(problem.field), problem.rule,
                f"{problem.field}: {problem.message}" if problem.field else str(problem.message),
            )
            for problem in refusal.problems
        ]  # fmt: skip
        return problems or [Problem(document.where(), refusal.code, str(refusal.message))]
    return []
