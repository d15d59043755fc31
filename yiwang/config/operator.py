"""The operator's verbs: settings, check, migrate, serve, worker."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Literal, get_args, get_origin

from .environment import Environment, environment, variable

SECRET = {"secret_key", "master_key", "database_url", "metrics_token"}


def add(commands: Any) -> None:
    verb = commands.add_parser("settings", help="print every setting with its type, default, value and meaning")
    verb.add_argument("--markdown", action="store_true", help="as a table for docs/settings.md, without the values")
    verb.set_defaults(run=show_settings)
    verb = commands.add_parser("check", help="say what is misconfigured on this node")
    verb.set_defaults(run=check)
    verb = commands.add_parser(
        "migrate", help="bring the store, the static files and the catalogues up to this version"
    )
    verb.set_defaults(run=migrate)
    verb = commands.add_parser("serve", help="serve pages and the API, and run the jobs, until stopped")
    verb.add_argument("--bind", default=environment.bind, help="address:port to listen on")
    verb.set_defaults(run=serve)
    verb = commands.add_parser("worker", help="run background jobs until stopped")
    verb.add_argument("--once", action="store_true", help="stop when nothing is left to do")
    verb.set_defaults(run=worker)


def _kind(name: str) -> str:
    annotation = Environment.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        return " or ".join(map(str, get_args(annotation)))
    return {"bool": "0 or 1", "int": "number", "str": "text", "Path": "path"}[getattr(annotation, "__name__", "str")]


def _default(name: str) -> str:
    default = Environment.model_fields[name].default
    if name == "assets_dir":
        return "node_modules beside the code"
    return str(int(default)) if isinstance(default, bool) else str(default)


def settings_page() -> str:
    """docs/settings.md: the table of all settings."""
    lines = [
        "# Settings", "",
        "Every setting of a node is an environment variable. This table is made by `yiwang settings --markdown`; `make check` compares it.", "",
        "| variable | kind | default | meaning |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, field in Environment.model_fields.items():
        default = _default(name)
        lines.append(
            f"| `{variable(name)}` | {_kind(name)} | {f'`{default}`' if default else '—'} | {field.description} |"
        )
    return "\n".join([*lines, ""])


def show_settings(arguments: argparse.Namespace) -> int:
    if arguments.markdown:
        print(settings_page(), end="")
        return 0
    for name, field in Environment.model_fields.items():
        value = getattr(environment, name)
        if name in SECRET:
            shown = "(set)" if value else "(not set)"
        else:
            shown = str(int(value)) if isinstance(value, bool) else str(value)
        given = "" if name not in environment.model_fields_set else "   ← from the environment"
        print(
            f"{variable(name)} = {shown}{given}\n    {field.description} {_kind(name)}; default: {_default(name) or 'empty'}"
        )
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Print what is wrong, one finding a line; exit code 1 if anything is."""
    from .soundness import findings

    wrong = findings()
    for line in wrong:
        print(f"✗ {line}")
    if not wrong:
        print("✓ nothing is misconfigured")
    return 1 if wrong else 0


def migrate(arguments: argparse.Namespace | None = None) -> int:
    from django.core.management import call_command

    from .catalogues import compile_catalogues

    environment.data_dir.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["*.map"])
    compile_catalogues(environment.data_dir / "locale")
    return 0


def worker(arguments: argparse.Namespace) -> int:
    from yiwang.foundation.events.worker import Worker

    from .processes import end_with_parent

    end_with_parent()
    return Worker().run(once=arguments.once)


def serve(arguments: argparse.Namespace) -> int:
    from .processes import PortTaken, Supervisor

    try:
        return Supervisor(arguments.bind).run()
    except (PortTaken, ValueError) as error:
        print(
            f"yiwang: {error}. Stop what listens there, or choose another with --bind or YIWANG_BIND.", file=sys.stderr
        )
        return 1
