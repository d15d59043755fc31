"""Types of licence as data: checking a declaration, and reading one."""

from __future__ import annotations

import calendar
import datetime as dt
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import mask
from yiwang.kernel.refusals import Problem

LONGEST_VALUE = 500  # characters of one field


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type, as :file:`schema.json` describes it."""

    name: str
    label: str
    source: str = ""
    value: str = ""
    values: tuple[tuple[str, str], ...] = ()
    kind: str = "text"
    masked: bool = False
    required: bool = True
    public: bool = False

    def words(self, value: Any) -> str:
        """A value of a form or a register as the paper says it: codes in words, days in Chinese, lists joined."""
        if isinstance(value, (list, tuple)):
            return "、".join(self.words(item) for item in value)
        if isinstance(value, bool):
            value = "true" if value else "false"
            return dict(self.values).get(value, _("是") if value == "true" else _("否"))
        text = "" if value is None else str(value).strip()
        if self.kind == "date" and text:
            return chinese_day(dt.date.fromisoformat(text))
        return dict(self.values).get(text, text)

    def on_paper(self, text: str) -> str:
        return mask(self.kind, text) if self.masked else text

    def on_page(self, text: str) -> str:
        """As the holder's and the agency's pages show it: numbers are masked whatever the paper does."""
        return mask(self.kind, text) if self.hidden else self.on_paper(text)

    @property
    def hidden(self) -> bool:
        """Whether it is a number of a person, which pages do not show whole."""
        return self.kind in ("identity", "phone")

    def in_public(self, text: str) -> str:
        """As strangers see it: personal kinds are always masked."""
        return mask(self.kind, text) if self.kind in ("identity", "phone", "name", "address") else text


@dataclass(frozen=True, slots=True)
class Declared:
    """A type ready for use."""

    code: str
    name: str
    type_code: str
    kind: str
    holders: tuple[str, ...]
    issuer: str
    seal: str
    years: int
    months: int
    number: str
    number_label: str
    fields: tuple[Field, ...]
    template: str
    typst: str
    tone: str
    notes: tuple[str, ...]
    basis: str
    from_: str = ""
    until: str = ""

    def term(self, facts: dict[str, Any], today: dt.date) -> tuple[dt.date, dt.date | None]:
        """The first and the last day of a licence issued ``today`` on these facts (None without end).

        A term that the case decided begins today at the earliest. Raises ValueError when its days are missing or over.
        """
        if not self.until:
            return today, self.last_day(today)
        first = max(dt.date.fromisoformat(str(_at(facts, self.from_))), today) if self.from_ else today
        last = dt.date.fromisoformat(str(_at(facts, self.until)))
        if last < first:
            raise ValueError(f"the term of {self.code} ended on {last}, before it begins on {first}")
        return first, last

    def last_day(self, first: dt.date) -> dt.date | None:
        """The last day of validity; None without end.

        The first day counts. A term of years or months ends on the day before the corresponding one; where the last month
        has no such day, on its last day (Civil Code, article 202).
        """
        span = self.years * 12 + self.months
        if not span:
            return None
        year, month = divmod(first.year * 12 + first.month - 1 + span, 12)
        month += 1
        longest = calendar.monthrange(year, month)[1]
        if first.day > longest:
            return dt.date(year, month, longest)
        return dt.date(year, month, first.day) - dt.timedelta(days=1)


def read(body: dict[str, Any]) -> Declared:
    """A checked declaration as an object."""
    validity = body["validity"]
    return Declared(
        code=body["code"],
        name=body["name"],
        type_code=body.get("type_code", ""),
        kind=body.get("kind", "licence"),
        holders=tuple(body["holders"]),
        issuer=body["issuer"],
        seal=body.get("seal", "official"),
        years=validity.get("years", 0),
        months=validity.get("months", 0),
        number=body["number"],
        number_label=body.get("number_label", "编号"),
        fields=tuple(_field(field) for field in body["fields"]),
        template=body["template"],
        typst=body.get("typst", ""),
        tone=body.get("tone", "bronze"),
        notes=tuple(body.get("notes", [])),
        basis=body.get("basis", ""),
        from_=validity.get("from", ""),
        until=validity.get("until", ""),
    )


def _field(body: dict[str, Any]) -> Field:
    return Field(
        name=body["name"],
        label=body["label"],
        source=body.get("from", ""),
        value=body.get("value", ""),
        values=tuple(body.get("values", {}).items()),
        kind=body.get("kind", "text"),
        masked=body.get("on_paper") == "masked",
        required=body.get("required", True),
        public=body.get("public", False),
    )


@lru_cache(maxsize=512)
def declared(version_id: str, text: str) -> Declared:
    """The type of a stored version; ``text`` is its body as JSON. Compiled once in this process."""
    return read(json.loads(text))


@cache
def _validator() -> Any:
    text = (Path(__file__).parent / "schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_for(json.loads(text))


def schema_problems(body: Any) -> list[Problem]:
    """What the JSON Schema finds wrong with a declaration, and fields that stand twice. For authors: in English."""
    problems = [
        Problem(".".join(str(part) for part in error.instance_path), error.kind.name, str(error.message)[:300])
        for error in _validator().iter_errors(body)
    ]
    if not problems:
        names = [field["name"] for field in body["fields"]]
        problems += [
            Problem(f"fields.{place}.name", "twice", f"the field {name!r} stands twice; each name once")
            for place, name in enumerate(names)
            if name in names[:place]
        ]
    return problems


def _at(facts: dict[str, Any], path: str) -> Any:
    """What stands at a dotted path of the facts; None where nothing does."""
    value: Any = facts
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def gather(kind: Declared, facts: dict[str, Any]) -> dict[str, str]:
    """The fields of a type from the facts of a case, by their mapping; empty where nothing is found."""
    found = {}
    for field in kind.fields:
        value = _at(facts, field.source) if field.source else field.value
        found[field.name] = field.words(value)
    return found


def checked(kind: Declared, given: dict[str, Any]) -> tuple[dict[str, str], list[Problem]]:
    """The values of a licence in the order of the type, and what is wrong with them."""
    known = {field.name for field in kind.fields}
    problems = [
        Problem(f"fields.{name}", "unknown", _("“%(type)s”没有“%(name)s”这一项。") % {"type": kind.name, "name": name})
        for name in given
        if name not in known
    ]
    values = {}
    for field in kind.fields:
        text = str(given.get(field.name) or field.value or "").strip()
        if field.required and not text:
            said = _("“%(label)s”是空的，不能制证。请先补充。") % {"label": field.label}
            problems.append(Problem(f"fields.{field.name}", "required", said))
        if len(text) > LONGEST_VALUE:
            said = _("“%(label)s”太长，最多 %(n)d 个字。") % {"label": field.label, "n": LONGEST_VALUE}
            problems.append(Problem(f"fields.{field.name}", "max-length", said))
        values[field.name] = text
    return values, problems


def chinese_day(day: dt.date) -> str:
    """A day as papers state it."""
    return f"{day.year}年{day.month}月{day.day}日"
