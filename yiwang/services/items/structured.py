"""A body as text that staff can edit: YAML, with the schema's names. What is read back is plain data, nothing else."""

from __future__ import annotations

import re
from typing import Any

import yaml
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem

from .body import schema

LARGEST = 400_000  # characters


class _Loader(yaml.SafeLoader):
    """Plain values only. No anchors (a few lines could unfold into gigabytes), no dates, no floats, no 01 that becomes 1."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", event.start_mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("-?(?:0|[1-9][0-9]{0,14})$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("(?:null|~|)$"), ["n", "~", ""])


class _Dumper(yaml.SafeDumper):
    """Readable: long Chinese text on one line, lists set in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def to_text(body: dict[str, Any]) -> str:
    """A body as YAML, its names in the order of the schema."""
    order = list(schema()["properties"])
    ordered = {name: body[name] for name in sorted(body, key=lambda name: order.index(name) if name in order else 999)}
    return yaml.dump(ordered, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def from_text(text: str) -> dict[str, Any]:
    """What staff typed, as a body; its contents are not checked here. Raises :class:`Invalid` that names the line."""
    if len(text) > LARGEST:
        raise _wrong(_("内容太长，请控制在 40 万字以内。"))
    try:
        body = yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader that allows less
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _wrong(_("第 %(line)s 行附近的写法不对，请检查缩进、冒号后面的空格和引号。") % {"line": line}) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _wrong(_("内容读不出来，请检查是否有特殊字符。")) from error
    if not isinstance(body, dict) or not _named(body):
        raise _wrong(_("内容应为一行行的“名称: 值”。"))
    return body


def _named(value: Any) -> bool:
    """Whether every name in it is text."""
    if isinstance(value, dict):
        return all(isinstance(name, str) and _named(part) for name, part in value.items())
    return all(map(_named, value)) if isinstance(value, list) else True


def _wrong(message: str) -> Invalid:
    return Invalid(message, problems=[Problem("text", "format", message)])
