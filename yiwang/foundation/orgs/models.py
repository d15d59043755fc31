from __future__ import annotations

from django.db import models

from yiwang.kernel.models import AppendOnly


class Region(models.Model):
    """A division, from province to grid. ``path`` is the codes from the top, as "/530000/530100/", for subtree tests."""

    class Level(models.TextChoices):
        PROVINCE = "province", "省"
        CITY = "city", "市"
        COUNTY = "county", "县"
        TOWN = "town", "乡镇（街道）"
        VILLAGE = "village", "村（社区）"
        GRID = "grid", "网格"

    code = models.CharField(max_length=15, primary_key=True)
    name = models.CharField(max_length=60)
    level = models.CharField(max_length=10, choices=Level)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=120, db_index=True)
    shape = models.JSONField(null=True)  # GeoJSON geometry, CGCS2000 longitude/latitude
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name


class Agency(models.Model):
    """An organ or unit that does official work. ``path`` is the codes from the top, as "/yz/yz-scjg/"."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40, blank=True)
    uscc = models.CharField(max_length=18, blank=True, db_index=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    region = models.ForeignKey(Region, models.PROTECT)
    path = models.CharField(max_length=200, db_index=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)
    since = models.DateField(null=True)
    until = models.DateField(null=True)  # the first day on which it was no more
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="predecessors")
    closing_basis = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class RegionTerm(AppendOnly):
    """What a division was called and where it lay from ``since`` (null: from the beginning) until the next term began."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="terms")
    name = models.CharField(max_length=60)
    parent = models.CharField(max_length=15, blank=True)
    since = models.DateField(null=True)
    basis = models.CharField(max_length=200, blank=True)  # the document, for those who ask


class AgencyTerm(AppendOnly):
    """What an agency was called and where it stood from ``since`` (null: from the beginning) until the next term began.

    The newest term repeats the row of the agency. Two terms of one day: the later one holds.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="terms")
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40, blank=True)
    parent = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=15)
    since = models.DateField(null=True)
    basis = models.CharField(max_length=200, blank=True)


class Post(models.Model):
    """A post in an agency, whoever holds it."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="posts")
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="orgs_post_once")]


class Posting(models.Model):
    """Who held which post from when to when (``until`` is the first day on which they no longer do)."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="postings")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="postings")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "since"])]


class HolidayNotice(AppendOnly):
    """The State Council's yearly notice on holidays, as loaded. A year without one is provisional.

    A notice may be amended (the labour-day holiday of 2019 was): each amendment is a further ``edition``, the newest holds.
    """

    year = models.PositiveIntegerField()
    edition = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "edition"], name="orgs_notice_edition")]


class SpecialDay(models.Model):
    """A day that a notice takes off, or on which it makes a weekend worked."""

    date = models.DateField(primary_key=True)
    name = models.CharField(max_length=40)
    works = models.BooleanField()
    notice = models.ForeignKey(HolidayNotice, models.PROTECT, related_name="days")
