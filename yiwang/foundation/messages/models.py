from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedJSONField
from yiwang.kernel.models import Record

from .slots import templates


class Message(Record):
    """One message to one party. ``data`` fills the template and may name people; ``link`` is an address on this node."""

    party = models.ForeignKey("accounts.Party", models.CASCADE, related_name="+")
    template = models.CharField(max_length=60)
    data = SealedJSONField()
    link = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["party", "id"]),
            models.Index(fields=["party"], condition=models.Q(read_at=None), name="messages_unread"),
        ]

    def _filled(self, part: str) -> str:
        template = templates.get(self.template)
        if template is None:  # the room that declared it is not installed any more
            return self.template
        filled: str = str(getattr(template, part)) % self.data
        return filled

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self._filled("title")

    @property
    def text(self) -> str:
        """The text in the reader's language."""
        return self._filled("text")

    @property
    def asks(self) -> bool:
        """Whether the person has something to do."""
        template = templates.get(self.template)
        return template is not None and template.asks


class Delivery(Record):
    """A message on its way through one other channel. ``delivered_at`` is set when the channel took it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=40)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "channel"], name="messages_delivery_once")]
