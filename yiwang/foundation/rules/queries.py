"""Reading tables and decisions."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, allowed, permission, require, require_somewhere
from yiwang.foundation.drafts import queries as drafted
from yiwang.foundation.drafts.queries import Change, Draft
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Denied, Missing

from . import editing, tables
from .models import DecisionRecord, TableVersion
from .slots import readers
from .tables import Matched, Table, load

READ = permission("rules.read", gettext_lazy("查看规则"))
READ_DECISION = permission("rules.read-decision", gettext_lazy("查看自动判断的依据"))
WRITE = "rules.draft"  # the act; its permission also lets one see drafts
DRAFT = "rule"  # what drafts of tables are called among the drafts
LARGEST_LIST = 500

_lock = threading.Lock()
_tables: dict[UUID, Table] = {}
_LARGEST_CACHE = 2_000


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as rooms above use it."""

    id: UUID
    code: str
    version: int
    output: Any
    matched: tuple[Matched, ...]

    @property
    def decided(self) -> bool:
        """Whether any row spoke. If none did, a person must decide."""
        return bool(self.matched)

    @property
    def reasons(self) -> list[str]:
        """Why, in plain words, one sentence for each row that spoke."""
        return _reasons(self.matched)


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision with what it was made of, for a page."""

    record: DecisionRecord
    decision: Decision
    facts: list[tuple[str, Any]]  # label and value
    output: list[tuple[str, Any]]
    words: dict[str, str]  # how values are said to people


def forget_tables() -> None:
    """Drop the loaded tables (between tests)."""
    with _lock:
        _tables.clear()


def version_row(code: str, version: int = 0) -> TableVersion:
    """The row of a version (the newest when 0) without its body. Raises LookupError."""
    rows = TableVersion.objects.filter(code=code).defer("body").order_by("-version")
    row = (rows.filter(version=version) if version else rows).first()
    if row is None:
        raise LookupError(f"there is no decision table {code!r}{f' version {version}' if version else ''}")
    return row


def table(version_id: UUID) -> Table:
    """A loaded table. Loading is done once per process and version; a version never changes."""
    loaded = _tables.get(version_id)
    if loaded is None:
        loaded = load(TableVersion.objects.get(id=version_id).body)
        with _lock:
            if len(_tables) >= _LARGEST_CACHE:
                _tables.clear()
            _tables[version_id] = loaded
    return loaded


def facts_needed(code: str, version: int = 0) -> tuple[str, ...]:
    """The names of the facts that a table asks for. Raises LookupError for a table that is not there."""
    return tuple(table(version_row(code, version).id).facts)


def published(actor: Actor) -> list[TableVersion]:
    """The newest version of every table, by title, without bodies. One query."""
    require_somewhere(actor, READ)
    ranked = TableVersion.objects.annotate(
        place=Window(RowNumber(), partition_by=F("code"), order_by=F("version").desc())
    )
    return list(ranked.filter(place=1).defer("body").order_by("title", "code")[:LARGEST_LIST])


def published_version(actor: Actor, code: str, version: int = 0) -> TableVersion:
    """One version of a table (the newest when 0), with its body. Raises :class:`Missing`."""
    require_somewhere(actor, READ)
    rows = TableVersion.objects.filter(code=code).order_by("-version")
    row = (rows.filter(version=version) if version else rows).first()
    if row is None:
        raise Missing(_("没有这条规则，可能代码写错了。"))
    return row


def versions(actor: Actor, code: str) -> list[TableVersion]:
    """All versions of a table, newest first, without bodies."""
    require_somewhere(actor, READ)
    return list(TableVersion.objects.filter(code=code).defer("body").order_by("-version")[:LARGEST_LIST])


def draft(actor: Actor, code: str) -> Draft | None:
    """The draft of a table, for those who may write or publish it."""
    require(actor, permission="rules.publish" if allowed(actor, "rules.publish") else WRITE, subject=f"rule:{code}")
    return drafted.draft(DRAFT, code)


def own_draft(actor: Actor, code: str) -> Draft:
    """The draft of a table, as :func:`draft` shows it. Raises :class:`Missing`."""
    found = draft(actor, code)
    if found is None:
        raise Missing(_("草稿已经不在了，可能刚刚发布或者被删掉。"))
    return found


def drafts(actor: Actor) -> list[Draft]:
    """All drafts of tables, the last saved first, without bodies; none for those who may not write."""
    may = allowed(actor, WRITE) or allowed(actor, "rules.publish")
    return drafted.drafts(DRAFT) if may else []


def body_of(actor: Actor, code: str, version: int | None) -> dict[str, Any]:
    """The body of a version (the newest when 0), or of the draft when None. Raises :class:`Missing`."""
    if version is not None:
        return dict(published_version(actor, code, version).body)
    return dict(own_draft(actor, code).body)


def changes(actor: Actor, code: str, older: int | None, newer: int | None) -> list[Change]:
    """What differs between two versions of a table; None is the draft. Raises :class:`Missing`."""
    before, after = (body_of(actor, code, version) for version in (older, newer))
    return drafted.changes(editing.lines(before), editing.lines(after))


@dataclass(frozen=True, slots=True)
class Trial:
    """What a table would decide; nothing is kept."""

    output: Any
    matched: tuple[Matched, ...]

    @property
    def reasons(self) -> list[str]:
        return _reasons(self.matched)


def trial(actor: Actor, body: dict[str, Any], facts: dict[str, Any]) -> Trial:
    """What a table, published or not, would decide on ``facts``. Raises :class:`Invalid` for facts or a body that are wrong."""
    require_somewhere(actor, READ)
    tables.check_sound("trial", body)
    output, matched = load(body).evaluate(facts)
    return Trial(output, tuple(matched))


def decisions(actor: Actor, code: str, *, cursor: str = "", size: int = 50) -> Page[DecisionRecord]:
    """What a table has decided, the newest first. The facts stay sealed until one decision is opened."""
    require(actor, permission=READ_DECISION, subject=f"rule:{code}")
    rows = DecisionRecord.objects.filter(table__code=code).select_related("table").defer("table__body", "facts")
    return page(rows, order=("-at", "-id"), cursor=cursor, size=size)


def _reasons(matched: tuple[Matched, ...]) -> list[str]:
    return [line.reason for line in matched] or [_("没有一条规则适用于这个情况，需要人工办理。")]


def _decision(row: DecisionRecord) -> Decision:
    matched = tuple(Matched(**line) for line in row.outcome["matched"])
    return Decision(row.id, row.table.code, row.table.version, row.outcome["output"], matched)


def decisions_about(kind: str, subject: object) -> list[Decision]:
    """What rules decided about one thing, oldest first. No access check: for rooms above that have asked."""
    rows = DecisionRecord.objects.filter(kind=kind, subject=str(subject)).select_related("table").defer("table__body")
    return [_decision(row) for row in rows.order_by("at", "id")[:LARGEST_LIST]]


def decision(actor: Actor, decision_id: UUID) -> Explained:
    """One decision with its facts and reasons, for those who may read the thing it is about.

    Anybody else gets the answer of a decision that is not there; the attempt is kept.
    """
    message = _("没有找到这个判断记录，或者您不能查看它。")
    row = DecisionRecord.objects.select_related("table").filter(id=decision_id).first()
    if row is None or not (
        allowed(actor, READ_DECISION) or any(vouches(actor, row.kind, row.subject) for vouches in readers.values())
    ):
        try:
            require(actor, permission=READ_DECISION, subject=f"decision:{decision_id}")
        except Denied as denied:
            denied.message, denied.code, denied.status = message, Missing.code, Missing.status
            raise
    if row is None:
        raise Missing(message)
    body = row.table.body
    made = _decision(row)
    known = [(fact["label"], row.facts.get(fact["name"])) for fact in body["facts"]]
    names = {
        column["field"]: column["name"]
        for node in body["graph"]["nodes"]
        if node["type"] == "decisionTableNode"
        for column in node["content"]["outputs"]
    }
    results = made.output if isinstance(made.output, list) else [made.output]
    shown = [
        (str(names.get(name, name)), value)
        for result in results
        if isinstance(result, dict)
        for name, value in result.items()
    ]
    return Explained(row, made, known, shown, body.get("words", {}))
