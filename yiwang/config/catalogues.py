"""Message catalogues: each package keeps its own English ``django.po``; the node compiles them into one.

No GNU gettext is needed, and nothing is written beside the code, so that a node may run from a folder it cannot write to.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

LANGUAGE = "en"
PLACE = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"


def packages() -> dict[str, Path]:
    """Every package whose words people read, with its folder."""
    names = ["yiwang.kernel", "yiwang.config", "yiwang.web", *settings.ROOMS]
    found = {}
    for name in names:
        spec = find_spec(name)
        assert spec is not None, name
        assert spec.origin is not None, name
        found[name] = Path(spec.origin).parent
    return found


def compile_catalogues(target: Path) -> Path:
    """Merge the catalogues of all packages into ``target``/en/LC_MESSAGES/django.mo, unless that is newer than each of them.

    Fuzzy and empty entries are left out: readers then see the Chinese text.
    """
    sources = [path for folder in packages().values() if (path := folder / PLACE).exists()]
    result = target / LANGUAGE / "LC_MESSAGES" / "django.mo"
    if result.exists() and all(result.stat().st_mtime_ns >= path.stat().st_mtime_ns for path in sources):
        return result
    merged = Catalog(locale=LANGUAGE)
    for path in sources:
        with path.open("rb") as file:
            for message in read_po(file, locale=LANGUAGE):
                if message.id and message.string and not message.fuzzy:
                    merged.add(message.id, message.string, context=message.context)
    result.parent.mkdir(parents=True, exist_ok=True)
    draft = result.with_name(f".{result.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, merged)
    draft.replace(result)
    return result
