"""Browser packages come from pinned npm packages and are served as they are, without a bundler."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Warning
from django.core.files.storage import FileSystemStorage

from yiwang.config.environment import environment

# served name -> file inside node_modules
PACKAGES = {
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/alpine.min.js": "@alpinejs/csp/dist/cdn.min.js",
    "vendor/bpmn/viewer.js": "bpmn-js/dist/bpmn-navigated-viewer.production.min.js",
    "vendor/bpmn/modeler.js": "bpmn-js/dist/bpmn-modeler.production.min.js",
    "vendor/bpmn/css/diagram-js.css": "bpmn-js/dist/assets/diagram-js.css",
    "vendor/bpmn/css/bpmn-js.css": "bpmn-js/dist/assets/bpmn-js.css",
    "vendor/bpmn/css/bpmn.css": "bpmn-js/dist/assets/bpmn-font/css/bpmn.css",
    **{
        f"vendor/bpmn/font/bpmn.{kind}": f"bpmn-js/dist/assets/bpmn-font/font/bpmn.{kind}"
        for kind in ("eot", "svg", "ttf", "woff", "woff2")
    },
}


class PackageFinder(BaseFinder):
    """A staticfiles finder over :data:`PACKAGES`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=str(environment.assets_dir))

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [path for path in PACKAGES.values() if not (environment.assets_dir / path).exists()]
        if not missing:
            return []
        return [Warning(f"browser packages are missing: {', '.join(missing)}", hint="run `make assets`", id="web.W001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = PACKAGES.get(path)
        if source is None or not (environment.assets_dir / source).exists():
            return []
        found = str(environment.assets_dir / source)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        for served, source in PACKAGES.items():
            if (environment.assets_dir / source).exists():
                yield served, _Renamed(served, environment.assets_dir / source)


class _Renamed(FileSystemStorage):
    """One file under another name."""

    def __init__(self, served: str, source: Path) -> None:
        super().__init__(location=str(source.parent))
        self.served, self.source = served, source

    def path(self, name: str) -> str:
        return str(self.source)


_EMPTY_SQUARE = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


@cache
def icon(name: str) -> str:
    """The SVG markup of a Tabler icon, without its comments. Raises LookupError for a name that is not in the set."""
    path = environment.assets_dir / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
    try:
        text = path.read_text()
    except FileNotFoundError:
        if not (environment.assets_dir / "@tabler").exists():
            return ""  # the assets are not installed (a bare API node); `yiwang check` says so
        raise LookupError(f"there is no icon {name!r}") from None
    # What a slow line need not carry: the sizes are ours, the empty square and the line breaks are noise.
    opening, _end, shapes = " ".join(text[text.index("<svg") :].split()).partition(">")
    opening = re.sub(r' (?:class|width|height|xmlns)="[^"]*"', "", opening).rstrip()
    return f"{opening}>{shapes}".replace("> <", "><").replace(_EMPTY_SQUARE, "")


def font_dirs() -> list[Path]:
    """The folders of the fonts for papers: Noto Serif SC and Noto Sans SC."""
    base = environment.assets_dir / "@expo-google-fonts"
    return [
        base / family / weight for family in ("noto-serif-sc", "noto-sans-sc") for weight in ("400Regular", "700Bold")
    ]
