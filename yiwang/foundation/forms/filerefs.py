"""References to files inside answers: checked and named for the one who acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.files.queries import StoredFile, stored
from yiwang.kernel.refusals import Problem, Refusal

if TYPE_CHECKING:
    from .compiled import Field


def ids(value: Any) -> list[str]:
    """The ids in an answer of a file field."""
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def named(field: Field, value: Any) -> list[str]:
    """The ids of files in an answer, of a file field and of the file columns of rows."""
    if field.widget == "file":
        return ids(value)
    columns = [column for column in field.columns if column.widget == "file"]
    rows = value if columns and isinstance(value, list) else []
    return [file for row in rows if isinstance(row, dict) for column in columns for file in ids(row.get(column.name))]


def found(value: Any, actor: Actor | None) -> list[StoredFile]:
    """The files of an answer that the actor may read; none without an actor."""
    files: list[StoredFile] = []
    if actor is None:
        return files
    for file_id in ids(value):
        try:
            files.append(stored(actor, UUID(file_id)))
        except (Refusal, ValueError):
            continue
    return files


def file_problems(name: str, label: str, value: Any, actor: Actor | None) -> list[Problem]:
    """What is wrong with the references: a file that is not there, or is somebody else's."""
    if len(found(value, actor)) == len(ids(value)):
        return []
    return [Problem(name, "file", _("“%(label)s”里选的文件找不到了，请重新选择或上传。") % {"label": label})]
