"""What proves a material: files of one's own that are sound, materials of one's library while they hold, data."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, about, acts_for, owner, require
from yiwang.foundation.files import queries as files
from yiwang.foundation.files.queries import Material, StoredFile
from yiwang.kernel.refusals import Invalid, Problem
from yiwang.services.items.queries import MaterialNeed

from .checks import Gathered
from .models import Draft, Evidence, FilingMaterial

LARGEST_PER_MATERIAL = 10  # files


def own_file(actor: Actor, file_id: UUID, field: str) -> StoredFile:
    """A file of a party that the actor may act for. An official who may read other people's files may not hand them in.

    Inside an act. Somebody else's file is refused like one that does not exist, and the attempt is kept. Raises :class:`Invalid`
    for a file in which a scanner found something.
    """
    file = files.stored(actor, file_id)
    with files.as_missing(_("没有找到这个文件，请重新选择。")):
        require(actor, owner(file.party_id), subject=f"file:{file_id}")
    if file.state == StoredFile.State.REFUSED:
        message = _("“%(name)s”没有通过安全检查，请换一个文件。") % {"name": file.name}
        raise Invalid(message, problems=[Problem(field, "refused", message)])
    return file


def library_for(actor: Actor, party_id: UUID, item_code: str) -> list[Material]:
    """The materials that somebody may choose from who applies for a party: the party's, and those of the party they act for now."""
    actor = about(actor, item_code)
    found = files.library(actor, party_id=party_id)
    others = actor.party_id not in (None, party_id) and acts_for(actor, actor.party_id)
    return found + files.library(actor) if others else found


def library_title(actor: Actor, draft: Draft, file: StoredFile, field: str) -> str:
    """What a file of one's own is called in the library, if it still holds. Raises :class:`Invalid` when it is out of date."""
    choices = library_for(actor, draft.party_id, draft.item_code)
    kept = next((material for material in choices if material.file_id == file.id), None)
    if kept is None:
        message = _("材料库里没有这份材料，可能已经移出。请重新选择。")
        raise Invalid(message, problems=[Problem(field, "choice", message)])
    if kept.valid_until is not None and kept.valid_until < timezone.localdate():
        message = _("“%(title)s”已经过了有效期，请换一份。") % {"title": kept.title}
        raise Invalid(message, problems=[Problem(field, "expired", message)])
    return kept.title


def handed_in(gathered: Sequence[Gathered]) -> list[FilingMaterial]:
    """The materials as they are handed in: files with their hashes, data and licences with their source."""
    rows: list[FilingMaterial] = []
    for material in gathered:
        for given in material.given:
            rows.append(
                FilingMaterial(
                    code=given.code, name=given.name, how=given.how, file_id=given.file_id, source=given.source, sha256=given.sha256
                )
            )  # fmt: skip
        if material.by_data and not material.given:
            rows.append(by_data(material.need))
    return rows


def by_data(need: MaterialNeed) -> FilingMaterial:
    """A material that the node proves itself."""
    assert need.replaced_by is not None
    return FilingMaterial(
        code=need.code, name=need.name, how=need.replaced_by.kind, source=need.replaced_by.label[:200]
    )


def uploaded(need_code: str, name: str, file: StoredFile) -> FilingMaterial:
    """A material proven by a file."""
    return FilingMaterial(
        code=need_code, name=name, how=Evidence.How.UPLOAD, file_id=file.id, source=file.name[:200], sha256=file.sha256
    )
