"""What may stand in a cell or an expression of a table: names that exist, functions that always give the same answer, bounded work.

The engine itself is silent about most mistakes (a misspelt name is null, a broken cell never matches), so every mistake is
looked for here, before a table is published.
"""

from __future__ import annotations

import json
import re

import zen
from django.utils.translation import gettext as _

LONGEST = 2_000  # characters of one expression
MOST_LOOPS = 2  # functions that go through a list, in one expression

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME = re.compile(r"(?<![\w.$])([A-Za-z_]\w*)\s*(\()?")
_NOW = re.compile(r"\bdate\(\s*['\"]now['\"]|\bd\(\s*\)|\btime\(\s*['\"]now['\"]")
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})
_LOOPS = frozenset({"all", "some", "none", "one", "filter", "map", "flatMap", "count"})
_FUNCTIONS = _LOOPS | {
    "abs", "avg", "bool", "ceil", "contains", "d", "date", "dayOfMonth", "dayOfWeek", "dayOfYear", "duration", "endOf", "endsWith",
    "extract", "flatten", "floor", "isNumeric", "keys", "len", "lower", "matches", "max", "median", "merge", "min", "mode",
    "month", "monthString", "number", "round", "split", "startOf", "startsWith", "string", "sum", "time", "trim", "trunc", "type",
    "upper", "values", "weekOfYear", "weekdayString", "year",
}  # fmt: skip


def mistake(text: str, names: frozenset[str], *, unary: bool = False) -> str:
    """What is wrong with an expression, as a sentence; "" when nothing is.

    ``names`` are the roots that exist (facts, and what earlier nodes put out). ``unary`` is the short form of a condition
    cell, ">= 16", where an empty text means "any".
    """
    if len(text) > LONGEST:
        return _("表达式太长，最多 %(n)d 个字符") % {"n": LONGEST}
    bare = _STRING.sub("''", text)
    if not bare.isascii():
        return _("引号外面只能用英文名字和符号，“%(found)s”不行") % {
            "found": "".join(letter for letter in bare if not letter.isascii())[:20]
        }
    if "`" in bare:
        return _("不支持反引号模板")
    if _NOW.search(text):
        return _("不能取当前时间，否则同样的情况会得出不同的结论；请把日期作为一项事实传入")
    loops = 0
    for name, call in _NAME.findall(bare):
        if call:
            if name not in _FUNCTIONS:
                return _("没有“%(name)s”这个函数，或者它不能用在规则里") % {"name": name}
            loops += name in _LOOPS
        elif name not in _WORDS and name not in names:
            return _("没有“%(name)s”这个名字；可用的有：%(names)s") % {"name": name, "names": "、".join(sorted(names))}
    if loops > MOST_LOOPS or (loops and ".." in bare):
        return _("一个表达式里最多遍历 %(n)d 次列表，也不能遍历区间") % {"n": MOST_LOOPS}
    if unary and not text.strip():
        return ""
    try:
        zen.compile_unary_expression(text) if unary else zen.compile_expression(text)
    except RuntimeError as error:
        return _("写法不对：%(why)s") % {"why": _source(str(error))}
    return ""


def _source(report: str) -> str:
    """What the engine's parser says, out of its JSON and stack trace."""
    line = report.split("\n", 1)[0]
    try:
        return str(json.loads(line)["source"])[:200]
    except (ValueError, KeyError, TypeError):
        return line[:200]
