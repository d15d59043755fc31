"""YAML and JSON read into plain values that remember the line of each part, so that a mistake can be shown where it is.

Only what JSON knows is read: dates stay text, "yes" and "no" stay text, numbers are decimal. Anchors, tags and repeated keys are
refused: a declaration says everything in one place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple["str | int", ...]


class Unreadable(ValueError):
    """The text is not YAML or JSON as we read it. ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.CSafeLoader):
    """The JSON schema of YAML 1.2 instead of the guesses of YAML 1.1."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"null|~|", ["n", "~", ""]),
    ("tag:yaml.org,2002:bool", r"true|false", ["t", "f"]),
    ("tag:yaml.org,2002:int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("tag:yaml.org,2002:float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), _first)


@dataclass(slots=True)
class Marked:
    """A value and the line of each of its parts."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the part at ``path``, or of the nearest part around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def at(self, dotted: str, base: Path = ()) -> int:
        """The line of the part at a dotted path ("elements.2.type") below ``base``."""
        parts = [int(part) if part.isdigit() else part for part in dotted.split(".") if part]
        return self.line((*base, *parts))


def read(text: str) -> Marked:
    """Read one document. Raises :class:`Unreadable` with the line of the mistake."""
    loader = _Loader(text)
    try:
        _refuse_what_json_has_not(text)
        node = loader.get_single_node()
        if node is None:
            raise Unreadable(1, "the file is empty")
        marked = Marked(None)
        marked.value = _value(node, (), marked)
        return marked
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"not valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"not valid YAML: {error}") from None
    finally:
        loader.dispose()


def _line(part: Any) -> int:
    """The line on which a node or an event begins, from 1."""
    return int(part.start_mark.line) + 1


def _refuse_what_json_has_not(text: str) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        line = _line(event)
        if getattr(event, "anchor", None):
            raise Unreadable(line, "anchors and aliases (& and *) are not used in packs; write the part out")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise Unreadable(line, f"the tag {tag} is not used in packs")


def _value(node: yaml.Node, path: Path, marked: Marked) -> Any:
    marked.lines[path] = _line(node)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise Unreadable(_line(key_node), "a key must be a plain word")
            key = key_node.value
            if key in found:
                raise Unreadable(_line(key_node), f'the key "{key}" stands here twice; keep one')
            found[key] = _value(value_node, (*path, key), marked)
            marked.lines[(*path, key)] = _line(key_node)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), marked) for index, item in enumerate(node.value)]
    return _SCALARS[node.tag](node.value)


_SCALARS: dict[str, Any] = {
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: text == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:str": str,
}
