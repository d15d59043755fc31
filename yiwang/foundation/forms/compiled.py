"""A form that is ready for use: what is asked of whom, what is wrong, how it reads."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Problem

from . import places, reading, showing, wording
from .conditions import Condition, conditions, hold
from .filerefs import file_problems
from .formats import checkers
from .showing import ReviewPart
from .slots import Prefilled
from .widgets import LARGEST_INTEGER, WIDGETS, Widget

_DEFAULT_LENGTH = {"textarea": 2_000, "address": 300}
_USUAL_LENGTH = 200  # characters
_USUAL_ITEMS = 20
MOST_PROBLEMS = 100
# Bounds of an answer as a whole: what no honest form needs.
MOST_VALUES = 10_000
DEEPEST = 5  # the form, a list, a row, a list of choices, a value
MOST_CHARACTERS = 300_000


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question. ``columns`` are the questions of each row of a repeat."""

    name: str
    label: str
    help: str
    widget: str
    required: bool
    schema: Mapping[str, Any]
    prefill: str = ""
    readonly: bool = False
    when: tuple[Condition, ...] = ()
    options: tuple[Option, ...] = ()
    columns: tuple[Field, ...] = ()
    unit: str = ""
    autocomplete: str = ""
    depth: str = ""  # of a region: how small a division is asked for, a level of orgs

    @property
    def kind(self) -> Widget:
        return WIDGETS[self.widget]

    @property
    def several(self) -> bool:
        """Whether the answer is a list."""
        return self.schema.get("type") == "array"


@dataclass(frozen=True, slots=True)
class Part:
    """One page of the form."""

    code: str
    title: str
    help: str
    fields: tuple[Field, ...]
    when: tuple[Condition, ...] = ()


def is_empty(value: Any) -> bool:
    """Whether an answer says nothing. False and 0 say something."""
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def _full_rows(value: Any) -> Any:
    """A list without the empty rows at its end, which a page offers for typing."""
    if isinstance(value, list) and value and value[-1] == {}:
        value = list(value)
        while value and value[-1] == {}:
            value.pop()
    return value


class CompiledForm:
    """A version of a form, compiled. It never changes and is shared between threads.

    ``data`` is the answers by field name; ``context`` what conditions may ask beside them: {"situation": {code: option}}. With
    "actor" in the context, references to files are checked and shown for that actor; without, they are refused.
    """

    def __init__(self, code: str, version: int, body: dict[str, Any]) -> None:
        self.code, self.version, self.title = code, version, str(body["title"])
        self._messages: dict[str, dict[str, str]] = body.get("messages", {})
        schema = body["schema"]
        required = set(schema.get("required", ()))
        self.parts = tuple(
            Part(
                part["code"], part["title"], part.get("help", ""),
                tuple(_field(field, schema["properties"][field["name"]], field["name"] in required) for field in part["fields"]),
                conditions(part.get("when")),
            )
            for part in body["layout"]["parts"]
        )  # fmt: skip
        self.fields: dict[str, Field] = {field.name: field for part in self.parts for field in part.fields}
        self._order = {name: place for place, name in enumerate(self.fields)}
        self._schema = {name: _closed(field) for name, field in self.fields.items()}
        self._validator = jsonschema_rs.Draft202012Validator(
            {"type": "object", "properties": self._schema},
            formats=checkers(), validate_formats=True, ignore_unknown_formats=False, pattern_options=jsonschema_rs.RegexOptions(),
        )  # fmt: skip
        # The fields on which others depend: changing one may change what is asked.
        self.deciding = frozenset(
            line.name
            for lines in [part.when for part in self.parts] + [field.when for field in self.fields.values()]
            for line in lines
        )

    def __repr__(self) -> str:
        return f"<CompiledForm {self.code} {self.version}>"

    def part(self, code: str) -> Part:
        """A part by its code. Raises LookupError."""
        found = next((part for part in self.parts if part.code == code), None)
        if found is None:
            raise LookupError(f"form {self.code!r} has no part {code!r}")
        return found

    def visible_parts(self, data: Mapping[str, Any], context: Mapping[str, Any]) -> list[Part]:
        """The parts that are asked for, each with the fields that are asked for.

        An answer that is not asked for counts as not given for the conditions that come after it.
        """
        asked: dict[str, Any] = {}
        found = []
        for part in self.parts:
            if not hold(part.when, asked, context):
                continue
            fields = []
            for field in part.fields:
                if hold(field.when, asked, context):
                    fields.append(field)
                    if field.name in data:
                        asked[field.name] = data[field.name]
            if fields:
                found.append(part if len(fields) == len(part.fields) else replace(part, fields=tuple(fields)))
        return found

    def asked(self, data: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[Field]:
        """The fields that are asked for, in order."""
        for part in self.visible_parts(data, context):
            yield from part.fields

    def newly_asked(
        self, part_code: str, before: Mapping[str, Any], after: Mapping[str, Any], context: Mapping[str, Any]
    ) -> list[Field]:
        """The fields of a part that ``after`` asks for and ``before`` did not: for a page that must be shown once more."""
        known = {field.name for field in self.asked(before, context)}
        parts = [part for part in self.visible_parts(after, context) if part.code == part_code]
        return [field for part in parts for field in part.fields if field.name not in known]

    def kept(self, data: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """The answers that count: those that are asked for and say something."""
        answers = ((field.name, _full_rows(data.get(field.name))) for field in self.asked(data, context))
        return {name: value for name, value in answers if not is_empty(value)}

    def takes(self, name: str, value: Any) -> bool:
        """Whether a field would take this value."""
        return _out_of_bounds({name: value}) is None and bool(self._validator.is_valid({name: value}))

    def read_post(
        self,
        part_code: str,
        post: Mapping[str, Any],
        data: Mapping[str, Any],
        prefilled: Mapping[str, Prefilled] | None = None,
    ) -> dict[str, Any]:
        """What was typed into a part, made regular and laid over a copy of ``data``.

        Only fields of the part are read. A text that cannot be understood stays as it was typed. With ``prefilled``, a
        read-only field that the source knew is never read from the post. Raises LookupError for an unknown part.
        """
        return reading.read_post(self.part(part_code), post, data, prefilled or {})

    def check(self, data: Any, context: Mapping[str, Any]) -> list[Problem]:
        """Everything that is wrong with the answers, in the order of the form; an empty list when they hold.

        Fields that are not asked for are neither required nor looked at; fields that the form does not have are refused.
        """
        wrong = _out_of_bounds(data)
        if wrong:
            return [wrong]
        unknown = [
            Problem(name[:60], "unknown", wording.unknown(name[:60])) for name in data if name not in self.fields
        ]
        return (self._check(list(self.asked(data, context)), data, context) + unknown)[:MOST_PROBLEMS]

    def check_part(self, part_code: str, data: Any, context: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with the answers of one part. Raises LookupError for an unknown part."""
        self.part(part_code)
        wrong = _out_of_bounds(data)
        if wrong:
            return [wrong]
        fields = [
            field for part in self.visible_parts(data, context) if part.code == part_code for field in part.fields
        ]
        return self._check(fields, data, context)[:MOST_PROBLEMS]

    def _check(self, fields: list[Field], data: Mapping[str, Any], context: Mapping[str, Any]) -> list[Problem]:
        given: dict[str, Any] = {}
        found: list[Problem] = []
        for field in fields:
            value = _full_rows(data.get(field.name))
            if not is_empty(value):
                given[field.name] = value
            elif field.required:
                message = self._own_message(field.name, "required") or wording.missing(field.label, field.kind.ask)
                found.append(Problem(field.name, "required", message))
        seen: set[str] = set()
        for error in self._validator.iter_errors(given):
            problem = self._problem(error)
            if problem.field not in seen:  # the first thing wrong with a field is enough to begin with
                seen.add(problem.field)
                found.append(problem)
            if len(found) >= MOST_PROBLEMS:
                break
        for field in fields:
            if field.name in given and field.name not in seen:
                found += self._beyond(field, given[field.name], context, seen)
        found.sort(key=lambda problem: self._order[problem.field.split(".", 1)[0]])
        return found

    def _beyond(self, field: Field, value: Any, context: Mapping[str, Any], seen: set[str]) -> Iterator[Problem]:
        """What no schema can know: whether a file is there for the one who acts, and how small a place was chosen."""
        if field.widget == "file":
            yield from file_problems(field.name, field.label, value, context.get("actor"))
        elif field.widget == "region":
            wrong = places.depth_error(value, field.label, field.depth)
            if wrong:
                yield Problem(field.name, "depth", self._own_message(field.name, "depth") or wrong)
        for column in field.columns:
            for number, row in enumerate(value):
                name = f"{field.name}.{number}.{column.name}"
                if column.widget == "file" and row.get(column.name) and name not in seen:
                    label = _("%(label)s第 %(row)d 行") % {"label": field.label, "row": number + 1} + column.label
                    yield from file_problems(name, label, row[column.name], context.get("actor"))

    def _own_message(self, name: str, rule: str) -> str:
        return self._messages.get(name, {}).get(rule, "")

    def _problem(self, error: Any) -> Problem:
        """The problem behind an error of the validator. ``instance_path`` is [field] or [list, row, column]."""
        path = list(error.instance_path)
        field = self.fields[path[0]]
        keyword, details = error.kind.name, error.kind.as_dict()
        label, name = field.label, field.name
        if field.columns and len(path) > 1:
            if keyword == "required":  # of a row: the path ends at the row
                path.append(details["property"])
            label = _("%(label)s第 %(row)d 行") % {"label": label, "row": path[1] + 1}
            if len(path) > 2:
                path = path[:3]  # one choice among several: the cell is to blame
                field = next(column for column in field.columns if column.name == path[2])
                label, name = f"{label}{field.label}", f"{name}.{field.name}"
        else:
            path = path[:1]  # one choice among several: the field is to blame
        rule = wording.rule(keyword)
        message = self._own_message(name, rule) or wording.sentence(
            keyword, details, error.instance, label=label, widget=field.widget, unit=field.unit
        )
        return Problem(".".join(str(step) for step in path), rule, message)

    def review(
        self, data: Mapping[str, Any], prefilled: Mapping[str, Prefilled], context: Mapping[str, Any]
    ) -> list[ReviewPart]:
        """The answers in words, part by part, for the page on which everything is checked once more. Identity numbers and phone
        numbers are masked."""
        return [showing.review(part, data, prefilled, context) for part in self.visible_parts(data, context)]

    def json_schema(self) -> dict[str, Any]:
        """The form as JSON Schema 2020-12, for programs. Fields that depend on a condition are not in ``required``; under
        ``x-when`` stands the condition."""
        properties: dict[str, Any] = {}
        required = []
        for part in self.parts:
            for field in part.fields:
                lines = part.when + field.when
                described = {**copy.deepcopy(self._schema[field.name]), "title": field.label}
                if field.help:
                    described["description"] = field.help
                if field.depth:
                    described["x-depth"] = field.depth
                if lines:
                    described["x-when"] = {line.name: list(line.values) for line in lines}
                elif field.required:
                    required.append(field.name)
                properties[field.name] = described
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }


def _field(described: dict[str, Any], schema: dict[str, Any], required: bool) -> Field:
    chosen_from = schema.get("items", {}) if described["widget"] == "choices" else schema
    listed = chosen_from.get("oneOf") or [{"const": value, "title": value} for value in chosen_from.get("enum", ())]
    items = schema.get("items", {}) if described["widget"] == "repeat" else {}
    return Field(
        name=described["name"],
        label=described["label"],
        help=described.get("help", ""),
        widget=described["widget"],
        required=required,
        schema=schema,
        prefill=described.get("prefill", ""),
        readonly=described.get("readonly", False),
        when=conditions(described.get("when")),
        options=tuple(Option(option["const"], option["title"], option.get("description", "")) for option in listed),
        columns=tuple(
            _field(column, items["properties"][column["name"]], column["name"] in items.get("required", ()))
            for column in described.get("columns", ())
        ),
        unit=described.get("unit", ""),
        autocomplete=described.get("autocomplete", ""),
        depth=described.get("depth", ""),
    )


def _closed(field: Field) -> dict[str, Any]:
    """The schema of a field with an upper bound on everything, and nothing let in that it does not name."""
    schema = copy.deepcopy(dict(field.schema))
    kind = schema["type"]
    if kind == "string" and "format" not in schema and not field.options:
        schema.setdefault("maxLength", _DEFAULT_LENGTH.get(field.widget, _USUAL_LENGTH))
    elif kind == "integer":
        schema.setdefault("minimum", 0 if field.widget == "money" else -LARGEST_INTEGER)
        schema.setdefault("maximum", LARGEST_INTEGER)
    elif kind == "array":
        schema.setdefault("maxItems", len(field.options) or _USUAL_ITEMS)
        if field.widget in {"choices", "file"}:
            schema["uniqueItems"] = True
        if field.columns:
            rows = schema["items"]
            rows["additionalProperties"] = False
            rows["properties"] = {column.name: _closed(column) for column in field.columns}
    return schema


def _out_of_bounds(data: Any) -> Problem | None:
    """Refuse, at a bounded cost, what no form asks for: wrong JSON types, endless nesting, a million characters."""
    too_much = Problem("", "too-large", _("填写的内容太多，超过了一份表单能装下的大小。请缩短文字，或把内容放进附件。"))
    if not isinstance(data, dict):
        return Problem("", "type", _("表单内容应为一个对象，每一栏一个名字。"))
    values = characters = 0
    waiting: list[tuple[Any, int]] = [(data, 1)]
    while waiting:
        value, depth = waiting.pop()
        values += 1
        if values > MOST_VALUES:
            return too_much
        if isinstance(value, str):
            characters += len(value)
            if characters > MOST_CHARACTERS:
                return too_much
            try:
                value.encode()
            except UnicodeEncodeError:
                return Problem("", "type", _("填写的内容里有残缺的字符，请删去后重新输入。"))
        elif isinstance(value, dict | list):
            if depth > DEEPEST:
                return Problem("", "type", _("填写的内容嵌套太深，表单没有这样的栏目。"))
            if len(value) > MOST_VALUES:
                return too_much
            if isinstance(value, dict):
                if not all(isinstance(name, str) and len(name) <= 200 for name in value):
                    return Problem("", "type", _("栏目的名字不对，应为不太长的文字。"))
                waiting.extend((name, depth + 1) for name in value)
                waiting.extend((item, depth + 1) for item in value.values())
            else:
                waiting.extend((item, depth + 1) for item in value)
        elif isinstance(value, int):
            if abs(value) > 10**18:
                return Problem("", "type", _("填写的数字太大，请检查。"))
        elif value is not None:
            return Problem("", "type", _('填写的内容里有小数类型的数值，请写成文字，例如 "12.5"。'))
    return None
