"""The act of removing a pack."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Missing, Problem
from yiwang.packs import queries, reading, slots
from yiwang.packs.models import Declared, Installation


@act("packs.remove", gettext_lazy("移除场景包"))
def remove(actor: Actor, name: str) -> int:
    """Take a pack out of force: what it offers is withdrawn, what was published stays for the cases that were done under it.

    Returns how many declarations were withdrawn. Raises :class:`Missing` for a pack that is not installed, :class:`Conflict` while another
    pack needs it, cases run on it, or it holds what others stand on (divisions, agencies, registers, people).
    """
    require(actor, NODE, subject=f"pack:{name}")
    here = queries.newest()
    if name not in here:
        raise Missing(f"the pack {name} is not installed; `yiwang pack list` shows what is")
    declared: dict[str, list[str]] = {}
    for row in Declared.objects.filter(pack=name).order_by("kind", "code"):
        declared.setdefault(row.kind, []).append(row.code)
    reasons = _hindrances(name, declared, set(here))
    if reasons:
        problems = [Problem(kind, "in-use", reason) for kind, reason in reasons]
        raise Conflict(f"the pack {name} cannot be removed", code="in-use", problems=problems)
    withdrawn = 0
    for folder, kind in reversed(list(slots.kinds.items())):
        for code in declared.get(folder, []) if kind.withdraw is not None else []:
            assert kind.withdraw is not None
            withdrawn += bool(kind.withdraw(actor, code, f"场景包“{here[name].title}”已移除"))
    Declared.objects.filter(pack=name).delete()
    last = here[name]
    Installation.objects.create(
        name=name,
        version=last.version,
        title=last.title,
        digest=last.digest,
        changes={"withdrawn": withdrawn},
        removed=True,
    )
    record("pack", name, {"version": last.version, "digest": last.digest, "withdrawn": withdrawn, "removed": True})
    emit("pack.removed", name, {"version": last.version})
    return withdrawn


def _hindrances(name: str, declared: dict[str, list[str]], here: set[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    needed = [f.name for f in reading.shipped() if f.name in here and name in reading.manifest_of(f).requires]
    if needed:
        found.append(("requires", f"needed by: {', '.join(needed)}; remove these first"))
    for folder, codes in declared.items():
        kind = slots.kinds[folder]
        if kind.fixed:
            found.append(
                (folder, f"{len(codes)} {kind.name}(s) that others stand on; they can be changed, not taken away")
            )
        if kind.in_use is not None and (reason := kind.in_use(codes)):
            found.append((folder, reason))
    return found
