"""Reading files. Somebody else's file and a file that is not there get the same answer; the attempt is kept."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, allowed, owner, permission, require
from yiwang.foundation.crypto.queries import Unreadable
from yiwang.kernel.refusals import Conflict, Denied, Missing, Refusal

from .models import Material, StoredFile, TemplateVersion
from .papers import Attachment, PaperError, draw, qr_svg, render_paper
from .slots import document_templates, material_kinds, readers
from .templates import newest, render_document, sample_text, shipped, tried
from .vault import open_content

__all__ = [
    "LARGEST_LIBRARY",
    "READ",
    "READ_TEMPLATES",
    "Attachment",
    "Material",
    "PaperError",
    "ShownTemplate",
    "StoredFile",
    "as_missing",
    "compare_templates",
    "draw",
    "kind_name",
    "library",
    "material",
    "open_file",
    "preview_template",
    "qr_svg",
    "read_bytes",
    "render_document",
    "render_paper",
    "stored",
    "template",
    "templates",
]

READ = permission("files.read", gettext_lazy("查看文件"), party=True, level=Level.FACE)
READ_TEMPLATES = permission("files.templates", gettext_lazy("查看文书模板"))
LARGEST_LIBRARY = 200  # materials of one party
MOST_VERSIONS = 200  # of one template in a list
log = structlog.get_logger("yiwang.files")


def _nothing() -> str:
    return _("没有找到这个文件，或者您不能查看它。请从“我的材料”或办件页面打开。")


@contextmanager
def as_missing(message: str) -> Iterator[None]:
    """Answer a denial inside the block as if there were no such thing. The denial is kept all the same."""
    try:
        yield
    except Denied as denied:
        if denied.code != Denied.code:  # it is theirs, and they are told what they lack for it
            raise
        denied.message, denied.code, denied.status = message, Missing.code, Missing.status
        raise


def _may_read(actor: Actor, file: StoredFile) -> bool:
    if allowed(actor, READ, owner(file.party_id)):
        return True
    if actor.account_id is not None and file.stored_by == actor.account_id:
        return True
    return any(vouches(actor, file.id) for vouches in readers.values())


def stored(actor: Actor, file_id: UUID) -> StoredFile:
    """What is known of a file: its name, type, size, hash and state. Raises :class:`Missing`'s answer for anybody else's."""
    file = StoredFile.objects.filter(id=file_id).first()
    if file is None or not _may_read(actor, file):
        with as_missing(_nothing()):
            require(actor, owner(file.party_id if file else None), READ, subject=f"file:{file_id}")
    if file is None:
        raise Missing(_nothing())
    return file


def _ready(file: StoredFile) -> StoredFile:
    if file.state == StoredFile.State.WAITING:
        raise Conflict(
            _("“%(name)s”正在做安全检查，通常几分钟就好。请稍后再打开。") % {"name": file.name}, code="file-waiting"
        )
    if file.state == StoredFile.State.REFUSED:
        raise Conflict(
            _("“%(name)s”没有通过安全检查，不能打开。请换一台电脑重新导出后再上传。") % {"name": file.name},
            code="file-refused",
        )
    return file


def _content(file: StoredFile) -> Iterator[bytes]:
    try:
        return open_content(file.sha256).chunks()
    except Unreadable as error:
        log.exception("a stored file cannot be read", file=str(file.id), sha256=file.sha256)
        refusal = Refusal(
            _("“%(name)s”的内容暂时读不出来，问题已经记录。请联系管理员，并告知文件编号 %(id)s。")
            % {"name": file.name, "id": file.id},
            code="file-unreadable",
        )
        refusal.status = 500
        raise refusal from error


def open_file(actor: Actor, file_id: UUID) -> tuple[StoredFile, Iterator[bytes]]:
    """A file and its content in pieces. Raises :class:`Conflict` while it waits for a scanner or was refused by one."""
    file = _ready(stored(actor, file_id))
    return file, _content(file)


def read_bytes(file_id: UUID) -> bytes:
    """The whole content, without asking who reads: for rooms above that have asked. Raises StoredFile.DoesNotExist."""
    return b"".join(_content(_ready(StoredFile.objects.get(id=file_id))))


def library(actor: Actor, kind: str = "", *, party_id: UUID | None = None) -> list[Material]:
    """The materials of the party acted for (or of another one that the actor may act for), newest first, of one ``kind`` if given.

    Files come with them. One query.
    """
    party_id = party_id or actor.party_id
    require(actor, owner(party_id), READ, subject="library")
    found = Material.objects.filter(party__in=[party_id]).select_related("file")
    if kind:
        found = found.filter(kind=kind)
    return list(found.order_by("-created_at", "-id")[:LARGEST_LIBRARY])


def unused(before: dt.datetime) -> QuerySet[StoredFile]:
    """Files that somebody brought for a party before a moment and that no library holds; rooms above may need them."""
    brought = StoredFile.objects.filter(created_at__lt=before, stored_by__isnull=False, party__isnull=False)
    return brought.filter(materials__isnull=True)


def kind_name(code: str) -> str:
    """The name of a kind of material; the code itself when its plug is gone."""
    return str(material_kinds.get(code) or code)


def material(actor: Actor, material_id: UUID) -> Material:
    """One material of a party that the actor may act for, with its file."""
    message = _("没有找到这份材料，可能已经移除。")
    found = Material.objects.select_related("file").filter(id=material_id).first()
    with as_missing(message):
        require(actor, owner(found.party_id if found else actor.party_id), READ, subject=f"material:{material_id}")
    if found is None:
        raise Missing(message)
    return found


@dataclass(frozen=True, slots=True)
class ShownTemplate:
    """A document template as staff see it. Version 0 is the shipped one; ``versions`` are newest first."""

    code: str
    name: str
    version: int
    source: str
    sample: str
    versions: list[TemplateVersion]


def templates(actor: Actor) -> list[tuple[str, str, TemplateVersion | None]]:
    """Code, name and newest published version of every document template, by name. One query."""
    require(actor, permission=READ_TEMPLATES, subject="templates")
    last: dict[str, TemplateVersion] = {}
    for row in TemplateVersion.objects.filter(code__in=list(document_templates)).defer("source").order_by("version"):
        last[row.code] = row
    return sorted(
        ((code, str(item.name), last.get(code)) for code, item in document_templates.items()), key=lambda row: row[1]
    )


def template(actor: Actor, code: str) -> ShownTemplate:
    """One document template with its versions."""
    require(actor, permission=READ_TEMPLATES, subject=f"template:{code[:60]}")
    item, last = shipped(code), newest(code)
    versions = list(TemplateVersion.objects.filter(code=code).order_by("-version")[:MOST_VERSIONS])
    source = last.source if last else item.source
    return ShownTemplate(code, str(item.name), last.version if last else 0, source, sample_text(item), versions)


def _source_of(code: str, version: int) -> str:
    if version == 0:
        return shipped(code).source
    found = TemplateVersion.objects.filter(code=code, version=version).first()
    if found is None:
        raise Missing(_("没有这个版本。"))
    return found.source


def compare_templates(actor: Actor, code: str, one: int, other: int) -> list[str]:
    """The lines in which two versions of a template differ, as a unified diff."""
    require(actor, permission=READ_TEMPLATES, subject=f"template:{code[:60]}")
    before, after = (_source_of(code, version).splitlines() for version in (one, other))
    return list(difflib.unified_diff(before, after, str(one), str(other), lineterm=""))


def preview_template(actor: Actor, code: str, source: str | None = None, version: int = 0) -> bytes:
    """The PDF of a source that somebody is editing, or of a version, with sample data. Raises :class:`Invalid`."""
    require(actor, permission=READ_TEMPLATES, subject=f"template:{code[:60]}")
    return tried(code, _source_of(code, version) if source is None else source)
