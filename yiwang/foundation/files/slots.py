"""What rooms above may plug into files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.slots import Slot

# May this actor read this file, because it is part of something that they may read? A case vouches for its materials.
readers: Slot[Callable[[Actor, UUID], bool]] = Slot("files.readers")

# Looks at the content of a file; returns "" for clean, or the name of what it found. May raise: it is asked again later.
# While any scanner is plugged, a new file waits until all of them have called it clean. Without one, a file is clean.
Scanner = Callable[[Iterator[bytes]], str]
scanners: Slot[Scanner] = Slot("files.scanners")

# Which of these uploaded files (with the parties they belong to) does the room still need? Whoever keeps the id of an uploaded
# file plugs in: what no room names, and no library holds, is removed after some weeks.
in_use: Slot[Callable[[Collection[UUID], Collection[UUID]], set[UUID]]] = Slot("files.in_use")


@dataclass(frozen=True, slots=True)
class Template:
    """A document template that a room ships: Typst ``source`` set after ``prelude``, and ``sample``, which makes data to try it with.

    ``seals`` are the places for seals that the room fills; every version must have them.
    """

    name: Any
    source: str
    sample: Callable[[], dict[str, Any]]
    prelude: str = ""
    seals: tuple[str, ...] = ()


# Document templates by code. Officials may publish versions of their own (files.publish-template).
document_templates: Slot[Template] = Slot("files.document_templates")

# What kinds of material a library holds: code -> name for people.
material_kinds: Slot[Any] = Slot("files.material_kinds")
material_kinds.plug("identity", gettext_lazy("身份证件"))
material_kinds.plug("business-licence", gettext_lazy("营业执照"))
material_kinds.plug("premises", gettext_lazy("场所证明（产权证、租赁合同）"))
material_kinds.plug("health", gettext_lazy("健康证明"))
material_kinds.plug("education", gettext_lazy("学历、职业资格"))
material_kinds.plug("photo", gettext_lazy("照片"))
material_kinds.plug("other", gettext_lazy("其他材料"))
