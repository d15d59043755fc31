"""Base classes for tables."""

from __future__ import annotations

from typing import Any

from django.db import models

from .ids import uuid7


class Record(models.Model):
    """A row that others may name: UUIDv7 key, time of creation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class AppendOnlyError(RuntimeError):
    """Something tried to change or delete a row that may only be added."""


class AppendOnly(models.Model):
    """A row that is written once. Changing or deleting one through the ORM raises :class:`AppendOnlyError`."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{type(self).__name__} is append-only")
