from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.crypto.fields import SealedJSONField, SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class LicenceType(AppendOnly, Record):
    """One published version of a type of licence. Immutable: a licence keeps the version it was issued under."""

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    body = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the canonical body

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="licences_type_version")]

    def __str__(self) -> str:
        return self.name


class Licence(Record):
    """One edition of a licence. ``valid_until`` is the last day on which it holds; null means without end.

    ``edition`` is the 版本号 of GB/T 36904: changing, correcting and re-issuing (``cause``, with a ``note`` why) make the next
    one under the same number. ``number`` is printed and public; ``code`` is for checking and cannot be guessed. ``fields`` holds what the type
    declares, in the order of the type; ``holder_index`` is a keyed hash of the holder's name; ``shown`` is the mark of the code
    shown last (:mod:`.showing`). ``state`` is what has been written down; :meth:`state_on` also knows the calendar.
    """

    class State(models.TextChoices):
        VALID = "valid", "有效"
        EXPIRED = "expired", "已过期"
        ANNULLED = "annulled", "已注销"
        SUPERSEDED = "superseded", "已换发新证"

    class Cause(models.TextChoices):
        ISSUED = "issued", gettext_lazy("颁发")
        CHANGED = "changed", gettext_lazy("变更")
        CORRECTED = "corrected", gettext_lazy("更正")
        REISSUED = "reissued", gettext_lazy("补发、换发")

    class Ground(models.TextChoices):
        DEREGISTERED = "deregistered", "注销"
        REVOKED = "revoked", "撤销"
        WITHDRAWN = "withdrawn", "吊销"

    type = models.ForeignKey(LicenceType, models.PROTECT, related_name="licences")
    number = models.CharField(max_length=60)
    edition = models.PositiveSmallIntegerField(default=1)
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.ISSUED)
    note = models.CharField(max_length=200, blank=True)
    identifier = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=16, unique=True)
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    holder = SealedTextField(mask="name")
    holder_index = models.CharField(max_length=64, db_index=True)
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    case_number = models.CharField(max_length=24, blank=True, db_index=True)
    fields = SealedJSONField()
    issued_at = models.DateTimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.VALID)
    state_since = models.DateTimeField()
    ground = models.CharField(max_length=12, choices=Ground, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="successor")
    seal = models.ForeignKey("seals.Seal", models.PROTECT, related_name="+")
    file = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    shown = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "edition"], name="licences_edition")]
        indexes = [
            models.Index(fields=["party", "-created_at"]),
            models.Index(fields=["agency_path", "-created_at"]),
            models.Index(fields=["valid_until"], condition=models.Q(state="valid"), name="licences_running_out"),
        ]

    def __str__(self) -> str:
        return self.number

    def state_on(self, day: dt.date) -> str:
        """The state on a day: "pending" before it begins, "expired" from the day after its last."""
        if self.state == self.State.VALID and self.valid_until and day > self.valid_until:
            return str(self.State.EXPIRED)
        if self.state == self.State.VALID and day < self.valid_from:
            return "pending"
        return self.state

    @property
    def state_now(self) -> str:
        return self.state_on(timezone.localdate())

    @property
    def state_words(self) -> str:
        """The state as people are told it."""
        return words_of(self.state_now, self.ground)

    @property
    def shown_holder(self) -> str:
        """The holder on pages: an organisation's name in full, a person's masked."""
        return self.holder.plain() if self.party.kind == "organisation" else str(self.holder)

    @property
    def shown_code(self) -> str:
        """The checking code in groups, as it is printed."""
        return "-".join(self.code[i : i + 4] for i in range(0, len(self.code), 4))

    @property
    def check_path(self) -> str:
        """The public page that answers whether it holds."""
        return f"/l/{self.code}"


def words_of(state: str, ground: str = "") -> str:
    """A state of a licence in words."""
    if state == Licence.State.ANNULLED:
        grounds = {"deregistered": _("已注销"), "revoked": _("已撤销"), "withdrawn": _("已吊销")}
        return grounds.get(ground, _("已注销"))
    return {
        "valid": _("有效"),
        "pending": _("尚未生效"),
        "expired": _("已过期"),
        "superseded": _("已换发新证，本证作废"),
    }[state]


class Series(models.Model):
    """The last serial number given in one series of numbers."""

    key = models.CharField(max_length=160, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)
