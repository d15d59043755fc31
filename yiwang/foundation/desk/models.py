from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class SavedView(Record):
    """A list as somebody filtered it, under a name. ``query`` is the list's query string; shared, the whole agency sees it.

    Both may hold words that somebody searched for, which may be names, and are sealed.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+")
    agency = models.ForeignKey("orgs.Agency", models.CASCADE, null=True, related_name="+")
    listing = models.CharField(max_length=40)
    name = SealedTextField()
    query = SealedTextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["listing", "account"]), models.Index(fields=["listing", "agency"])]


class Export(AppendOnly, Record):
    """A list that left the platform as a file: who took it, which rows, and why.

    ``filters`` is the query string and ``purpose`` what the person wrote; both may name people and are sealed. ``sha256`` is of the file.
    """

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    listing = models.CharField(max_length=40)  # a plug of slots.listings
    filters = SealedTextField(blank=True)
    purpose = SealedTextField()
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
