"""Watches a whole run: each act must have been refused to somebody and recorded for somebody, in some test.

Nobody has to declare anything. At the end of each test the watch looks into the test's own store: a denial counts for the act that
asked, a ledger entry for its act. A full run (no paths, no ``-k``) fails at its end when an act is missing. A test fails that
leaves a ledger entry with an identity number, a phone number or the name of a person: the log is kept for ever.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

# Acts that need no refusal, or are performed outside of the reach of this watch, with the reason.
NEVER_REFUSED: dict[str, str] = {}
NEVER_RECORDED: dict[str, str] = {}

refused: set[str] = set()
recorded: set[str] = set()
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(\d{17}[\dXx])(?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9A-Za-z-])1[3-9]\d{9}(?![0-9A-Za-z-])")


def action_modules() -> Iterator[Any]:
    """Every ``actions`` module of every room."""
    from django.conf import settings

    for room in settings.ROOMS:
        try:
            module = importlib.import_module(f"{room}.actions")
        except ModuleNotFoundError as error:
            if error.name != f"{room}.actions":
                raise
            continue
        yield module
        for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield importlib.import_module(f"{module.__name__}.{part.name}")


def all_acts() -> dict[str, Callable[..., Any]]:
    """Every act of the house by its code, wherever its module lies."""
    list(action_modules())
    return {
        value.act_code: value
        for name, module in list(sys.modules.items())
        if name.startswith("yiwang.")
        for value in list(vars(module).values())
        if inspect.isfunction(value) and hasattr(value, "act_code")
    }


def personal_data_in(content: str, names: Iterable[str] = ()) -> str:
    """What in a ledger entry names a person, or nothing."""
    from yiwang.foundation.orgs.queries import identity_check_digit

    for number in _NUMBER.findall(content):
        if "1900" <= number[6:10] < "2020" and identity_check_digit(number[:17]) == number[17].upper():
            return "an identity number"
    if _PHONE.search(content):
        return "a phone number"
    if any(name in content for name in names):
        return "the name of a person"
    return ""


def look() -> None:
    """Look into the store of the test under way. Two queries, three where somebody did something."""
    from yiwang.foundation.access.models import Denial
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.ledger.models import Entry

    refused.update(Denial.objects.values_list("permission", flat=True).distinct())
    entries = list(Entry.objects.values_list("act", "content"))
    if not entries:
        return
    names = [name for name in Party.objects.filter(kind="person").values_list("name", flat=True) if len(name) > 1]
    for act, content in entries:
        recorded.add(act)
        found = personal_data_in(content, names)
        assert not found, f"the ledger entry of {act} holds {found}: {content}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    from django.db import DatabaseError
    from django.db.transaction import TransactionManagementError

    yield
    if item.get_closest_marker("browser"):
        return  # what happened is in the store of another node; and Playwright's loop forbids queries here
    try:
        look()
    except (RuntimeError, DatabaseError, TransactionManagementError):
        pass  # the test has no store, or left it broken on purpose


def pytest_testnodedown(node: Any, error: object) -> None:
    output = getattr(node, "workeroutput", {})
    refused.update(output.get("refused", ()))
    recorded.update(output.get("recorded", ()))


def _whole(config: pytest.Config) -> bool:
    chosen = config.option
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not chosen.keyword
        and chosen.markexpr in {"", "not browser"}
        and not chosen.collectonly
        and not getattr(chosen, "deselect", None)
    )


def _gaps() -> list[str]:
    acts = set(all_acts())
    lines = [f"{code} is performed in no test" for code in sorted(acts - recorded - set(NEVER_RECORDED))]
    return lines + [f"{code} is refused in no test" for code in sorted(acts - refused - set(NEVER_REFUSED))]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput.update(refused=sorted(refused), recorded=sorted(recorded))
    elif _whole(config) and exitstatus == pytest.ExitCode.OK and _gaps():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    if not _whole(config) or terminalreporter.stats.get("error"):
        return
    gaps = _gaps()
    if gaps:
        terminalreporter.section("acts without a test (see tests/helpers.py)")
        for line in gaps:
            terminalreporter.line(line)
