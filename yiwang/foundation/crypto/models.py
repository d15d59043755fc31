from __future__ import annotations

from django.db import models

from yiwang.kernel.models import Record


class Key(Record):
    """One version of one key.

    ``owner`` is "node", "agency:<code>" or "party:<id>"; ``purpose`` says what the key may be used for, and a key is never
    used for two purposes. ``secret`` is wrapped by the master key; ``public`` is DER (SubjectPublicKeyInfo) or empty.
    """

    owner = models.CharField(max_length=80)
    purpose = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    algorithm = models.CharField(max_length=20)
    secret = models.BinaryField()
    public = models.BinaryField(default=bytes)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "purpose", "version"], name="crypto_key_version")]


class Certificate(Record):
    """An X.509 certificate of one of the node's keys: the ``number``-th for that key.

    ``role`` is what the certificate vouches for (:mod:`.certificates`). The root is its own issuer (``issuer`` is null).
    """

    key = models.ForeignKey(Key, models.PROTECT, related_name="certificates")
    number = models.PositiveSmallIntegerField(default=1)
    issuer = models.ForeignKey("self", models.PROTECT, null=True, related_name="issued")
    role = models.CharField(max_length=20)
    subject = models.CharField(max_length=200)
    serial = models.CharField(max_length=40, unique=True)  # hex
    der = models.BinaryField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "number"], name="crypto_certificate_number")]
