"""``yiwang items``: take a list of items over, teach search everyday words."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    verb = commands.add_parser("items", help="the catalogue of service items: import a list, set synonyms")
    verbs = verb.add_subparsers(dest="what", required=True, metavar="WHAT")
    one = verbs.add_parser(
        "import", help="list the items of a CSV file",
        description="List the items of a CSV file (UTF-8 or GB 18030). May be run again: nothing is doubled, changed rows make new versions.",
        epilog="Refused are only rows without a name, a code or a department, with a code that cannot stand in an address, with a code that an "
        "earlier row has with other contents, or that cannot be read. Every other row is listed; its doubts (codes that fail GB 32100, unknown "
        "widths, types or divisions, codes that disagree, equal names) stay with the item, where staff see them, and go into the report.",
    )  # fmt: skip
    one.add_argument("file", type=Path, help="the CSV file; its first line names the columns")
    one.add_argument(
        "--report", type=Path, help="where doubtful rows are written (FILE.report.csv in the current folder)"
    )
    one.add_argument(
        "--column", action="append", default=[], metavar="OURS=THEIRS",
        help="a column by hand: item_code, name, department, group, area_code, task_type, department_code",
    )  # fmt: skip
    one.set_defaults(run=import_list)
    two = verbs.add_parser("synonyms", help="say for what words everyday phrases stand in search")
    two.add_argument(
        "file", type=Path, nargs="?", help="CSV with the columns phrase,words; without it the shipped list"
    )
    two.set_defaults(run=synonyms)


def import_list(arguments: argparse.Namespace) -> int:
    """Exit code 0 when the file was read to its end, whatever doubts it raised."""
    from yiwang.foundation.access.queries import system

    from .importer import Report, run

    columns = dict(pair.split("=", 1) for pair in arguments.column if "=" in pair)
    report = arguments.report or Path(f"{arguments.file.stem}.report.csv")
    live = sys.stderr.isatty()

    def progress(done: Report, share: float) -> None:
        rate = done.rows / done.seconds if done.seconds else 0
        line = f"{share:4.0%}  {done.rows:,} rows, {done.doubtful:,} doubtful, {rate:,.0f} rows/s"
        print(f"\r{line}" if live else line, end="" if live else "\n", file=sys.stderr, flush=True)

    actor = system("command")
    done = run(actor, arguments.file, report=report, columns=columns, progress=progress)
    if live:
        print(file=sys.stderr)
    _show(done, report)
    return 0


def _show(done: Any, report: Path) -> None:
    shown = {
        "new": "listed", "changed": "changed, a new version published", "draft": "changed, left as a draft for staff", "same": "unchanged",
        "repeated": "repeated in the file", "refused": "refused",
    }  # fmt: skip
    print(f"{done.rows:,} rows in {done.seconds:.1f} s ({done.rows / max(done.seconds, 0.001):,.0f} rows/s)")
    for what, words in shown.items():
        if done.outcomes[what]:
            print(f"  {done.outcomes[what]:>7,}  {words}")
    if done.agencies:
        print(f"  {len(done.agencies):>7,}  agencies entered")
    if done.doubtful:
        print(f"{done.doubtful:,} rows are listed with doubts, which staff see beside the item:")
        for code, count in done.doubts.most_common():
            print(f"  {count:>7,}  {code}")
    print(f"Reasons, row by row: {report}")


def synonyms(arguments: argparse.Namespace) -> int:
    from yiwang.foundation.access.queries import system

    from .actions import set_synonyms

    pairs: list[tuple[str, str]] = []
    if arguments.file:
        with arguments.file.open(encoding="utf-8-sig", newline="") as file:
            pairs = [(row["phrase"], row["words"]) for row in csv.DictReader(file)]
    print(f"{set_synonyms(system('command'), pairs):,} pairs set")
    return 0
