"""The description of what one grant allows, for those who write its client: OpenAPI 3.1, made from the grant. Private to this room."""

from __future__ import annotations

from typing import Any

from yiwang.config.environment import environment
from yiwang.data.protection.queries import NAMES

from .models import Grant
from .modes import BATCH, CHANGES, FILE, LOOK_UP, VERIFY
from .shapes import Granted, Shape, shape

_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"}, "money": {"type": "integer", "description": "in fen"}, "decimal": {"type": "number"},
    "date": {"type": "string", "format": "date"}, "time": {"type": "string", "format": "date-time"},
    "boolean": {"type": "boolean"}, "geometry": {"type": "object"},
}  # fmt: skip


def _schema(field: Granted, *, masked: bool) -> dict[str, Any]:
    plain = _TYPES.get(field.type, {"type": "string"})
    if not masked or field.agreed == "keep":
        return {**plain, "title": field.label}
    # What a mask leaves of a number or a date is mostly no number or date any more.
    kept = plain if field.agreed == "noise" else {"type": "string"}
    return {**kept, "type": [kept["type"], "null"], "title": f"{field.label}（{NAMES[field.agreed]}）"}


def openapi(grant: Grant) -> dict[str, Any]:
    """The description of ``grant``'s operations, each with the fields that it really takes and gives."""
    found = shape(grant)
    base = f"/api/v1/exchange/grants/{grant.number}"
    ways = {LOOK_UP: _look_up, VERIFY: _verify, BATCH: _batch, FILE: _file, CHANGES: _changes}
    paths = {}
    for mode in grant.modes:
        path, operation = ways[mode](found)
        operation["responses"] |= {
            code: {"description": words, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            for code, words in (("401", "signature, token or certificate refused"), ("403", "outside the grant"),
                                ("422", "wrong request"), ("429", "volume used up; see Retry-After"), ("503", "provider does not answer"))
        }  # fmt: skip
        paths[f"{base}/{path}"] = {
            "post": {**operation, "operationId": mode, "security": [{"signature": []}, {"token": [mode]}]}
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": grant.resource_name, "version": str(grant.revision),
            "description": f"{grant.number} · {grant.purpose} · {grant.basis} · {grant.since} – {grant.until} · {grant.per_day}/day",
        },
        "servers": [{"url": environment.origin}],
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": {"type": "object", "description": "RFC 9457", "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}
            },
            "securitySchemes": {
                "signature": {"type": "http", "scheme": "signature", "description": "RFC 9421 with Content-Digest; see docs/data-sharing.md"},
                "token": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/api/v1/exchange/token", "scopes": dict.fromkeys(grant.modes, "")}}},
            },
        },
    }  # fmt: skip


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})


def _operation(summary: str, body: dict[str, Any], answer: dict[str, Any], code: str = "200") -> dict[str, Any]:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {code: {"description": "done", "content": {"application/json": {"schema": answer}}}},
    }


_WHY = {"purpose": {"type": "string", "minLength": 2, "maxLength": 120}, "about": {"type": "string", "maxLength": 80}}


def _key(found: Shape) -> dict[str, Any]:
    return _object({part.name: _schema(part, masked=False) for part in found.keys}, [part.name for part in found.keys])


def _row(found: Shape) -> dict[str, Any]:
    return _object({name: _schema(field, masked=True) for name, field in found.fields.items()})


def _names(found: Shape) -> dict[str, Any]:
    return {"type": "array", "items": {"enum": list(found.fields)}}


def _look_up(found: Shape) -> tuple[str, dict[str, Any]]:
    body = _object({"key": _key(found), "fields": _names(found), **_WHY}, ["key", "purpose"])
    return "look-up", _operation(
        "One row by its key",
        body,
        _object({"found": {"type": "boolean"}, "row": {"oneOf": [_row(found), {"type": "null"}]}}),
    )


def _verify(found: Shape) -> tuple[str, dict[str, Any]]:
    claims = _object({name: _schema(field, masked=False) for name, field in found.fields.items()})
    body = _object({"key": _key(found), "claims": claims, **_WHY}, ["key", "claims", "purpose"])
    return "verify", _operation("Yes or no", body, _object({"match": {"type": "boolean"}}))


def _batch(found: Shape) -> tuple[str, dict[str, Any]]:
    names = [part.name for part in found.keys]
    made = _operation("Match a file of keys", {}, {"type": "object"}, "202")
    made["requestBody"] = {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string", "description": ",".join(names)}},
            "application/x-ndjson": {"schema": _key(found)},
        },
    }
    made["parameters"] = [
        {"name": name, "in": "query", "required": name == "purpose", "schema": {"type": "string"}}
        for name in ("purpose", "about", "format", "fields")
    ]
    return "batches", made


def _file(found: Shape) -> tuple[str, dict[str, Any]]:
    body = _object({"fields": _names(found), "format": {"enum": ["csv", "json", "parquet"]}, **_WHY}, ["purpose"])
    return "files", _operation("The whole table as a file", body, {"type": "object"}, "202")


def _changes(found: Shape) -> tuple[str, dict[str, Any]]:
    body = _object({"after": {"type": "string"}, "limit": {"type": "integer", "maximum": 1000}, **_WHY}, ["purpose"])
    return "changes", _operation("What changed after a cursor", body, {"type": "object"})
