"""Checking a body by a JSON Schema, with the remedy said."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from yiwang.kernel.refusals import Problem

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def _validator(name: str) -> Any:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema)


def by_schema(name: str) -> Callable[[Any], list[Problem]]:
    """A check by the schema ``name``: a list of problems, each with the dotted path of the part to blame."""

    def check(body: Any) -> list[Problem]:
        return [_explain(error) for error in _validator(name).iter_errors(body)]

    return check


def _explain(error: Any) -> Problem:
    path = [str(part) for part in error.instance_path]
    rule, detail = error.kind.name, error.kind.as_dict()
    message = str(error.message)
    if rule == "required":
        message = f'"{detail["property"]}" is missing; add it'
    elif rule == "additionalProperties":
        unknown = ", ".join(f'"{name}"' for name in detail["unexpected"])
        message = f"{unknown} is not known here; correct the spelling or remove it"
        path += [str(name) for name in detail["unexpected"]][:1]
    elif rule == "enum":
        message = f"{error.instance!r} is not one of: {', '.join(map(str, detail['options']))}"
    elif rule == "type" and "string" in detail["types"] and type(error.instance) in (int, float):
        message = f'{error.instance} is read as a number; put it in quotes: "{error.instance}"'
    elif rule == "pattern":
        message = f"{error.instance!r} does not have the form {detail['pattern']}"
    return Problem(".".join(path), rule, message)
