from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.models import Record


class Mandate(Record):
    """What one party lets another person do for it.

    The agent is named by a keyed hash of their identity number (as in :class:`Party.code_hash`): an offer finds its way whether or not
    they have an account, and the giver does not learn which. ``matters`` are items' codes, empty for everything. ``until`` is the first
    day on which it no longer holds. ``standing`` is what acceptance made.
    """

    class State(models.TextChoices):
        OFFERED = "offered", _("等对方接受")
        HELD = "held", _("有效")
        DECLINED = "declined", _("对方没有接受")
        ENDED = "ended", _("已结束")

    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="mandates")
    given_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    agent_name = SealedTextField()
    agent_hash = models.CharField(max_length=64)
    agent = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    matters = models.JSONField(default=list)
    until = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    offer_ends = models.DateField()
    standing = models.ForeignKey("accounts.Standing", models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=6, blank=True)  # giver or agent

    class Meta:
        indexes = [models.Index(fields=["party", "-created_at"]), models.Index(fields=["agent_hash", "-created_at"])]

    def state_on(self, day: dt.date) -> str:
        """The state as of a day: what has run out has ended, though nobody wrote it down."""
        if self.state == self.State.OFFERED and day >= min(self.offer_ends, self.until):
            return self.State.ENDED
        if self.state == self.State.HELD and day >= self.until:
            return self.State.ENDED
        return self.state
