"""File names as a person sees them: never a path, never a trick.

A name is only ever shown, escaped; the store itself names files by their hash.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

LONGEST = 100  # characters, the suffix included
_LONGEST_BYTES = 240  # what a common file system takes (255), with room for a "(1)"
_REFUSED_BY_SYSTEMS = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


def _visible(name: str) -> str:
    """``name`` without control, direction, surrogate and unassigned characters; all white space is a plain space."""
    kept = []
    for character in unicodedata.normalize("NFC", name):
        category = unicodedata.category(character)
        if category.startswith("Z"):
            kept.append(" ")
        elif not category.startswith("C"):
            kept.append(character)
    return re.sub(" +", " ", "".join(kept))


def suffix_of(name: str) -> str:
    """The suffix of a name in lower case with its dot, or ""."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 and _SUFFIX.fullmatch(name[dot:]) else ""


def clean_name(name: str, suffixes: tuple[str, ...] = (), known: frozenset[str] = frozenset()) -> str:
    """A safe name to show and to offer for saving.

    The path is cut off, invisible characters and those that file systems refuse are removed, the length is at most
    :data:`LONGEST` characters. With ``suffixes`` (of the type that the content has, the usual one first) the name ends in one
    of them: a wrong suffix out of ``known`` is replaced, any other ending stays and the right suffix follows it.
    """
    base = re.split(r"[/\\]", _visible(name).rstrip("/\\ "))[-1]
    base = _REFUSED_BY_SYSTEMS.sub("_", base).strip(" .")
    suffix = suffix_of(base)
    if not suffixes or suffix in suffixes:
        stem = base[: len(base) - len(suffix)]
    elif suffix in known:
        stem, suffix = base[: len(base) - len(suffix)], suffixes[0]
    else:
        stem, suffix = base, suffixes[0]
    if _RESERVED.fullmatch(stem.split(".", 1)[0]):
        stem = f"_{stem}"
    stem = stem[: LONGEST - len(suffix)]
    while len((stem + suffix).encode()) > _LONGEST_BYTES:
        stem = stem[:-1]
    return (stem.rstrip(" .") or _("文件")) + suffix
