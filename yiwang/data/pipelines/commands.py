"""``yiwang pipelines``: list, run and look at pipelines from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    verb = commands.add_parser("pipelines", help="gather data: list pipelines, run one, hand a file over")
    verbs = verb.add_subparsers(dest="pipelines_verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="pipelines, their last batch and its quality")
    listing.set_defaults(run=show)
    one = verbs.add_parser("run", help="run a pipeline to its end, in this process")
    one.add_argument("code")
    one.add_argument("--file", type=Path, help="a file to hand over as the batch")
    one.add_argument("--since", default="", help="fill in from this moment")
    one.add_argument("--until", default="", help="fill in to this moment, not included")
    one.add_argument("--as-of", default="", metavar="DAY", help="the day for which the data holds (today)")
    one.set_defaults(run=run)
    past = verbs.add_parser("batches", help="the runs of a pipeline, newest first")
    past.add_argument("code")
    past.set_defaults(run=batches)
    schema = verbs.add_parser("schema", help="the JSON Schema of a declaration")
    schema.set_defaults(run=print_schema)


def _line(batch: Any) -> str:
    return (
        f"{batch.pipeline_id} #{batch.number} {batch.state}: {batch.landed:,} landed, {batch.refused:,} unreadable, {batch.held:,} held, "
        f"{batch.new:,} new, {batch.changed:,} changed, {batch.ended:,} ended"
    )


def show(_arguments: argparse.Namespace) -> int:
    from yiwang.foundation.access.queries import system

    from . import queries

    for line in queries.pipelines(system("command")):
        state = f"#{line.last.number} {line.last.state}" if line.last else "never run"
        score = "" if line.score is None else f", quality {line.score:.1f}"
        print(f"{line.pipeline.code:24} {line.pipeline.name}: {state}{score}, {line.orders} open orders")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 when the batch is done, 1 when it failed or is held."""
    from yiwang.foundation.access.queries import system

    from . import actions, running

    actor = system("command")
    if arguments.file:
        with arguments.file.open("rb") as content:
            batch = actions.drop(actor, arguments.code, arguments.file.name, content, as_of=arguments.as_of)
    else:
        batch = actions.start(
            actor, arguments.code, since=arguments.since, until=arguments.until, as_of=arguments.as_of
        )
    done = running.run(str(batch.id))
    print(_line(done))
    if done.reason:
        print(done.reason, file=sys.stderr)
    return 0 if done.state == "done" else 1


def batches(arguments: argparse.Namespace) -> int:
    from yiwang.foundation.access.queries import system

    from . import queries

    for batch in queries.batches(system("command"), arguments.code).items:
        print(_line(batch))
    return 0


def print_schema(_arguments: argparse.Namespace) -> int:
    from . import queries

    print(queries.schema())
    return 0
