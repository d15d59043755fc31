"""What the description of the API says beyond what ninja gathers: how every operation may refuse, and in which form."""

from __future__ import annotations

from typing import Any

from ninja import Field, Schema

DOCUMENT = "application/problem+json"


class FieldProblem(Schema):
    """One thing wrong with one field. ``rule`` is stable, ``message`` names the field and the remedy in the reader's language."""

    field: str = Field(description="A dotted path into the input; empty when no single field is to blame.")
    rule: str
    message: str


class Problem(Schema):
    """A refusal (RFC 9457). ``code`` is stable; quote ``request_id`` when asking for help."""

    type: str
    title: str
    status: int
    code: str
    problems: list[FieldProblem]
    request_id: str


def _answer(description: str) -> dict[str, Any]:
    return {"description": description, "content": {DOCUMENT: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


REFUSALS = {
    "4XX": ("Refused", "The request was refused and changed nothing; the document says why and what to do."),
    "5XX": ("Failed", "The node could not do it, and nothing is half done; it may be sent again."),
}


def complete(document: dict[str, Any]) -> None:
    """Say of each operation that it may refuse with a problem document."""
    parts = document["components"]
    for schema in (FieldProblem, Problem):
        found = schema.model_json_schema(ref_template="#/components/schemas/{model}")
        found.pop("$defs", None)
        parts["schemas"][schema.__name__] = found
    parts["responses"] = {name: _answer(description) for name, description in REFUSALS.values()}
    refusals = {status: {"$ref": f"#/components/responses/{name}"} for status, (name, _words) in REFUSALS.items()}
    for operations in document["paths"].values():
        for operation in operations.values():
            answers = {str(status): answer for status, answer in operation["responses"].items()}
            operation["responses"] = answers | refusals


def content(media_type: str, schema: dict[str, Any] | None = None, *, status: int = 200) -> dict[str, Any]:
    """``openapi_extra`` of an operation whose answer is a file: without a ``schema`` its bytes are not described."""
    return {"responses": {status: {"content": {media_type: {"schema": schema or {}}}}}}
