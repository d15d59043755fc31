"""Signed PDF as other rooms see it: places for signatures, signing, checking.

The work is done in :mod:`.pades`, which is loaded at the first use: the library behind it takes a second to import.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .paths import Path

if TYPE_CHECKING:
    from .certificates import Identity


class NotSignable(ValueError):
    """The PDF cannot take the signature: it does not parse, or has no such place."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visible signature stands: page from 0, lower left and upper right corner in points from the page's lower left."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """One signature that holds: its field, when the signer says it was made, why, and who stands behind it."""

    field: str
    at: dt.datetime
    reason: str
    path: Path


@dataclass(frozen=True, slots=True)
class CheckedPdf:
    """A PDF whose every byte is vouched for: its signatures, first to last, and the files embedded in it."""

    signatures: tuple[PdfSignature, ...]
    attachments: dict[str, bytes]

    @property
    def trusted(self) -> bool:
        """Whether every signature leads to one of the anchors."""
        return all(signature.path.trusted for signature in self.signatures)


def add_places(pdf: bytes, places: dict[str, Place]) -> bytes:
    """Add an empty signature field for each of ``places``, so that whoever signs finds it by name."""
    from . import pades

    return pades.add_places(pdf, places)


def sign_pdf(
    pdf: bytes, identity: Identity, *, field: str, reason: str, place: Place | None = None, picture: bytes = b""
) -> bytes:
    """Sign ``pdf`` in ``field`` with ``identity``: PAdES baseline B, ECDSA P-256.

    The field is one that the PDF already has (:func:`add_places`), or, given ``place``, a new one.
    ``picture`` is a one-page PDF shown there. Raises :class:`NotSignable`.
    """
    from . import pades

    return pades.sign_pdf(pdf, identity, field=field, reason=reason, place=place, picture=picture)


def check_pdf(pdf: bytes, anchors: Sequence[bytes]) -> CheckedPdf:
    """Check every signature of ``pdf`` and that together they leave no byte unvouched. Raises :class:`Broken`.

    Chains are checked as of the time of signing that the signer states. A chain under an unknown root holds without being
    trusted; see :attr:`CheckedPdf.trusted`.
    """
    from . import pades

    return pades.check_pdf(pdf, anchors)
