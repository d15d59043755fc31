"""What rooms plug into messages: the templates that they send, and channels beside the inbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from yiwang.kernel.slots import Slot

_VARIABLE = re.compile(r"%\((\w+)\)")


@dataclass(frozen=True, slots=True)
class Template:
    """The words of one kind of message, as lazy translations with %(name)s for data. ``asks``: the person has to act."""

    title: Any
    text: Any
    asks: bool = False

    def variables(self) -> set[str]:
        """The names that a message of this kind must bring."""
        return set(_VARIABLE.findall(f"{self.title}{self.text}"))


# code -> template. A room declares its templates when it starts: templates.plug("application-accepted", Template(_("…"), _("…")))
templates: Slot[Template] = Slot("messages.templates")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a channel sees it. ``id`` is the same at every try; ``link`` is a whole address, or empty."""

    id: UUID
    party_id: UUID
    title: str
    text: str
    link: str


class Channel(Protocol):
    """A way to reach a party beside the inbox: SMS, e-mail, a chat service."""

    def deliver(self, message: Outgoing) -> None:
        """Hand the message over, or raise: it is tried again, with growing pauses. May be called twice for one message. A party
        that this channel cannot reach is no error."""
        ...


channels: Slot[Channel] = Slot("messages.channels")
