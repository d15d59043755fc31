"""Numbers of licences: serials without gaps, check characters, identifiers, and codes that cannot be guessed."""

from __future__ import annotations

import re
import secrets

from django.utils.translation import gettext as _
from stdnum.iso7064 import mod_11_10, mod_37_36

from yiwang.kernel.refusals import Conflict

from .models import Series
from .types import Declared

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U
CODE_LENGTH = 16  # of 5 bits each: 80 random bits
ROOT = "1.2.156.3005.2"  # the arc of electronic licences in GB/T 36904


def next_number(kind: Declared, region: str, year: int) -> str:
    """The next number of the type's series, in the act's transaction: a number is given exactly when the licence is.

    A series is what stands before the serial, whatever the type: it begins anew with each region or year that the pattern
    names, and two types with the same beginning share it. Raises :class:`Conflict` when the series is full.
    """
    head, serial, tail = _parts(kind.number)
    head = head.replace("{region}", region[:6]).replace("{year}", str(year))
    Series.objects.get_or_create(key=head)
    series = Series.objects.select_for_update().get(key=head)
    series.last += 1
    if len(str(series.last)) > serial:
        raise Conflict(_("“%(name)s”的编号用完了，请联系系统管理员扩充。") % {"name": kind.name}, code="series-full")
    series.save(update_fields=["last"])
    number = f"{head}{series.last:0{serial}d}"
    if tail.startswith("{check}"):
        digits = "".join(character for character in number if character.isascii() and character.isdigit())
        number += mod_11_10.calc_check_digit(digits)
        tail = tail.removeprefix("{check}")
    return number + tail


def _parts(pattern: str) -> tuple[str, int, str]:
    found = re.fullmatch(r"(.*)\{serial:(\d)\}(.*)", pattern)
    assert found is not None, "the schema wants a serial"
    return found[1], int(found[2]), found[3]


def identifier(kind: Declared, issuer_code: str, number: str, version: int = 1) -> str:
    """The national identifier after GB/T 36904: root, type, issuer, serial, version, check character (ISO 7064 MOD 37,36).

    Empty when the type or the issuer has no code of their own.
    """
    serial = re.sub(r"[^0-9A-Z]", "", number)
    if not (kind.type_code and issuer_code and serial):
        return ""
    parts = [kind.type_code, issuer_code, serial, f"{version:03d}"]
    return ".".join([ROOT, *parts, mod_37_36.calc_check_digit("".join(parts))])


def new_code() -> str:
    """A checking code that cannot be guessed."""
    return "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))


def clean_code(text: str) -> str:
    """A code as somebody typed it, in its stored form; "" if it cannot be one."""
    clean = text.upper().translate(str.maketrans("OIL", "011", " -　–—"))
    return clean if len(clean) == CODE_LENGTH and all(character in ALPHABET for character in clean) else ""
