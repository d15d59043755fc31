"""How a procedure stands among the drafts. Private to this room."""

from __future__ import annotations

from yiwang.foundation.drafts import actions as drafts

KIND = "procedure"  # what drafts of procedures are called among the drafts


def body_of(name: str, bpmn: str) -> dict[str, str]:
    """Name and BPMN as a draft keeps them: lines end as XML readers see them."""
    return {"name": name.strip(), "bpmn": bpmn.replace("\r\n", "\n")}


def published(code: str, name: str, bpmn: str) -> None:
    """The procedure was published, in the act under way: a draft that says the same has done its work."""
    drafts.published(KIND, code, body_of(name, bpmn))
