"""What the pages share: reading numbers and days out of an address or a form."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem


def number(text: str, otherwise: int = 0) -> int:
    """A small whole number that somebody sent; ``otherwise`` for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def day(text: str, field: str) -> dt.date:
    """A day that somebody typed. Raises :class:`Invalid` with a problem at ``field``."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        message = _("请填写日期，写成 2026-11-21 这样。")
        raise Invalid(message, problems=[Problem(field, "format", message)]) from None
