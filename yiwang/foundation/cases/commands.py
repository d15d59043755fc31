"""``yiwang cases``: replay a log of past cases."""

from __future__ import annotations

import argparse
import json
import resource
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    verb = commands.add_parser("cases", help="look after cases: replay a log of past ones")
    verbs = verb.add_subparsers(dest="cases_verb", required=True, metavar="VERB")
    one = verbs.add_parser(
        "replay", help="drive past cases through their procedure, each event on its own date",
        description="Perform each event of a log (CSV: case, activity, date, further columns) as the act that it was. May be stopped and run again: "
        "nothing is doubled. Exit code 0 when each event of the file is in the store once: performed, or set down with the reason why not.",
        epilog="The plan says which act an activity is; yiwang/packs/traffic_fines/replay.yaml is an example. Its procedure must be installed.",
    )  # fmt: skip
    one.add_argument("file", type=Path, help="the log; its first line names the columns")
    one.add_argument("--plan", default="", help="a plan that is shipped, or a file (the only one that is shipped)")
    one.add_argument("--limit", type=int, metavar="N", help="only the first N cases of the file")
    one.add_argument(
        "--as", dest="username", default="", metavar="USERNAME", help="act as this official, not as the node"
    )
    one.add_argument("--report", type=Path, help="write the events that are not allowed there (CSV)")
    one.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    one.set_defaults(run=replay)


def replay(arguments: argparse.Namespace) -> int:
    from . import replaying, replaying_report
    from .replaying_plan import read_plan

    plan = read_plan(_plan_file(arguments.plan))
    log = replaying.read_log(arguments.file, plan, arguments.limit)
    live = sys.stderr.isatty()

    def told(done: replaying.Progress) -> None:
        line = (
            f"{done.cases + done.there:,} of {len(log):,} cases, {done.events / max(done.seconds, 0.001):,.0f} events/s"
        )
        if live:
            print(f"\r{line}", end="", file=sys.stderr, flush=True)

    try:
        done = replaying.run(_actor(arguments.username), plan, log, told=told)
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to go on", file=sys.stderr)
        return 130
    if live:
        print(file=sys.stderr)
    summary = replaying_report.summarise(plan, log)
    figures = {**replaying_report.as_dict(summary), "run": _figures(done)}
    _show(summary, figures)
    if arguments.report:
        replaying_report.write_report(arguments.report, summary)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0 if summary.agrees else 1


def _plan_file(name: str) -> Path:
    from yiwang.kernel.refusals import Invalid

    from .slots import replay_plans

    known = dict(replay_plans.items())
    if not name and len(known) == 1:
        return next(iter(known.values()))
    found = known.get(name) or Path(name)
    if not name or not found.is_file():
        raise Invalid(f"there is no plan {name!r}; shipped are: {', '.join(known)}")
    return found


def _actor(username: str) -> Any:
    from yiwang.foundation.access.queries import of_account, system
    from yiwang.foundation.accounts.queries import Account
    from yiwang.kernel.refusals import Missing

    if not username:
        return system("command")
    account = Account.objects.filter(username=username).first()
    if account is None:
        raise Missing(f"there is no account {username!r}")
    return of_account(account, channel="command")


def _figures(done: Any) -> dict[str, Any]:
    seconds = max(done.seconds, 0.001)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
    return {
        "cases": done.cases, "there_before": done.there, "events": done.events, "seconds": round(done.seconds, 1), "cpu_seconds": round(done.cpu_seconds, 1),
        "cases_per_second": round(done.cases / seconds, 1), "events_per_second": round(done.events / seconds, 1),
        "memory_mb": round(memory),
    }  # fmt: skip


def _show(summary: Any, figures: dict[str, Any]) -> None:
    run = figures["run"]
    before = f", {run['there_before']:,} were there before" if run["there_before"] else ""
    print(
        f"{run['cases']:,} cases, {run['events']:,} events in {run['seconds']:.1f} s{before}: {run['cases_per_second']:,.0f} cases/s, "
        f"{run['events_per_second']:,.0f} events/s, {run['cpu_seconds']:.1f} s of this process, {run['memory_mb']} MB"
    )
    width = max((len(activity) for activity in summary.in_file), default=0) + 2
    print(f"\n{'activity':<{width}}{'in the file':>12}{'performed':>12}{'not allowed':>13}")
    for activity, count in summary.in_file.most_common():
        ours, refused = summary.performed[activity], summary.refused[activity]
        mark = "" if ours + refused == count else "  ✗"
        print(f"{activity:<{width}}{count:>12,}{ours:>12,}{refused:>13,}{mark}")
    totals = (summary.in_file.total(), summary.performed.total(), summary.refused.total())
    print(f"{'':<{width}}{totals[0]:>12,}{totals[1]:>12,}{totals[2]:>13,}")
    print(f"{'✓ agrees' if summary.agrees else '✗ does not agree'} with the file\n")
    for name, count in summary.outcomes.most_common():
        print(f"  {count:>8,}  {name or 'open'}")
    print(f"\nclocks, counted to {summary.as_of}:")
    for kind, count in sorted(summary.clocks.items()):
        print(
            f"  {kind}: {count.started:,} started, {count.over:,} ran over ({count.running_over:,} of them still running), "
            f"at most by {count.most_days:,} days"
        )
    print(f"\n{len(summary.not_allowed):,} events that the procedure does not allow:")
    for line in summary.not_allowed[:10]:
        print(f"  {line.case} {line.date} {line.activity}: {line.reason}")
    if len(summary.not_allowed) > 10:
        print(f"  … and {len(summary.not_allowed) - 10:,} more (--report FILE)")
    if summary.unopened:
        print(f"{len(summary.unopened):,} cases do not begin with their opening: {', '.join(summary.unopened[:10])}")
