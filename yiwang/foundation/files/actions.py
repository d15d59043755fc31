"""Storing files, and keeping a library of materials."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from typing import Any, BinaryIO, TypeAlias
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Level, UnfinishedAct, act, once, owner, require, running
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem, TooLarge

from .inspection import SUFFIXES, recognise
from .models import Material, StoredFile, TemplateVersion
from .names import clean_name
from .queries import LARGEST_LIBRARY, as_missing, unused
from .slots import in_use, material_kinds, scanners
from .templates import newest, shipped, tried
from .uploads import ReceivedFile, limit
from .vault import CHUNK, Draft, PastLimit

LONGEST_TITLE = 80
LONGEST_NOTE = 200
DISCARD_BATCH = 200
Source: TypeAlias = "BinaryIO | UploadedFile[Any] | bytes"  # where content comes from


def _too_large() -> TooLarge:
    message = _("文件超过了 %(limit)d MB 的上限。请压缩图片、降低扫描分辨率，或拆成几个文件后再上传。") % {
        "limit": limit() // (1024 * 1024)
    }
    return TooLarge(message, problems=[Problem("file", "too-large", message)])


def _drafted(content: Source) -> Draft:
    """The content as a draft in the store, not read further than the limit."""
    if isinstance(content, ReceivedFile):
        if content.too_large:
            raise _too_large()
        return content.draft
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    draft = Draft(limit())
    try:
        while piece := source.read(CHUNK):
            draft.write(piece)
        draft.seal()
    except PastLimit:
        draft.discard()
        raise _too_large() from None
    except BaseException:
        draft.discard()
        raise
    return draft


def _put(actor: Actor, name: str, content: Source, party_id: UUID | None, purpose: str) -> StoredFile:
    """Check the content and store it, as part of the act under way."""
    draft = _drafted(content)
    try:
        with io.BufferedReader(draft.open(), CHUNK) as reader:
            kind = recognise(reader, draft.size)
        draft.adopt()
    finally:
        if not isinstance(content, ReceivedFile):  # an upload belongs to its request, which drops it when it ends
            draft.discard()
    file = StoredFile(
        name=clean_name(name, kind.suffixes, SUFFIXES), media_type=kind.media_type, size=draft.size, sha256=draft.sha256,
        party_id=party_id, purpose=purpose, stored_by=actor.account_id,
        state=StoredFile.State.WAITING if scanners.values() else StoredFile.State.CLEAN,
    )  # fmt: skip
    file.save(force_insert=True)
    record("file", file.id, {"sha256": file.sha256, "size": file.size, "type": kind.code, "purpose": purpose})
    if file.state == StoredFile.State.WAITING:
        from .jobs import scan

        enqueue(scan, key=f"files.scan:{file.id}", file_id=str(file.id))
    return file


@act("files.store", gettext_lazy("上传文件"), party=True, level=Level.FACE, any_matter=True)
def store(
    actor: Actor,
    *,
    name: str,
    content: Source,
    party_id: UUID | None,
    purpose: str = "material",
    key: str = "",
) -> StoredFile:
    """Store what somebody brings. Its type is told by its content, its name is cleaned.

    ``content`` may be a Django upload; it is read once, never past the limit. The bytes are durable before the row is.
    ``key`` is an Idempotency-Key. Raises :class:`Invalid` for a type that is not accepted, a damaged, locked or active
    document, and :class:`TooLarge`; each says what to do.
    """
    require(actor, owner(party_id), subject=f"party:{party_id}")
    request = {"name": name, "party": party_id, "purpose": purpose}
    file_id, _made = once(actor, key, request, lambda: str(_put(actor, name, content, party_id, purpose).id))
    return StoredFile.objects.get(id=file_id)


def keep(*, name: str, content: bytes, media_type: str, party_id: UUID | None = None, purpose: str) -> StoredFile:
    """Keep a paper that the node itself made, as part of the act under way. It is trusted: no inspection, no limit."""
    if running() is None:
        raise UnfinishedAct("files.keep belongs inside an act")
    with Draft() as draft:
        draft.write(content)
        draft.adopt()
    file = StoredFile(
        name=clean_name(name),
        media_type=media_type,
        size=draft.size,
        sha256=draft.sha256,
        party_id=party_id,
        purpose=purpose,
    )
    file.save(force_insert=True)
    return file


@act("files.judge", gettext_lazy("记录文件安全检查结果"))
def judge(actor: Actor, file_id: UUID, found: str) -> StoredFile:
    """Open a waiting file to its readers, or refuse it for good when ``found`` names something. Announces file.refused."""
    require(actor, subject=f"file:{file_id}")
    file = StoredFile.objects.select_for_update().get(id=file_id)
    if file.state != StoredFile.State.WAITING:
        raise Conflict(_("这个文件已经检查过了。"))
    file.state = StoredFile.State.REFUSED if found else StoredFile.State.CLEAN
    file.save(update_fields=["state"])
    record("file", file.id, {"state": file.state, "found": found[:80]})
    if found:
        emit("file.refused", file.id, {"party": file.party_id, "purpose": file.purpose})
    return file


@act("files.discard", gettext_lazy("清理没有用到的上传文件"))
def discard(actor: Actor, before: dt.datetime, after: UUID | None = None) -> tuple[int, UUID | None]:
    """Remove uploaded files older than ``before`` that no library holds and no room needs, a batch at a time. Done by a job.

    ``after`` is where the last batch ended. Returns how many were removed and where this batch ended, None at the end.
    The content goes by the sweep, a day later. Papers of the node itself are never removed.
    """
    require(actor)
    rows = unused(before).select_for_update(of=("self",))
    batch = list((rows.filter(id__gt=after) if after else rows).order_by("id")[:DISCARD_BATCH])
    ids, parties = {file.id for file in batch}, {file.party_id for file in batch if file.party_id is not None}
    for needed in in_use.values() if ids else ():
        ids -= needed(ids, parties)
    StoredFile.objects.filter(id__in=ids).delete()
    record("file", "unused", {"before": before, "files": sorted(str(found) for found in ids)})
    return len(ids), batch[-1].id if len(batch) == DISCARD_BATCH else None


def _checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        message = (
            _("请给材料起个名字，例如“2026年房屋租赁合同”。")
            if not title
            else _("材料名字最长 %(n)d 个字，请写短一些。") % {"n": LONGEST_TITLE}
        )
        raise Invalid(message, problems=[Problem("title", "required" if not title else "max-length", message)])
    return title


def _checked_validity(valid_until: dt.date | None) -> dt.date | None:
    if valid_until is not None and valid_until < timezone.localdate():
        message = _("这份材料的有效期已经过了，办事时用不上。请上传新的材料，或者核对日期。")
        raise Invalid(message, problems=[Problem("valid_until", "expired", message)])
    return valid_until


def _checked_kind(kind: str) -> str:
    if kind not in material_kinds:
        message = _("请从列表中选一类材料。")
        raise Invalid(message, problems=[Problem("kind", "choice", message)])
    return kind


def _add(file: StoredFile, party_id: UUID, kind: str, title: str, valid_until: dt.date | None) -> Material:
    if Material.objects.filter(party=party_id).count() >= LARGEST_LIBRARY:
        raise Invalid(
            _("材料库最多放 %(n)d 份材料，已经满了。请先移除不用的材料。") % {"n": LARGEST_LIBRARY}, code="library-full"
        )
    try:
        with transaction.atomic():
            material = Material.objects.create(
                party_id=party_id, file=file, kind=kind, title=title, valid_until=valid_until
            )
    except IntegrityError:  # added before
        material = Material.objects.select_related("file").get(party=party_id, file=file)
    record("material", material.id, {"file": file.id, "kind": material.kind, "valid_until": material.valid_until})
    return material


@act("files.add-to-library", gettext_lazy("存入材料库"), party=True, level=Level.FACE)
def add_to_library(actor: Actor, file_id: UUID, *, kind: str, title: str, valid_until: dt.date | None) -> Material:
    """Put a stored file into the library of the party it belongs to. The same file again gives the first material."""
    file = StoredFile.objects.filter(id=file_id).first()
    with as_missing(_("没有找到这个文件，请重新上传。")):
        require(actor, owner(file.party_id if file else actor.party_id), subject=f"file:{file_id}")
    if file is None or file.party_id is None:
        raise Missing(_("没有找到这个文件，请重新上传。"))
    return _add(file, file.party_id, _checked_kind(kind), _checked_title(title), _checked_validity(valid_until))


@act("files.add-material", gettext_lazy("上传材料到材料库"), party=True, level=Level.FACE)
def add_material(
    actor: Actor, *, name: str, content: Source | None, kind: str, title: str, valid_until: dt.date | None
) -> Material:
    """Store a file and put it into the library of the party acted for, both or neither. All problems are told at once."""
    require(actor, owner(actor.party_id), subject="library")
    problems: list[Problem] = []
    for check in (
        lambda: _checked_title(title),
        lambda: _checked_kind(kind),
        lambda: _checked_validity(valid_until),
    ):
        try:
            check()
        except Invalid as refusal:
            problems += refusal.problems
    if content is None:
        message = _("请选择要上传的文件。")
        problems.insert(0, Problem("file", "required", message))
    if problems:
        raise Invalid(_("有几处需要改正。"), problems=problems)
    assert content is not None
    assert actor.party_id is not None  # somebody without a party was refused above
    return _add(
        _put(actor, name, content, actor.party_id, "material"), actor.party_id, kind, _checked_title(title), valid_until
    )


def _own_material(actor: Actor, material_id: UUID) -> Material:
    """The material, of a party that the actor may act for."""
    message = _("没有找到这份材料，可能已经移除。")
    material = Material.objects.select_related("file").filter(id=material_id).first()
    with as_missing(message):
        require(actor, owner(material.party_id if material else actor.party_id), subject=f"material:{material_id}")
    if material is None:
        raise Missing(message)
    return material


@act("files.change-material", gettext_lazy("修改材料信息"), party=True, level=Level.FACE)
def change_material(
    actor: Actor, material_id: UUID, *, title: str, kind: str = "", valid_until: dt.date | None = None
) -> Material:
    """Give a material another title, kind ("" keeps it) and validity."""
    material = _own_material(actor, material_id)
    material.title = _checked_title(title)
    material.kind = _checked_kind(kind) if kind else material.kind
    if valid_until != material.valid_until:
        material.valid_until = _checked_validity(valid_until)
    material.save(update_fields=["title", "kind", "valid_until"])
    record("material", material.id, {"kind": material.kind, "valid_until": material.valid_until})
    return material


@act("files.remove-from-library", gettext_lazy("移出材料库"), party=True, level=Level.FACE)
def remove_from_library(actor: Actor, material_id: UUID) -> None:
    """Take a material out of the library. Cases that were given its file keep it."""
    material = _own_material(actor, material_id)
    record("material", material.id, {"file": material.file_id})
    material.delete()


@act("files.publish-template", gettext_lazy("发布文书模板"))
def publish_template(actor: Actor, code: str, source: str, note: str) -> TemplateVersion:
    """Publish the next version of a document template: papers made from now on are set by it. Versions are never changed.

    It is tried first, with the sample data. Raises :class:`Invalid` for one that cannot be set or lost its place for a seal, and
    :class:`Conflict` when nothing changed.
    """
    require(actor, NODE, subject=f"template:{code[:60]}")
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        said = _("请写明改了什么，不超过 200 个字。")
        raise Invalid(said, problems=[Problem("note", "length", said)])
    source = source.replace("\r\n", "\n")
    tried(code, source)
    last = newest(code)
    if source == (last.source if last else shipped(code).source):
        raise Conflict(_("模板和现在的一样，没有改动。"))
    made = TemplateVersion.objects.create(
        code=code, version=last.version + 1 if last else 1, source=source, note=note, published_by=actor.reference(),
        digest=hashlib.sha256(source.encode()).hexdigest(),
    )  # fmt: skip
    record("template", code, {"version": made.version, "sha256": made.digest})
    return made
