"""How personal data is shown when no purpose has been stated."""

from __future__ import annotations


def mask(kind: str, text: str) -> str:
    """Hide the telling part of ``text``.

    ``identity``: first three and last two of an identity number; ``phone``: first three and last four; ``name``: the family
    name; ``address``: the first six characters; anything else: the first and last character.
    """
    if not text:
        return ""
    if kind == "identity":
        return f"{text[:3]}{'*' * max(len(text) - 5, 1)}{text[-2:]}" if len(text) > 6 else "*" * len(text)
    if kind == "phone":
        return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else "*" * len(text)
    if kind == "name":
        return text[0] + "*" * (len(text) - 1)
    if kind == "address":
        return text[:6] + "****" if len(text) > 6 else "****"
    return f"{text[0]}{'*' * (len(text) - 2)}{text[-1]}" if len(text) > 2 else "*" * len(text)
