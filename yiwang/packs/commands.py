"""Verbs for the operator: packs, the holiday calendar, the demo city."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from yiwang.foundation.access.queries import system
from yiwang.foundation.establishment.actions import load_notice
from yiwang.kernel.refusals import Invalid

from . import actions, demo, installing, notices, queries, reading
from .writing import Installed


def add(commands: Any) -> None:
    packs = commands.add_parser("pack", help="check, install, remove and list packs of declarations").add_subparsers(
        dest="pack_verb", required=True, metavar="VERB"
    )
    verb = packs.add_parser("check", help="check a pack and try to install it, leaving nothing behind")
    verb.add_argument("pack", nargs="+", help="a folder, or the name of a shipped pack")
    verb.add_argument("--files-only", action="store_true", help="check the files and do not touch the store")
    verb.set_defaults(run=check)
    verb = packs.add_parser("install", help="check, try and install packs, in the order given")
    verb.add_argument("pack", nargs="+", help="a folder, or the name of a shipped pack")
    verb.set_defaults(run=install)
    verb = packs.add_parser("remove", help="take a pack out of force; what was published under it stays")
    verb.add_argument("pack", help="its name")
    verb.set_defaults(run=remove)
    verb = packs.add_parser("list", help="the packs that are shipped and what this node has of them")
    verb.set_defaults(run=show)

    calendar = commands.add_parser("calendar", help="the calendar of working days").add_subparsers(
        dest="calendar_verb", required=True, metavar="VERB"
    )
    verb = calendar.add_parser("load", help="load the State Council's holiday notice of a year, or an amendment")
    verb.add_argument(
        "file", type=Path, help="JSON or YAML {year, source, days}, or CSV with date, name, day (off or work)"
    )
    verb.add_argument("--source", default="", help="title and number of the notice (needed for CSV)")
    verb.set_defaults(run=load_calendar)

    demo.add(commands)


def _said(done: Installed) -> str:
    if done.nothing:
        return f"· {done.name} {done.version}: installed already, nothing to do"
    parts = [
        f"{count} {kind} {outcome}" for kind, outcomes in done.counts().items() for outcome, count in outcomes.items()
    ]
    return f"✓ {done.name} {done.version}: {', '.join(parts) or 'no declaration changed'}"


def check(arguments: argparse.Namespace) -> int:
    for name in arguments.pack:
        pack = reading.read(reading.find(name))
        if not arguments.files_only:
            installing.trial(system("command"), pack)
        print(f"✓ {pack.name} {pack.version}: {len(pack.documents)} declarations hold, {pack.digest[:12]}")
    return 0


def install(arguments: argparse.Namespace) -> int:
    for name in arguments.pack:
        print(_said(installing.install(system("command"), reading.find(name))))
    return 0


def remove(arguments: argparse.Namespace) -> int:
    withdrawn = actions.remove(system("command"), arguments.pack)
    print(f"✓ {arguments.pack}: removed, {withdrawn} declaration(s) withdrawn; published versions stay")
    return 0


def show(arguments: argparse.Namespace) -> int:
    here = {row.name: row for row in queries.installed(system("command"))}
    shipped = {folder.name: reading.manifest_of(folder) for folder in reading.shipped()}
    for name in sorted(here.keys() | shipped.keys()):
        pack, row = shipped.get(name), here.get(name)
        if row is None:
            state = "not installed"
        elif pack is None:
            state = f"installed {row.version} on {row.created_at:%Y-%m-%d}, not shipped"
        elif row.digest == pack.digest:
            state = f"installed {row.version} on {row.created_at:%Y-%m-%d}"
        else:
            state = f"installed {row.version} on {row.created_at:%Y-%m-%d}, the shipped {pack.version} differs"
        title = pack.title if pack else row.title if row else ""
        print(f"{name:<16} {title}  ({state})")
    return 0


def load_calendar(arguments: argparse.Namespace) -> int:
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        print(f"yiwang: {arguments.file}: {error.strerror}", file=sys.stderr)
        return 1
    found = notices.read(arguments.file.name, content, source=arguments.source)
    if len({notice.year for notice in found}) < len(found):
        raise Invalid(f"{arguments.file.name} holds two notices for one year; load the amendment after the notice")
    for notice in found:
        loaded = load_notice(system("command"), notice.year, notice.source, notice.days)
        if loaded.new:
            print(
                f"✓ {notice.year}: edition {loaded.edition}, {len(loaded.changed)} day(s) are now another kind of day"
            )
        else:
            print(f"· {notice.year}: loaded already, nothing to do")
    return 0
