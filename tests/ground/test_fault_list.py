"""The list of faults in docs/faults.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_named_test_exists() -> None:
    text = (ROOT / "docs" / "faults.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) >= 20
    missing = []
    for row in rows:
        file = ""
        for name in re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+)*)`", row.rpartition(" | ")[2]):
            path, *parts = name.split("::")
            file = path or file
            source = (ROOT / file).read_text()
            missing += [name for part in parts if not re.search(rf"(def|class) {part}\b", source)]
    assert missing == []
