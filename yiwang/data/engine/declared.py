"""Declared SQL: one SELECT that reads the tables it was given and nothing else. It is parsed, checked, and written anew before it runs.

What runs is the text that the parser writes from what it understood, never the text that was declared: so nothing runs that was not checked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlglot
from django.utils.translation import gettext as _
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from yiwang.kernel.refusals import Invalid, Problem

LONGEST = 20_000
DEEPEST = 200

# Functions of a row or a group. Left out on purpose: what reads files, settings, variables or the catalogue, what repeats without end
# (range, repeat of a text) and what differs at each run (random, uuid, now).
FUNCTIONS = frozenset({
    "abs", "any_value", "approx_distinct", "approx_count_distinct", "arg_max", "arg_min", "max_by", "min_by", "array_agg", "list", "string_agg",
    "group_concat", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "logical_and", "logical_or", "ceil", "ceiling", "coalesce", "concat",
    "concat_ws", "contains", "starts_with", "ends_with", "corr", "count", "countif", "count_if", "cume_dist", "date_add", "date_sub", "date_diff",
    "datediff", "date_part", "date_trunc", "timestamp_trunc", "day", "day_of_month", "day_of_week", "day_of_year", "dayofweek", "extract", "month",
    "quarter", "week", "year", "hour", "minute", "second", "dense_rank", "exp", "first", "first_value", "floor", "greatest", "hash", "if", "ifnull",
    "is_nan", "isnan", "lag", "last", "last_day", "last_value", "lead", "least", "left", "len", "length", "ln", "log", "log10", "log2", "lower", "lpad",
    "ltrim", "make_date", "date_from_parts", "max", "md5", "median", "min", "mod", "mode", "nth_value", "ntile", "nullif", "percent_rank",
    "percentile_cont", "percentile_disc", "pow", "power", "quantile_cont", "quantile_disc", "quantile", "rank", "regexp_extract", "regexp_like",
    "regexp_matches", "regexp_full_match", "regexp_replace", "replace", "reverse", "right", "round", "row_number", "rpad", "rtrim", "sha2", "sha256",
    "sign", "split_part", "sqrt", "stddev", "stddev_pop", "stddev_samp", "str_position", "strpos", "instr", "strftime", "time_to_str", "strptime",
    "str_to_time", "str_to_date", "strlen", "byte_length", "substr", "substring", "sum", "translate", "trim", "trunc", "try_cast", "cast", "case", "and",
    "or", "xor", "not", "between", "unicode", "upper", "var_pop", "var_samp", "variance", "variance_pop", "epoch", "to_days", "ts_or_ds_to_date",
    "ts_or_ds_add", "date", "timestamp", "current_date", "chr", "interval", "exists", "datetime_diff", "timestamp_diff", "ts_or_ds_diff",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """SQL that may run. ``tables`` are those it reads, ``columns`` the names of what it gives ("*" where it gives all)."""

    tree: exp.Query
    tables: frozenset[str]
    columns: tuple[str, ...]

    def to(self, dialect: str = "duckdb") -> str:
        """The SQL in the words of ``dialect`` ("duckdb", "spark")."""
        return self.tree.sql(dialect=dialect)


def _wrong(rule: str, message: str) -> Invalid:
    return Invalid(message, problems=[Problem("sql", rule, message)])


def _one(text: str) -> Any:
    if not text.strip():
        raise _wrong("required", _("请写一条 SELECT 语句。"))
    if len(text) > LONGEST:
        raise _wrong("max-length", _("SQL 太长了，最多 %(n)s 个字符。") % {"n": LONGEST})
    try:
        found = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except (SqlglotError, RecursionError) as error:
        where = getattr(error, "errors", None) or [{}]
        line = where[0].get("line")
        message = (
            _("第 %(line)s 行附近看不懂，请检查这条 SQL。") % {"line": line} if line else _("这条 SQL 看不懂，请检查。")
        )
        raise _wrong("syntax", message) from None
    if len(found) != 1:
        raise _wrong("single", _("一次只能写一条 SELECT 语句。"))
    return found[0]


def _checked_functions(tree: Any, also: Collection[str]) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
            name = node.name.lower()
        elif isinstance(node, exp.Func):
            names = {name.lower() for name in node.sql_names()}
            if names & FUNCTIONS:
                continue
            name = node.sql_name().lower()
        elif isinstance(node, exp.Parameter | exp.Placeholder | exp.SessionParameter | exp.Into | exp.Command):
            raise _wrong("forbidden", _("SQL 里不能使用参数、变量和命令。"))
        else:
            continue
        if name not in FUNCTIONS and name not in also:
            raise _wrong("function", _("SQL 里不能使用函数 %(name)s。") % {"name": name[:60]})


def declared(text: str, tables: Collection[str], *, functions: Collection[str] = ()) -> Declared:
    """Read one SELECT over ``tables``. ``functions`` are allowed besides :data:`FUNCTIONS`.

    Raises :class:`Invalid` (rules: required, max-length, syntax, single, select, table, function, forbidden).
    """
    tree = _one(text)
    if not isinstance(tree, exp.Query):
        raise _wrong("select", _("只能写 SELECT 语句。"))
    _checked_functions(tree, functions)
    allowed = {name.lower() for name in tables}
    try:
        scopes = traverse_scope(tree)
    except (SqlglotError, RecursionError):
        raise _wrong("syntax", _("这条 SQL 看不懂，请检查。")) from None
    # A name may be a table in one place and the name of a subquery in another; only the scope knows which is meant.
    local = {id(table) for scope in scopes for table, source in scope.references if not isinstance(source, exp.Table)}
    own = {
        id(table)
        for scope in scopes
        for name, (table, source) in scope.selected_sources.items()
        if not isinstance(source, exp.Table)
    }
    read = set()
    for table in tree.find_all(exp.Table):
        if id(table) in own or id(table) in local:
            continue
        if table.db or table.catalog or not isinstance(table.this, exp.Identifier) or table.name.lower() not in allowed:
            known = "、".join(sorted(tables)) or _("（没有）")
            raise _wrong(
                "table",
                _("SQL 里不能读取 %(name)s，可以读取的表：%(known)s。")
                % {"name": (table.sql() or "?")[:60], "known": known},
            )
        read.add(table.name.lower())
    return Declared(tree, frozenset(read), tuple(tree.named_selects))


def expression(text: str, columns: Collection[str], *, functions: Collection[str] = ()) -> Any:
    """Read an expression over ``columns`` of one row, as a rule or a field declares it: no subquery, no aggregate, no window.

    Raises :class:`Invalid` as :func:`declared` does, and with the rule "column" for a column that there is not.
    """
    tree = _one(f"SELECT {text}")
    picked = tree.expressions if isinstance(tree, exp.Select) else []
    rest = [name for name, value in tree.args.items() if value and name not in ("expressions", "kind")]
    if len(picked) != 1 or rest or isinstance(picked[0], exp.Alias | exp.Star):
        raise _wrong("expression", _("请写一个表达式，例如 amount > 0。"))
    node = picked[0]
    _checked_functions(node, functions)
    if node.find(exp.Query, exp.AggFunc, exp.Window, exp.Star):
        raise _wrong("expression", _("表达式里不能有子查询、汇总和窗口函数。"))
    known = {name.lower() for name in columns}
    for column in node.find_all(exp.Column):
        if column.table or column.name.lower() not in known:
            raise _wrong("column", _("没有名为 %(name)s 的字段。") % {"name": column.sql()[:60]})
    return node
