"""Verbs: verify a file offline; audit the log."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from yiwang.foundation.crypto.queries import Broken

UNKNOWN_SIGNER = 3


def add(commands: Any) -> None:
    verb = commands.add_parser(
        "verify",
        help="check a receipt, licence or official paper offline, to the last byte",
        description="Exit code: 0 intact and trusted; 3 intact, but the signer is unknown; 1 broken, or no such file.",
    )
    verb.add_argument("file", type=Path, help="receipt.json, receipt.pdf, licence.pdf or an official paper")
    verb.add_argument("--anchor", type=Path, help="root certificate in PEM (default: *.pem in <data dir>/trust)")
    verb.set_defaults(run=verify)
    verb = commands.add_parser("ledger", help="look after the log of official acts")
    below = verb.add_subparsers(dest="ledger_verb", required=True, metavar="VERB")
    verb = below.add_parser(
        "audit",
        help="compute the whole log again and compare it with what was signed",
        description="Exit code: 0 when nothing was changed, dropped, moved or slipped in; 1 otherwise, naming it.",
    )
    verb.add_argument(
        "--witness", type=Path, action="append", default=[], metavar="FILE",
        help="a receipt or head in JSON that somebody kept; the log must still contain it (may be repeated)",
    )  # fmt: skip
    verb.add_argument("--anchor", type=Path, help="root certificate in PEM (default: *.pem in <data dir>/trust)")
    verb.set_defaults(run=audit)


def verify(arguments: argparse.Namespace) -> int:
    """Needs no store and no running node."""
    from .verification import anchors_of, examine, shown, trusted_anchors

    try:
        content = arguments.file.read_bytes()
        anchors = anchors_of(arguments.anchor) if arguments.anchor else trusted_anchors()
        verdict = examine(content, anchors)
    except OSError as error:
        print(f"✗ cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except Broken as broken:
        print(f"✗ broken ({broken.part}): {broken}", file=sys.stderr)
        return 1
    trusted = verdict.trusted
    print(f"{'✓ intact and trusted' if trusted else '? intact, but the signer is unknown'}: {verdict.kind}")
    for signer in verdict.signers:
        print(f"  signed by {signer.name}{f' ({signer.code})' if signer.code else ''} at {shown(signer.at)}")
    for label, value in verdict.summary:
        print(f"  {label}: {value}")
    if verdict.check:
        print(f"  whether it still holds, ask {verdict.check}")
    print(f"  root certificate SHA-256: {verdict.fingerprint}")
    if not trusted:
        print("  Compare these digits with what the agency publishes; then pass its certificate with --anchor.")
    return 0 if trusted else UNKNOWN_SIGNER


def audit(arguments: argparse.Namespace) -> int:
    from yiwang.foundation.crypto.queries import anchor, read_anchors

    from .audit import audit as run
    from .verification import anchors_of, trusted_anchors

    try:
        anchors = anchors_of(arguments.anchor) if arguments.anchor else trusted_anchors()
    except (OSError, Broken) as error:
        print(f"✗ cannot use the anchor: {error}", file=sys.stderr)
        return 1
    if not anchors:
        print(
            "! no root in the trust folder: the one in the store is believed; pass --anchor to do better",
            file=sys.stderr,
        )
        anchors = read_anchors(anchor())
    witnesses = []
    for path in arguments.witness:
        try:
            document = json.loads(path.read_bytes())
            head = document.get("head", document)
            witnesses.append({**head, "size": int(head["size"]), "key": int(head["key"]), "root": str(head["root"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"✗ {path} is no receipt or head: {error}", file=sys.stderr)
            return 1
    began = time.perf_counter()
    report = run(anchors, witnesses)
    for finding in report.findings:
        print(f"✗ {finding}")
    if report.unnamed:
        print(f"✗ … and {report.unnamed} more")
    print(
        f"{'✓ the log is sound' if report.sound else '✗ the log was tampered with'}: {report.entries} entries, "
        f"{report.heads} heads, {report.waiting} waiting, {time.perf_counter() - began:.1f} s"
    )
    return 0 if report.sound else 1
