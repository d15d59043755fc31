from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class Contact(Record):
    """One service contact that has ended and may be rated once. Coverage 覆盖率 is counted over these rows.

    ``kind`` is a plug of ``slots.contacts`` and ``key`` names the thing there (a case's number). ``judged`` are the accounts that served:
    they are never shown who rated, and never handle what follows. ``item_*``, ``agency`` and ``channel`` are as they were then.
    """

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=40)
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    item_code = models.CharField(max_length=80)
    item_name = models.CharField(max_length=200)
    channel = models.CharField(max_length=12)
    ended_at = models.DateTimeField()
    judged = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="ratings_contact_once")]
        indexes = [models.Index(fields=["agency_path", "ended_at"]), models.Index(fields=["item_code", "ended_at"])]


class Rating(AppendOnly, Record):
    """What the party said of a contact; written once and never changed. ``followup`` is the case that a bad one opened.

    The text is in the person's own words, which may name people: it is sealed.
    """

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="rating")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    grade = models.PositiveSmallIntegerField()
    tags = models.JSONField(default=list)
    indicators = models.PositiveSmallIntegerField()  # version of the set that the tags are from
    text = SealedTextField(blank=True)
    channel = models.CharField(max_length=12)
    followup = models.OneToOneField("cases.Case", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(grade__gte=1, grade__lte=5), name="ratings_grade_one_to_five")
        ]
