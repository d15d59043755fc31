from __future__ import annotations

from django.db import models

from yiwang.kernel.ids import uuid7
from yiwang.kernel.models import AppendOnly


class Entry(AppendOnly):
    """One act. ``content`` is the canonical JSON that was hashed; ``leaf`` is SHA-256(0x00 ‖ content) in hex.

    The other columns repeat parts of ``content`` so that entries can be found; the audit compares them. The store itself
    puts each new entry among the :class:`Waiting` and refuses to change one (triggers, :mod:`.guards`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_index=True)
    act = models.CharField(max_length=80)
    actor = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    content = models.TextField()
    leaf = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["kind", "subject", "at"])]


class Waiting(models.Model):
    """An entry that has no place in the tree yet.

    Why a table: entry ids are made before commit, so a slow transaction can bring an older id later. Whoever looked only for
    ids above the last one placed would skip it; a row here cannot be skipped.
    """

    entry = models.OneToOneField(Entry, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+")


class Leaf(AppendOnly):
    """The place of an entry in the tree: the order in which entries were taken, without gaps, from 0. ``hash`` is in hex."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.DO_NOTHING, db_constraint=False, related_name="place")
    hash = models.CharField(max_length=64)


class Node(AppendOnly):
    """The root of a complete subtree of 256 ** ``level`` leaves; ``index`` counts them from the left within a level.

    ``hash`` is in hex.
    """

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_node_place")]


class Head(AppendOnly):
    """A signed statement: at ``at`` the tree had ``size`` leaves and this root. ``key`` is the version of the signing key."""

    size = models.BigIntegerField(db_index=True)
    root = models.CharField(max_length=64)
    at = models.DateTimeField()
    key = models.PositiveIntegerField()
    signature = models.CharField(max_length=160)  # DER in hex
