"""What is done to a field before it is opened, as one SQL expression for each field: the engine treats whole columns.

The words are those of the masks of ``protection``; a mask hides a value from one reader, a treatment is public for good, so it has parameters
that the provider chooses, and its noise and its codes follow from a secret of the dataset: asking again, or the next edition, adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue.resources import Field, Resource
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.refusals import Invalid, Problem

from .words import NUMBERS

KEEP, DROP, CUT, GENERALISE, HASH, ROUND, NOISE, SUPPRESS = (
    "keep", "drop", "cut", "generalise", "hash", "round", "noise", "suppress",
)  # fmt: skip
NAMES: dict[str, Any] = {
    KEEP: gettext_lazy("原样开放"), DROP: gettext_lazy("不开放"), CUT: gettext_lazy("只留前几位"), GENERALISE: gettext_lazy("放宽到范围"),
    HASH: gettext_lazy("换成加密代号"), ROUND: gettext_lazy("取整"), NOISE: gettext_lazy("加小误差"), SUPPRESS: gettext_lazy("小数目不显示"),
}  # fmt: skip
# What a field says about the subject of a row.
QUASI, SENSITIVE, COUNT = "quasi", "sensitive", "count"
ROLES: dict[str, Any] = {
    "": gettext_lazy("一般"), QUASI: gettext_lazy("可能间接认出人"), SENSITIVE: gettext_lazy("敏感内容"), COUNT: gettext_lazy("人数、件数"),
}  # fmt: skip
DEFAULTS: dict[str, str] = {CUT: "6", ROUND: "10", NOISE: "5", SUPPRESS: "5"}
SQL_TYPES = {
    "integer": "BIGINT", "money": "BIGINT", "decimal": "DOUBLE", "date": "DATE", "time": "TIMESTAMP", "boolean": "BOOLEAN",
}  # fmt: skip
_DATE_STEPS = {"month": "%Y-%m", "quarter": "", "year": "%Y"}
_REGION_STEPS = {"county": 6, "city": 4, "province": 2}
IDENTIFIERS = frozenset({"identity_number", "phone"})


@dataclass(frozen=True, slots=True)
class Treated:
    """One field on its way to the public. ``option`` is the parameter of the treatment, as text; ``meaning`` explains the field to the public."""

    name: str
    label: str
    type: str
    treatment: str = KEEP
    option: str = ""
    role: str = ""
    meaning: str = ""
    level: int = 1
    element: str = ""
    codes: str = ""
    open: str = "unconditional"
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def kept(self) -> bool:
        """Whether the public gets a column of it."""
        return self.treatment != DROP

    @property
    def opened_type(self) -> str:
        """The type of the opened column: ranges and codes are text."""
        if self.treatment in (CUT, HASH) or (
            self.treatment == GENERALISE and self.type not in ("text", "region", "code")
        ):
            return "text"
        return self.type

    def as_dict(self) -> dict[str, Any]:
        found = asdict(self)
        del found["problems"]
        return found

    def opened(self) -> dict[str, str]:
        """The field as an edition describes it to the public."""
        return {
            "name": self.name, "label": self.label, "type": self.opened_type, "meaning": self.meaning, "codes": self.codes,
            "treatment": self.treatment, "element": self.element,
        }  # fmt: skip


def read(rows: Iterable[Mapping[str, Any]]) -> list[Treated]:
    """The fields of a preparation."""
    return [Treated(**row) for row in rows]


def possible(each: Field | Treated) -> list[str]:
    """The treatments that make sense for a field."""
    if each.type in NUMBERS:
        return [KEEP, ROUND, NOISE, GENERALISE, SUPPRESS, DROP]
    if each.type in ("date", "time", "region"):
        return [KEEP, GENERALISE, DROP]
    if each.type in ("boolean", "geometry"):
        return [KEEP, DROP]
    return [KEEP, CUT, HASH, DROP]


def suggested(each: Field, subject: str) -> Treated:
    """How a field would be opened when nobody chose otherwise: what may not be opened or points to somebody is left out."""
    about_people = subject in ("person", "organisation")
    role = QUASI if about_people and each.type in ("date", "region", "code", "boolean") else ""
    treatment, option = KEEP, ""
    if (
        each.open == "refused"
        or each.level >= 3
        or each.type in IDENTIFIERS
        or (subject == "person" and each.type == "uscc")
    ):
        treatment = DROP
    elif subject == "person" and each.type == "date":
        treatment, option = GENERALISE, "year"
    elif (
        subject == "figures" and each.type == "integer" and each.name.endswith(("count", "people", "persons", "cases"))
    ):
        treatment, option, role = SUPPRESS, DEFAULTS[SUPPRESS], COUNT
    return Treated(
        each.name, each.label, each.type, treatment, option, role, "", each.level, each.element, each.codes, each.open
    )


def chosen(resource: Resource, subject: str, choices: Mapping[str, Mapping[str, str]]) -> list[Treated]:
    """The fields of ``resource`` with what was chosen for each ({"treatment", "option", "role", "meaning"}); the rest as suggested.

    Raises :class:`Invalid` with a problem for each choice that cannot be, at the field "<name>.treatment" or "<name>.option".
    """
    found, problems = [], []
    for each in resource.fields:
        plan = suggested(each, subject)
        picked = choices.get(each.name, {})
        values = {**plan.as_dict(), **{key: str(value).strip() for key, value in picked.items() if key in _CHOSEN}}
        if "treatment" in picked and "option" not in picked:
            values["option"] = _default_option(each, values["treatment"])
        treated = Treated(**values)
        problems += [Problem(f"{each.name}.{part}", rule, words) for part, rule, words in _wrong(each, treated)]
        found.append(treated)
    unknown = set(choices) - {each.name for each in resource.fields}
    problems += [
        Problem(name, "unknown", _("资源里没有数据项“%(name)s”") % {"name": name[:40]}) for name in sorted(unknown)
    ]
    if not problems and not any(each.kept for each in found):
        problems.append(Problem("fields", "required", _("请至少开放一项")))
    if problems:
        raise Invalid(_("有的数据项还没有选好，请改好标出的地方。"), problems=problems)
    return found


_CHOSEN = ("treatment", "option", "role", "meaning")


def _default_option(each: Field, treatment: str) -> str:
    if treatment == GENERALISE:
        return {"date": "month", "time": "month", "region": "county"}.get(each.type, "10")
    return DEFAULTS.get(treatment, "")


def _wrong(each: Field, treated: Treated) -> Iterable[tuple[str, str, str]]:
    where = {"label": each.label}
    if treated.treatment not in possible(each):
        yield "treatment", "choice", _("“%(label)s”不能这样处理，请换一种") % where
        return
    if treated.role not in ROLES or (treated.role == COUNT and each.type not in NUMBERS):
        yield "role", "choice", _("“%(label)s”的性质请重新选择") % where
    if len(treated.meaning) > 200:
        yield "meaning", "max-length", _("“%(label)s”的说明最多 200 个字") % where
    if treated.kept and each.open == "refused":
        yield "treatment", "refused", _("“%(label)s”在目录里是不予开放的，只能选“不开放”") % where
    if treated.treatment == GENERALISE and each.type in ("date", "time"):
        if treated.option not in _DATE_STEPS:
            yield "option", "choice", _("“%(label)s”请选放宽到月、季度或年") % where
    elif treated.treatment == GENERALISE and each.type == "region":
        if treated.option not in _REGION_STEPS:
            yield "option", "choice", _("“%(label)s”请选放宽到县、市或省") % where
    elif treated.treatment in (CUT, ROUND, NOISE, SUPPRESS, GENERALISE):
        most = 50 if treated.treatment == NOISE else 1_000_000
        if not treated.option.isdigit() or not 1 <= int(treated.option[:8]) <= most:
            yield "option", "range", _("“%(label)s”的参数请填 1 至 %(most)s 的整数") % {**where, "most": most}


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A value as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def secret_of(dataset_code: str) -> str:
    """What codes, noise and the order of rows of a dataset follow from. Never leaves the node."""
    return keyed_hash("opendata", dataset_code)


def select(fields: Sequence[Treated], key: Sequence[str], secret: str, *, subject: str, source: str = "source") -> str:
    """The SELECT that turns raw rows of ``source`` into what is opened, with ``_id`` numbering rows from 1.

    Rows about people are numbered in an order that says nothing about the register. Small counts are left to :mod:`.preparing`: they need
    all rows together.
    """
    seed = [*key] or [each.name for each in fields]
    row = "concat_ws('|', " + ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in seed) + ")"
    kept = ", ".join(f"{_expression(each, row, secret)} AS {quoted(each.name)}" for each in fields if each.kept)
    order = f"ORDER BY md5({text(secret)} || {row})" if subject in ("person", "organisation") else ""
    return f"SELECT row_number() OVER ({order}) AS _id, {kept} FROM {source}"  # noqa: S608  # names are quoted


def _expression(each: Treated, row: str, secret: str) -> str:
    column = quoted(each.name)
    typed = f"TRY_CAST({column} AS {SQL_TYPES[each.type]})" if each.type in SQL_TYPES else f"CAST({column} AS VARCHAR)"
    if each.treatment == CUT:
        return f"left(CAST({column} AS VARCHAR), {int(each.option)})"
    if each.treatment == HASH:
        return f"CASE WHEN {column} IS NOT NULL THEN left(sha256({text(secret + each.name)} || CAST({column} AS VARCHAR)), 16) END"
    if each.treatment == ROUND:
        step = int(each.option)
        return f"CAST(round({typed} / {step}.0) * {step} AS {SQL_TYPES[each.type]})"
    if each.treatment == NOISE:
        part = f"(md5_number_lower({text(secret + each.name)} || {row}) / 9223372036854775808.0 - 1)"
        noisy = f"{typed} * (1 + {part} * {int(each.option)} / 100.0)"
        return f"CAST(round({noisy}{', 2' if each.type == 'decimal' else ''}) AS {SQL_TYPES[each.type]})"
    if each.treatment == GENERALISE:
        return _wider(each, typed)
    return typed


def _wider(each: Treated, typed: str) -> str:
    if each.type in ("date", "time"):
        if each.option == "quarter":
            return f"strftime({typed}, '%Y') || 'Q' || quarter({typed})"
        return f"strftime({typed}, {text(_DATE_STEPS[each.option])})"
    if each.type == "region":
        return f"rpad(left({typed}, {_REGION_STEPS[each.option]}), 6, '0')"
    step = int(each.option)
    low = f"CAST(floor({typed} / {step}.0) * {step} AS BIGINT)"
    return f"CASE WHEN {typed} IS NOT NULL THEN {low} || '–' || ({low} + {step - 1}) END"
