"""Files that are dropped into the pipeline's folder or handed over by a program or a person, and data of the node itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.data.engine.queries import lake
from yiwang.data.pipelines import formats
from yiwang.data.pipelines.slots import Asked, Pulled, own_data
from yiwang.kernel.refusals import Missing, Problem

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


def inbox(pipeline: str) -> Path:
    """The folder into which files for a pipeline are dropped."""
    return environment.data_dir / "inbox" / pipeline


def waiting(pipeline: str) -> list[Path]:
    """The files that wait in the folder, by name. One that is still being written (".part", a leading dot) is not yet there."""
    folder = inbox(pipeline)
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir()
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".") and not path.name.endswith(UNFINISHED)
    )  # fmt: skip


class FileSource:
    """``format`` (csv, xlsx, json, jsonl, fixed; told by the name), ``encoding``, ``delimiter``, ``sheet``, ``path``, ``columns``."""

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        return formats.check(options)

    def pull(self, asked: Asked) -> Pulled:
        given = asked.wanted.get("given")
        if given:
            path = lake().path(str(given))
            if not path.exists():
                raise Missing(_("要归集的文件不在了，请重新上传。"))
            return Pulled(str(asked.wanted.get("name") or path.name), file=path, form=asked.options)
        found = waiting(asked.pipeline)
        if not found:
            return Pulled("", empty=True)
        return Pulled(found[0].name, file=found[0], form=asked.options)


class PushSource(FileSource):
    """Rows that another system hands over through the API, one JSON object a line; or a file that a person uploads."""

    def pull(self, asked: Asked) -> Pulled:
        if not asked.wanted.get("given"):
            return Pulled("", empty=True)
        return super().pull(asked)


class OwnSource:
    """``data``: the name of a plug of ``slots.own_data``."""

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        if options.get("data") not in own_data:
            return [
                Problem(
                    "data", "unknown", _("本节点没有名为 %(name)s 的数据。") % {"name": str(options.get("data"))[:40]}
                )
            ]
        return []

    def pull(self, asked: Asked) -> Pulled:
        name = str(asked.options["data"])
        opened = formats.objects(own_data[name](asked.cursor), asked.columns)

        def rows() -> Iterator[Any]:
            yield from opened.rows

        return Pulled(
            _("本节点：%(name)s") % {"name": name}, columns=opened.columns, rows=rows(), refused=opened.refused
        )
