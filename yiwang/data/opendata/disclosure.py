"""The disclosure check 开放前安全检查: whether what would be released could point to a person. It reads the very rows that would be released.

Four questions, in the order in which they are told:

1. Direct identifiers: a column that is one by its type or level, or whose *values* are identity numbers, mobile numbers, bank cards or e-mail.
2. Quasi-identifiers: rows about people are counted by every combination of what could point to somebody; each must be shared by at least
   ``threshold`` rows (k-anonymity, Sweeney 2002), and a group that shares one sensitive value tells it of all its members (l-diversity).
3. Small cells: a count below the threshold in figures, or one that can be worked out as the only hidden one of its line.
4. Joins: with what is opened already, by the quasi-identifiers that both have, nobody may become single.

What it cannot see: what somebody knows from elsewhere. The bureau's reviewer reads the findings and answers for the release.
Source: 个人信息保护法第七十三条 (匿名化: 无法识别特定自然人且不能复原), GB/T 37964-2019 (去标识化指南).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from yiwang.foundation.orgs.queries import identity_check_digit

from .treatments import COUNT, DROP, HASH, IDENTIFIERS, KEEP, QUASI, SENSITIVE, SUPPRESS, Treated, quoted, text
from .words import NUMBERS

FAIL, WARN, OK = "fail", "warn", "ok"
THRESHOLD = 5  # rows that must share what could point to one person, unless the bureau asks for more
LEAST, MOST = 2, 100
SAMPLE = 20_000  # values of a column that are looked at for hidden identifiers
MOST_QUASI = 12
_PATTERNS = {
    "identity": r"^\d{17}[\dXx]$", "mobile": r"^1[3-9]\d{9}$", "card": r"^\d{16,19}$", "mail": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
}  # fmt: skip
_INSIDE = r"(^|[^0-9])(\d{17}[0-9Xx]|1[3-9]\d{9})([^0-9]|$)"  # in a longer text


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``severity`` fail keeps the preparation from being submitted; warn is for the reviewer to read.

    ``figures`` are plain numbers: never a value of a row.
    """

    code: str
    severity: str
    words: str
    fields: tuple[str, ...] = ()
    figures: dict[str, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "fields": list(self.fields), "figures": self.figures or {}}


@dataclass(frozen=True, slots=True)
class Opened:
    """A dataset that is open already: its rows, and the fields by which it could be joined."""

    code: str
    name: str
    path: Path
    fields: tuple[Treated, ...]


def report(
    connection: duckdb.DuckDBPyConnection, table: str, fields: Sequence[Treated], *, subject: str, threshold: int,
    others: Sequence[Opened] = (),
) -> dict[str, Any]:  # fmt: skip
    """What the check found in ``table``: {"passed", "threshold", "subject", "rows", "k", "findings"}."""
    kept = [each for each in fields if each.kept]
    rows = _one(connection, f"SELECT count(*) FROM {table}")  # noqa: S608  # our own name
    findings = [*_declared(fields, subject), *_values(connection, table, kept)]
    smallest: int | None = None
    if subject in ("person", "organisation"):
        found, smallest = _anonymity(connection, table, kept, threshold, strict=subject == "person")
        findings += [*found, *_joins(connection, table, kept, threshold, others)]
    findings += _small_cells(connection, table, kept, threshold, subject)
    if not rows:
        findings.append(Finding("empty", FAIL, _("没有一行数据，不能开放。")))
    passed = not any(finding.severity == FAIL for finding in findings)
    return {
        "passed": passed, "threshold": threshold, "subject": subject, "rows": rows, "k": smallest,
        "findings": [finding.as_dict() for finding in findings],
    }  # fmt: skip


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0] or 0) if row else 0


def _labels(fields: Sequence[Treated]) -> str:
    return "、".join(each.label for each in fields)


def _declared(fields: Sequence[Treated], subject: str) -> list[Finding]:
    found = []
    for each in fields:
        plain = each.treatment == KEEP
        if plain and (each.type in IDENTIFIERS or (subject == "person" and each.type == "uscc")):
            words = _("“%(label)s”是直接标识，原样开放就能认出人，请选“不开放”或换成代号。") % {"label": each.label}
            found.append(Finding("identifier", FAIL, words, (each.name,)))
        elif each.kept and each.level >= 4:
            words = _("“%(label)s”是第 %(level)d 级数据，不能开放。") % {"label": each.label, "level": each.level}
            found.append(Finding("level", FAIL, words, (each.name,)))
        elif plain and each.level == 3:
            words = _("“%(label)s”是第 3 级数据，不能原样开放，请处理后再开放。") % {"label": each.label}
            found.append(Finding("level", FAIL, words, (each.name,)))
    if not found:
        dropped = [each for each in fields if each.treatment == DROP]
        words = _("没有直接标识。不开放的有 %(n)d 项。") % {"n": len(dropped)}
        found.append(Finding("identifier", OK, words, figures={"dropped": len(dropped)}))
    return found


def _values(connection: duckdb.DuckDBPyConnection, table: str, kept: Sequence[Treated]) -> list[Finding]:
    """Identifiers where nobody declared them: in the values of text columns."""
    found = []
    for each in kept:
        if (
            each.opened_type in NUMBERS
            or each.opened_type in ("date", "time", "boolean", "geometry", "uscc")
            or each.treatment == HASH
        ):
            continue
        column = quoted(each.name)
        values = [
            row[0]
            for row in connection.execute(
                f"SELECT DISTINCT v FROM (SELECT CAST({column} AS VARCHAR) AS v FROM {table} WHERE {column} IS NOT NULL LIMIT {SAMPLE * 5}) "  # noqa: S608
                f"WHERE length(v) >= 6 LIMIT {SAMPLE}"
            ).fetchall()
        ]
        hits = {name: sum(1 for value in values if _is(name, value)) for name in _PATTERNS}
        names = {"identity": _("身份证号"), "mobile": _("手机号"), "card": _("银行卡号"), "mail": _("电子邮箱")}
        for name, count in hits.items():
            if count:
                words = _("“%(label)s”里有 %(n)d 个值像%(what)s。") % {
                    "label": each.label,
                    "n": count,
                    "what": names[name],
                }
                public = name in ("mail",) and each.level <= 1
                found.append(Finding(f"value-{name}", WARN if public else FAIL, words, (each.name,), {"values": count}))
        inside = sum(1 for value in values if len(value) > 18 and re.search(_INSIDE, value))
        if inside:
            words = _("“%(label)s”的文字里有 %(n)d 处像身份证号或手机号。") % {"label": each.label, "n": inside}
            found.append(Finding("value-inside", FAIL, words, (each.name,), {"values": inside}))
        elif values and each.opened_type == "text" and sum(map(len, values)) / len(values) > 40:
            words = _("“%(label)s”是较长的文字，机器不能保证里面没有个人信息，请抽看几行。") % {"label": each.label}
            found.append(Finding("free-text", WARN, words, (each.name,)))
    return found


def _is(name: str, value: str) -> bool:
    if not re.match(_PATTERNS[name], value):
        return False
    if name == "identity":
        return identity_check_digit(value[:17]) == value[17].upper()
    if name == "card":
        digits = [int(digit) for digit in reversed(value)]
        doubled = sum(sum(divmod(digit * 2, 10)) for digit in digits[1::2])
        return value[0] in "3456" and not value.startswith("9") and (sum(digits[::2]) + doubled) % 10 == 0
    return True


def _anonymity(
    connection: duckdb.DuckDBPyConnection, table: str, kept: Sequence[Treated], threshold: int, *, strict: bool
) -> tuple[list[Finding], int | None]:
    quasi = [each for each in kept if each.role == QUASI][:MOST_QUASI]
    undeclared = [
        each for each in kept if not each.role and each.opened_type in ("date", "region", "code", "boolean") and strict
    ]
    found = []
    if undeclared:
        words = _("%(labels)s没有标成“可能间接认出人”，请审核人员核实。") % {"labels": _labels(undeclared)}
        found.append(Finding("undeclared", WARN, words, tuple(each.name for each in undeclared)))
    if not quasi:
        found.append(Finding("k-anonymity", OK, _("没有能间接认出人的数据项。")))
        return found, None
    columns = ", ".join(quoted(each.name) for each in quasi)
    groups = f"SELECT count(*) AS n FROM {table} GROUP BY {columns}"  # noqa: S608
    row = connection.execute(
        f"SELECT min(n), count(*) FILTER (n < {threshold}), coalesce(sum(n) FILTER (n < {threshold}), 0) FROM ({groups})"  # noqa: S608
    ).fetchone()
    smallest, small, rows = (int(value or 0) for value in row or (0, 0, 0))
    names = tuple(each.name for each in quasi)
    if small:
        guilty = _smallest_combination(connection, table, quasi, threshold)
        words = _("%(labels)s合在一起，有 %(rows)d 行不到 %(k)d 行相同，可能认出人。请放宽其中一项，或不开放。") % {
            "labels": _labels(guilty), "rows": rows, "k": threshold,
        }  # fmt: skip
        severity = FAIL if strict else WARN
        found.append(
            Finding(
                "k-anonymity",
                severity,
                words,
                tuple(e.name for e in guilty),
                {"k": smallest, "rows": rows, "groups": small},
            )
        )
    else:
        words = _("%(labels)s合在一起，每一组至少有 %(k)d 行相同。") % {"labels": _labels(quasi), "k": smallest}
        found.append(Finding("k-anonymity", OK, words, names, {"k": smallest}))
    for each in (each for each in kept if each.role == SENSITIVE):
        same = _one(
            connection,
            f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {columns} "  # noqa: S608
            f"HAVING count(*) >= {threshold} AND count(DISTINCT {quoted(each.name)}) = 1 AND count({quoted(each.name)}) = count(*))",
        )
        if same:
            words = _("有 %(n)d 组人的“%(label)s”完全相同：知道某人在组里，就知道了他的这一项。") % {
                "n": same,
                "label": each.label,
            }
            found.append(Finding("l-diversity", FAIL if strict else WARN, words, (each.name,), {"groups": same}))
    return found, smallest


def _smallest_combination(
    connection: duckdb.DuckDBPyConnection, table: str, quasi: Sequence[Treated], threshold: int
) -> Sequence[Treated]:
    """The fewest fields that already give groups that are too small: what the provider has to look at first."""
    for size in (1, 2, 3):
        for some in combinations(quasi, size):
            columns = ", ".join(quoted(each.name) for each in some)
            sql = f"SELECT min(n) FROM (SELECT count(*) AS n FROM {table} GROUP BY {columns})"  # noqa: S608
            if _one(connection, sql) < threshold:
                return some
    return quasi


def _joins(
    connection: duckdb.DuckDBPyConnection, table: str, kept: Sequence[Treated], threshold: int, others: Sequence[Opened]
) -> list[Finding]:
    found = []
    quasi = {each.name: each for each in kept if each.role == QUASI}
    for other in others:
        shared = [
            each for each in other.fields
            if each.kept and each.name in quasi and (each.opened_type, each.treatment, each.option)
            == (quasi[each.name].opened_type, quasi[each.name].treatment, quasi[each.name].option)
        ]  # fmt: skip
        if not shared:
            continue
        columns = ", ".join(quoted(each.name) for each in shared)
        theirs = f"read_parquet({text(str(other.path))})"
        single = _one(
            connection,
            f"SELECT count(*) FROM (SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) < {threshold}) AS ours "  # noqa: S608
            f"JOIN (SELECT {columns} FROM {theirs} GROUP BY {columns} HAVING count(*) < {threshold}) AS theirs USING ({columns})",
        )
        names = tuple(each.name for each in shared)
        if single:
            words = _("和已开放的“%(name)s”按%(labels)s对上，有 %(n)d 组少到能认出人。") % {
                "name": other.name, "labels": _labels(shared), "n": single,
            }  # fmt: skip
            found.append(Finding("join", FAIL, words, names, {"groups": single}))
        else:
            words = _("和已开放的“%(name)s”按%(labels)s对上，没有少到能认出人的组。") % {
                "name": other.name,
                "labels": _labels(shared),
            }
            found.append(Finding("join", OK, words, names))
    return found


def _small_cells(
    connection: duckdb.DuckDBPyConnection, table: str, kept: Sequence[Treated], threshold: int, subject: str
) -> list[Finding]:
    counts = [each for each in kept if each.role == COUNT and each.opened_type in NUMBERS]
    if not counts:
        if subject == "figures":
            return [Finding("small-cells", WARN, _("汇总统计里没有标出人数、件数的数据项，请审核人员核实。"))]
        return []
    found = []
    for each in counts:
        column = quoted(each.name)
        small = _one(connection, f"SELECT count(*) FROM {table} WHERE {column} > 0 AND {column} < {threshold}")  # noqa: S608
        hidden = _one(connection, f"SELECT count(*) FROM {table} WHERE {column} IS NULL")  # noqa: S608
        if small:
            words = _("“%(label)s”有 %(n)d 格小于 %(k)d，可能认出人，请选“小数目不显示”。") % {
                "label": each.label, "n": small, "k": threshold,
            }  # fmt: skip
            found.append(Finding("small-cells", FAIL, words, (each.name,), {"cells": small}))
        elif each.treatment == SUPPRESS and hidden == 1:
            words = _("“%(label)s”只有一格没有显示，用合计减一减就能算出来。请提高阈值，或取整。") % {
                "label": each.label
            }
            found.append(Finding("small-cells", FAIL, words, (each.name,), {"hidden": hidden}))
        else:
            words = _("“%(label)s”没有小于 %(k)d 的格，没有显示的有 %(n)d 格。") % {
                "label": each.label,
                "k": threshold,
                "n": hidden,
            }
            found.append(Finding("small-cells", OK, words, (each.name,), {"hidden": hidden}))
    return found
