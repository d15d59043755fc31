"""Small packs, written into a folder for a test."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from tests.factories.registers import population_body

REGIONS: list[dict[str, Any]] = [
    {"code": "990000", "name": "云岭省", "level": "province"},
    {"code": "990100", "name": "云州市", "level": "city", "parent": "990000"},
    {"code": "990102", "name": "云山区", "level": "county", "parent": "990100"},
    {"code": "990102001", "name": "钟楼街道", "level": "town", "parent": "990102"},
    {"code": "990102001001", "name": "东门社区", "level": "village", "parent": "990102001"},
]
AGENCIES: list[dict[str, Any]] = [
    {"code": "gov", "name": "云州市人民政府", "region": "990100"},
    {"code": "gaj", "name": "云州市公安局", "region": "990100", "parent": "gov", "posts": ["户政岗"]},
]
ROLES = [
    {"code": "window-clerk", "name": "窗口受理人员", "permissions": ["cases.read", "registries.*"], "data_level": 3}
]
REGISTER: dict[str, Any] = {"register": population_body(), "rows": [{"file": "people.csv"}], "as_of": "2026-10-31"}
PEOPLE = "identity_number,name,sex,birth_date,residence_region\n990102198804129023,林晓梅,2,1988-04-12,990102001001\n"


def files() -> dict[str, Any]:
    """The files of a small pack that holds: path -> content (text as it is, anything else as YAML)."""
    return copy.deepcopy(
        {
            "pack.yaml": {"name": "small", "version": "1", "title": "小城"},
            "regions/all.yaml": REGIONS,
            "agencies/all.yaml": AGENCIES,
            "roles/all.yaml": ROLES,
            "registers/population.yaml": REGISTER,
            "registers/people.csv": PEOPLE,
        }
    )


def written(folder: Path, content: dict[str, Any] | None = None, name: str = "small") -> Path:
    """Write the files of a pack into ``folder/name`` and return that."""
    place = folder / name
    for path, body in (files() if content is None else content).items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = body if isinstance(body, str) else yaml.safe_dump(body, allow_unicode=True, sort_keys=False)
        target.write_text(text, encoding="utf-8")
    return place
