"""The ``yiwang`` command. Each room may add its own verbs in ``commands.py``.

A room's ``commands.py`` has one function ``add(commands)`` that receives argparse sub-parsers. A verb sets ``run`` to a
function that takes the parsed arguments and returns an exit code. Messages are for operators and stay in English.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from importlib.util import find_spec


def parser() -> argparse.ArgumentParser:
    """The command line of this node, with the verbs of every installed room."""
    from django.conf import settings

    top = argparse.ArgumentParser(prog="yiwang", description="Yiwang 一网: run and look after a node.")
    commands = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for package in ["yiwang.config.operator", *settings.ROOMS]:
        name = package if package.endswith(".operator") else f"{package}.commands"
        if find_spec(name):
            importlib.import_module(name).add(commands)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; the exit code is 0 when it did what was asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.config.settings")
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["django"]:  # Django's own verbs, for developers
        from django.core.management import execute_from_command_line

        execute_from_command_line(["yiwang django", *arguments[1:]])
        return 0
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        print(f"yiwang: {error}", file=sys.stderr)
        return 1
    from yiwang.kernel.refusals import Refusal

    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed) or 0)
    except Refusal as refusal:
        print(f"yiwang: {refusal}", file=sys.stderr)
        for problem in refusal.problems:
            print(f"  {problem.field}: {problem.message}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
