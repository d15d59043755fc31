"""Model fields for personal data: sealed at rest, masked when shown.

A sealed text comes out of the store as :class:`Sealed`. Its ``str()`` is the masked form, so that a template, a log line or an
export that does not know better shows nothing it should not. The plain text needs a deliberate ``.plain()``; when it is for
a person's eyes, use :func:`yiwang.foundation.accounts.actions.unmask`, which asks for a purpose and records it.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from django.db import models

from .keys import decrypt, encrypt
from .masks import mask

PURPOSE = "field"


class Sealed:
    """A text that is shown masked. Compares equal by its plain text."""

    __slots__ = ("_plain", "kind")

    def __init__(self, plain: str, kind: str) -> None:
        self._plain, self.kind = plain, kind

    def plain(self) -> str:
        """The text itself, for checks, papers and signatures; never for a page without a purpose."""
        return self._plain

    def __str__(self) -> str:
        return mask(self.kind, self._plain)

    def __repr__(self) -> str:
        return f"<Sealed {self}>"

    def __bool__(self) -> bool:
        return bool(self._plain)

    def __eq__(self, other: object) -> bool:
        return self._plain == (other._plain if isinstance(other, Sealed) else other)

    def __hash__(self) -> int:
        return hash(self._plain)


class SealedTextField(models.TextField):  # type: ignore[type-arg]
    """A text encrypted at rest with a key version. ``mask`` is a kind known to :func:`mask`."""

    def __init__(self, *args: Any, mask: str = "", **kwargs: Any) -> None:
        self.mask = mask
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.mask:
            kwargs["mask"] = self.mask
        return name, path, args, kwargs

    @property
    def bound_to(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        if value is None:
            return None
        if value == "":
            return Sealed("", self.mask)
        return Sealed(decrypt(PURPOSE, base64.b64decode(value), self.bound_to).decode(), self.mask)

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Sealed) else Sealed(str(value), self.mask)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        plain = value.plain() if isinstance(value, Sealed) else str(value)
        return base64.b64encode(encrypt(PURPOSE, plain.encode(), self.bound_to)).decode() if plain else ""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.bound_to} is sealed: look it up by its keyed hash")
        return super().get_lookup(lookup_name)


class SealedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """A JSON value encrypted at rest. For answers of a form, records of a registry: anything that names a person."""

    @property
    def bound_to(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(decrypt(PURPOSE, bytes(value), self.bound_to))

    def to_python(self, value: Any) -> Any:
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        sealed = encrypt(PURPOSE, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), self.bound_to)
        return super().get_db_prep_value(sealed, connection, prepared)

    def get_default(self) -> Any:
        return self.default() if callable(self.default) else (None if self.null else {})
