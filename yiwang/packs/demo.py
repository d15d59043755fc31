"""The demo city: one command from an empty folder to a city that is served."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from django.apps import apps

from yiwang.config.environment import environment
from yiwang.config.operator import migrate
from yiwang.foundation.access.queries import system
from yiwang.foundation.accounts.actions import DEMO_PASSWORD
from yiwang.foundation.accounts.queries import demo_accounts

from . import installing, reading, walk

REAL_ITEMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "service_items.csv"
PAST = "yunzhou_history"
PACKS = (
    "national_standards", "yunzhou", "food_permit", "unemployment", "senior_card", "disability_allowance", "public_place_hygiene", "outdoor_ad",
    "construction_permit", "clinic", "birth_certificate", "rental_housing", "sole_trader", "road_digging", PAST,
)  # fmt: skip


def add(commands: Any) -> None:
    """Add `yiwang demo up` and `yiwang demo walk`."""
    verbs = commands.add_parser("demo", help="the demo city").add_subparsers(
        dest="demo_verb", required=True, metavar="VERB"
    )
    verb = verbs.add_parser("up", help="prepare the demo city, print its accounts, and serve it until stopped")
    verb.add_argument("--bind", default=environment.bind, help="address:port to listen on")
    verb.add_argument("--prepare-only", action="store_true", help="do not serve")
    verb.set_defaults(run=up)
    walk.add(verbs, PACKS)


def up(arguments: argparse.Namespace) -> int:
    """Migrate, install what is not installed, print the accounts, serve. Later starts only look."""
    began = time.monotonic()
    os.environ["YIWANG_DEMO"] = "1"  # for the processes that serve
    environment.demo = True
    migrate()
    for name in PACKS:
        done = installing.install(system("command"), reading.find(name))
        if not done.nothing:
            print(f"· installed {done.name} ({time.monotonic() - began:.1f} s)", flush=True)
    import_list(REAL_ITEMS)
    _print_accounts(arguments.bind)
    print(f"ready in {time.monotonic() - began:.1f} s", flush=True)
    if not arguments.prepare_only:
        serve = [sys.executable, "-m", "yiwang.config.command", "serve", "--bind", arguments.bind]
        os.execv(sys.executable, serve)  # noqa: S606  # ourselves
    return 0


def import_list(path: Path) -> bool:
    """List the real items of a district that lie beside the checkout, where they do and were not listed before."""
    if not path.is_file():
        return False
    file_hash = hashlib.sha256(path.read_bytes()).hexdigest()
    imports = apps.get_model("items", "ItemImport").objects
    if imports.filter(file_hash=file_hash).exclude(finished_at=None).exists():
        return False
    print(f"· listing the items of {path.name}", flush=True)
    from yiwang.config.command import main

    report = environment.data_dir / f"{path.stem}.report.csv"
    return main(["items", "import", str(path), "--report", str(report)]) == 0


def wide(text: str, columns: int) -> str:
    """``text`` filled up to ``columns`` of a terminal, where a Chinese character takes two."""
    width = sum(2 if ord(character) > 0x2E7F else 1 for character in text)
    return text + " " * max(columns - width, 1)


def _print_accounts(bind: str) -> None:
    host, _colon, port = bind.rpartition(":")
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"  # noqa: S104  # only shown
    print(f"\n{environment.node_name} · 一网\n  open      {address}/\n  sign in   {address}/accounts/login/")
    print(
        f"  API       {address}/api/v1/openapi.json\n  password  {DEMO_PASSWORD}   (the same for every demo account)\n"
    )
    for group in demo_accounts():
        print(f"  {group.name}")
        for account in group.accounts:
            print(f"    {wide(account.username, 16)}{wide(account.name, 10)}{account.note}")
    print()
