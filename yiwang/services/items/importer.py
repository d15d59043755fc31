"""Reading a whole list of items: batches, progress, and a report of every doubtful row."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.orgs.queries import region_codes
from yiwang.kernel.sheets import harmless

from . import doubts, sheet
from .actions.importing import Outcome, begin_import, finish_import, import_rows
from .models import ItemImport

BATCH = 500
REPORT_HEAD = ("line", "item_code", "name", "department", "outcome", "doubts", "reasons")


@dataclass(slots=True)
class Report:
    """What came of a list: counts by outcome, doubts by kind, and how long it took."""

    import_id: UUID
    path: Path | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    doubtful: int = 0
    rows: int = 0
    agencies: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def counts(self) -> dict[str, int]:
        """For the ledger: rows, outcomes, doubtful."""
        return {"rows": self.rows, "doubtful": self.doubtful, **dict(sorted(self.outcomes.items()))}


def run(
    actor: Actor,
    path: Path,
    *,
    report: Path | None = None,
    columns: Mapping[str, str] | None = None,
    batch: int = BATCH,
    progress: Callable[[Report, float], None] | None = None,
    begun: ItemImport | None = None,
) -> Report:
    """Import a file. ``progress`` is told after each batch how much of the file (0 … 1) has been read; ``begun`` (a list from the
    browser) shows it to others, and keeps the report.

    The report (CSV, UTF-8 with BOM so that office programs open it) has every row that was refused, doubtful or left as a draft.
    Raises :class:`Invalid` when the file cannot be read.
    """
    opened = sheet.open_sheet(path, columns)
    began = time.monotonic()
    lines, usual = doubts.survey(sheet.rows(opened))
    examiner = doubts.Examiner(region_codes(), usual)
    started = begun or begin_import(actor, path.name, opened.digest)
    ItemImport.objects.filter(id=started.id).update(lines=lines)
    done = Report(started.id, report)
    file: TextIO | None = report.open("w", encoding="utf-8-sig", newline="") if report else None
    try:
        writer = csv.writer(file) if file else None
        if writer:
            writer.writerow(REPORT_HEAD)
        for examined in _batches(opened, examiner, done, batch):
            made = import_rows(actor, started.id, examined)
            done.agencies += made.agencies
            for outcome in sorted(made.outcomes, key=lambda each: each.row.row.line):
                _count(done, outcome)
                if writer and (outcome.what in {"refused", "draft"} or outcome.row.doubts):
                    writer.writerow(_line(outcome))
            ItemImport.objects.filter(id=started.id).update(counts=done.counts())
            if progress:
                done.seconds = time.monotonic() - began
                progress(done, min(1.0, done.rows / max(1, lines)))
    finally:
        if file:
            file.close()
    finish_import(actor, started.id, done.counts(), report.read_bytes() if begun and report else b"")
    done.seconds = time.monotonic() - began
    return done


def _batches(
    opened: sheet.Sheet, examiner: doubts.Examiner, done: Report, size: int
) -> Iterator[list[doubts.Examined]]:
    batch: list[doubts.Examined] = []
    for row in sheet.rows(opened):
        done.rows += 1
        examined = examiner.examine(row)
        if examined is None:
            done.outcomes["repeated"] += 1
            continue
        batch.append(examined)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _count(done: Report, outcome: Outcome) -> None:
    done.outcomes[outcome.what] += 1
    if outcome.what != "refused" and outcome.row.doubts:
        done.doubtful += 1
        done.doubts.update(doubt.code for doubt in outcome.row.doubts)


def _line(outcome: Outcome) -> list[Any]:
    row = outcome.row
    reasons = [outcome.why, *(doubt.message for doubt in row.doubts)]
    cells = [
        row.row.line, row.code, row.name, row.department, outcome.what,
        " ".join(doubt.code for doubt in row.doubts), " ".join(filter(None, reasons)),
    ]  # fmt: skip
    return [_plain(cell) for cell in cells]


def _plain(cell: Any) -> Any:
    """A cell that no office program takes for a formula."""
    return harmless(cell) if isinstance(cell, str) else cell
