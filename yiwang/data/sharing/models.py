from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedJSONField, SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class Client(Record):
    """A system of an agency that may call the gateway. ``account`` is how the ledger names it; nobody can sign in with that account."""

    class State(models.TextChoices):
        ACTIVE = "active", "在用"
        SUSPENDED = "suspended", "暂停"
        REMOVED = "removed", "注销"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    account = models.OneToOneField("accounts.Account", models.PROTECT, related_name="+")
    scopes = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    contact = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.name


class Credential(Record):
    """One way in which a client proves itself. ``name`` is the keyid of a signature or the fingerprint of a certificate.

    Of a secret only a keyed hash is kept. ``until`` is the end of its life; after a rotation the former one holds a while longer.
    """

    class Kind(models.TextChoices):
        KEY = "key", "签名公钥"
        SECRET = "secret", "客户端密码"
        CERTIFICATE = "certificate", "客户端证书"

    client = models.ForeignKey(Client, models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=100, unique=True)
    algorithm = models.CharField(max_length=30, blank=True)
    public = models.TextField(blank=True)  # of a key: SubjectPublicKeyInfo, PEM
    secret_hash = models.CharField(max_length=64, blank=True)
    until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Nonce(models.Model):
    """A nonce that was used with a key: kept until no signature with it can be valid any more, so that a request is taken once."""

    keyid = models.CharField(max_length=100)
    nonce = models.CharField(max_length=64)
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["keyid", "nonce"], name="sharing_nonce_once")]


class Grant(Record):
    """What one agency may do with one resource. ``shape`` repeats of the catalogue what a use needs: place, keys, fields and masks.

    ``item`` names the service item or business; ``basis`` the law. ``per_day`` counts rows. ``by_law`` (依法授权): the duty follows from
    the law of an item, nobody applied. ``cache`` are the seconds for which the provider lets answers be kept.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "有效"
        SUSPENDED = "suspended", "暂停"
        REVOKED = "revoked", "收回"

    number = models.CharField(max_length=24, unique=True)
    resource = models.CharField(max_length=120)
    resource_name = models.CharField(max_length=200)
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    provider = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    provider_path = models.CharField(max_length=200)
    purpose = models.CharField(max_length=120)
    basis = models.CharField(max_length=300)
    item = models.CharField(max_length=120, blank=True)
    modes = models.JSONField(default=list)
    shape = models.JSONField(default=dict)
    level = models.PositiveSmallIntegerField(default=1)
    per_day = models.PositiveIntegerField()
    cache = models.PositiveIntegerField(default=0)
    since = models.DateField()
    until = models.DateField()  # the last day on which it holds
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    why = models.CharField(max_length=300, blank=True)
    by_law = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["agency_path", "-created_at", "-id"], name="sharing_by_agency"),
            models.Index(fields=["provider_path", "-created_at", "-id"], name="sharing_by_provider"),
            models.Index(fields=["item", "resource"]),
            models.Index(fields=["resource"]),
        ]

    def __str__(self) -> str:
        return self.number


class DataRequest(Record):
    """An application for a resource, decided as a case. ``renews`` is the grant that it wants longer or wider; ``grant`` what came of it."""

    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    provider = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    resource = models.CharField(max_length=120)
    resource_name = models.CharField(max_length=200)
    resource_version = models.PositiveIntegerField()
    fields = models.JSONField()  # names
    purpose = models.CharField(max_length=120)
    basis = models.CharField(max_length=300)
    item = models.CharField(max_length=120, blank=True)
    modes = models.JSONField()
    per_day = models.PositiveIntegerField()
    until = models.DateField()
    terms = models.JSONField(default=dict)  # what the provider agreed to: fields, masks, per_day, until, cache
    renews = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="+")
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="requests")

    class Meta:
        indexes = [models.Index(fields=["agency_path", "-created_at", "-id"], name="sharing_requests_by_agency")]


class Quota(models.Model):
    """How many rows of a grant's daily volume have been taken on a day."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="+")
    day = models.DateField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "day"], name="sharing_quota_day")]


class Use(AppendOnly):
    """One call under a grant: what was asked, for what, how much came back. ``subject`` is the keyed hash by which the person finds it.

    ``rows`` counts rows given out (a yes or no counts as none). ``refused`` is the code of the refusal. ``about`` names the business.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="uses")
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+")
    mode = models.CharField(max_length=12)
    purpose = models.CharField(max_length=120)
    about = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    fields = models.JSONField(default=list)  # names of those that were read
    asked = models.PositiveIntegerField(default=1)
    rows = models.PositiveIntegerField(default=0)
    refused = models.CharField(max_length=40, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    entry_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-at", "-id"], condition=~models.Q(subject=""), name="sharing_who_used"),
            models.Index(fields=["grant", "-at", "-id"], name="sharing_uses_of_grant"),
            models.Index(fields=["at"]),
        ]


class UseSubject(AppendOnly):
    """One of the many persons whose rows a batch or a file held. The ledger entry of the use carries the hash over all of them."""

    id = models.BigAutoField(primary_key=True)
    use = models.ForeignKey(Use, models.CASCADE, related_name="subjects", db_index=False)
    subject = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["subject", "-id"], name="sharing_subjects")]


class Batch(Record):
    """Many keys matched at once, or a whole table handed over. Work goes part by part, each kept with its trace, so a kill loses none."""

    class Kind(models.TextChoices):
        MATCH = "match", "批量比对"
        FILE = "file", "文件交付"

    class State(models.TextChoices):
        WAITING = "waiting", "排队"
        RUNNING = "running", "处理中"
        DONE = "done", "完成"
        STOPPED = "stopped", "已停止"

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="batches")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    purpose = models.CharField(max_length=120)
    about = models.CharField(max_length=80, blank=True)
    format = models.CharField(max_length=8, default="csv")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    why = models.CharField(max_length=300, blank=True)
    asked = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the result
    manifest = models.JSONField(default=dict)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class BatchPart(Record):
    """A piece of a batch: the keys that were asked, and the rows that came back; both sealed. ``done`` once it has its trace."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="parts")
    place = models.PositiveIntegerField()
    asked = SealedJSONField(null=True, default=None)
    found = SealedJSONField(null=True, default=None)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "place"], name="sharing_part_place")]


class Subscription(Record):
    """A wish to hear of changes. The notice names the grant and how far to read, never data; ``cursor`` is how far it has told."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="subscriptions")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    way = models.CharField(max_length=8)  # webhook | nats
    webhook = models.UUIDField(null=True)
    cursor = models.CharField(max_length=120, blank=True)
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class Peer(Record):
    """Another node with which requests are exchanged (级联), or a provider's own HTTP interface.

    ``client`` is what a node's requests are treated as here, and holds its public keys; an interface has none.
    """

    class Kind(models.TextChoices):
        NODE = "node", "级联节点"
        INTERFACE = "interface", "部门接口"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    url = models.CharField(max_length=300)
    client = models.OneToOneField(Client, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Envelope(Record):
    """One signed message between nodes. Kept before it is sent; the one that comes twice is answered with what was said the first time.

    ``number`` is made by the node that wrote it. ``body`` and ``answer`` may hold personal data and are sealed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待发"
        ANSWERED = "answered", "已答复"
        REFUSED = "refused", "被拒"

    number = models.CharField(max_length=160)
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="envelopes")
    out = models.BooleanField()
    body = SealedJSONField()
    digest = models.CharField(max_length=64)
    answer = SealedJSONField(null=True, default=None)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    error = SealedTextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "number", "out"], name="sharing_envelope_once")]
