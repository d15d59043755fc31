from __future__ import annotations

from django.db import models


class Document(models.Model):
    """A public thing as search shows it. Its words lie in the index of the store, under the same number."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=400)
    keywords = models.TextField(blank=True)
    body = models.TextField(blank=True)
    form = models.TextField(blank=True)  # title, title without brackets and keywords in their one form, a line each
    sounds = models.TextField(blank=True)  # how the title and the keywords sound, from each word on
    boost = models.SmallIntegerField(default=0)
    audience = models.CharField(max_length=60, blank=True)
    facets = models.JSONField(default=list)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="search_document_once")]


class Synonym(models.Model):
    """An everyday phrase and the words of the catalogue that it stands for."""

    phrase = models.CharField(max_length=60)
    words = models.CharField(max_length=120)
    sound = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phrase", "words"], name="search_synonym_once")]


class SynonymSet(models.Model):
    """One row that changes whenever a synonym does, so that every process knows when to read them again."""

    stamp = models.UUIDField()
