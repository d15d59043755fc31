from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedJSONField, SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class Draft(Record):
    """An application being filled in. ``item_version`` is pinned at the start; ``case`` is set when it was submitted.

    ``data`` holds what the person typed; ``prefilled`` what registers said, as {"field": {"value", "source", "as_of"}}; both are sealed.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+")
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    item_code = models.CharField(max_length=80)
    item_name = models.CharField(max_length=200)
    item_version = models.UUIDField()
    form_code = models.CharField(max_length=80)
    form_version = models.PositiveIntegerField()
    situation = models.JSONField(default=dict)
    situation_done = models.BooleanField(default=False)
    data = SealedJSONField(default=dict)
    prefilled = SealedJSONField(default=dict)
    parts_done = models.JSONField(default=list)
    proven = models.JSONField(default=list)  # codes of the materials that data or a licence proves
    updated_at = models.DateTimeField(auto_now=True)
    case = models.OneToOneField("cases.Case", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["party", "-updated_at"], condition=models.Q(case=None), name="applications_drafts")
        ]


class Evidence(models.Model):
    """How a material is proven: by a file, or without one (a register, a licence, a promise). Abstract."""

    class How(models.TextChoices):
        UPLOAD = "upload", "上传"
        LIBRARY = "library", "我的材料库"
        LICENCE = "licence", "电子证照"
        REGISTER = "register", "数据核验"
        COMMITMENT = "commitment", "告知承诺"
        SYSTEM = "system", "系统生成"

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    how = models.CharField(max_length=12, choices=How)
    file_id = models.UUIDField(null=True, db_index=True)
    source = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the file, whose content never changes

    class Meta:
        abstract = True


class DraftMaterial(Evidence):
    """A material gathered in a draft. Several files may prove one material."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="materials")


class Filing(AppendOnly, Record):
    """What was signed and handed in. ``digest`` is SHA-256 over the canonical content; ``signature`` is made with the signer's own key.

    ``revision`` 1 is the application, later ones are corrections; each is complete in itself.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="filings")
    revision = models.PositiveIntegerField(default=1)
    item_code = models.CharField(max_length=80)
    item_version = models.UUIDField()
    form_code = models.CharField(max_length=80)
    form_version = models.PositiveIntegerField()
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    situation = models.JSONField(default=dict)
    data = SealedJSONField(default=dict)
    sources = models.JSONField(default=dict)  # field -> where its value came from, unless the applicant typed another
    delivery = SealedJSONField(
        default=dict
    )  # how the result is to reach the applicant: {"way", "name", "phone", "address"}
    reply = SealedTextField(blank=True, default="")  # what the applicant says to a request for correction
    digest = models.CharField(max_length=64)
    signed_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    signed_name = SealedTextField(mask="name")
    signed_at = models.DateTimeField()
    statement = models.CharField(max_length=300)
    signature = models.BinaryField()
    public_key = models.BinaryField()
    entry_id = models.UUIDField()  # the ledger entry of the act

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "revision"], name="applications_filing_once")]


class FilingMaterial(Evidence):
    """A material as handed in."""

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="materials")


class Correction(Record):
    """What the office asked to have put right, told once and completely (行政许可法第三十二条).

    ``points`` is a list of {"kind": "material" | "field" | "other", "code", "name", "text"}; ``answered_at`` is set by the resubmission.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="corrections")
    points = models.JSONField(default=list)
    answered_at = models.DateTimeField(null=True)


class Paper(Record):
    """An official paper of a case 文书: what the office tells the applicant in law's form, under its seal.

    ``content`` is what it says, fixed by the act that made it; the sealed PDF (``file_id``, null until then) is made by a job right after.
    """

    class Kind(models.TextChoices):
        ACCEPTANCE = "acceptance", "受理通知书"
        CORRECTION = "correction", "补正材料告知书"
        NON_ACCEPTANCE = "non-acceptance", "不予受理通知书"
        APPROVAL = "approval", "准予决定书"
        REFUSAL = "refusal", "不予决定书"
        TERMINATION = "termination", "终止办理决定书"

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=16, choices=Kind)
    number = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=80)
    content = SealedJSONField(default=dict)
    issued_on = models.DateField()
    file_id = models.UUIDField(null=True, db_index=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=models.Q(file_id=None), name="applications_unsealed")]


class Delivery(Record):
    """That a result reached the applicant on paper 送达: fetched at a window, or posted with a tracking number."""

    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="delivery")
    way = models.CharField(max_length=12)
    tracking = models.CharField(max_length=60, blank=True)
    handed_by = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")


class Reopening(AppendOnly, Record):
    """A case opened again because the office found an error 更正 (《行政许可法》第六十九条; the office corrects itself).

    ``case`` is the new one, ``former`` the one that was wrong, ``origin`` the one with the application: the first of a chain.
    """

    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="reopening")
    former = models.ForeignKey("cases.Case", models.PROTECT, related_name="reopened_as")
    origin = models.ForeignKey("cases.Case", models.PROTECT, related_name="+")
    reason = SealedTextField()


class Recheck(AppendOnly, Record):
    """The draw that decides whether an instant decision is looked at again by a person 抽查.

    ``draw`` (0 to 9999) is the first 32 bits of SHA-256 over "<digest of the filing>:<case number>", modulo 10,000: anyone who
    holds the receipt can work it out. It is chosen when ``draw`` is less than a hundred times ``percent``.
    """

    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="recheck")
    draw = models.PositiveIntegerField()
    percent = models.PositiveIntegerField()
    followup = models.OneToOneField("cases.Case", models.PROTECT, null=True, related_name="rechecked")
