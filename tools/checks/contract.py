"""The API is a promise: the committed description is compared with the running code."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "docs" / "api" / "openapi.json"


def described() -> str:
    """The OpenAPI document of the code, in one stable form."""
    from yiwang.config.api import api

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def problems() -> list[str]:
    committed = CONTRACT.read_text(encoding="utf-8") if CONTRACT.exists() else ""
    now = described()
    if committed == now:
        return []
    lines = list(difflib.unified_diff(committed.splitlines(), now.splitlines(), "committed", "code", n=0, lineterm=""))
    shown = [line for line in lines if not line.startswith("@@")][:20]
    return ["docs/api/openapi.json differs from the code; if the change is meant, run tools/check --write", *shown]


def write() -> None:
    CONTRACT.parent.mkdir(parents=True, exist_ok=True)
    CONTRACT.write_text(described(), encoding="utf-8")
