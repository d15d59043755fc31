"""One way to write a value as bytes, so that a hash or a signature over it can be made again anywhere.

The form follows RFC 8785 (JCS) for the values that we allow: objects with string keys sorted by code point, arrays,
strings, integers, booleans and null. Floats are refused: money is in integer cents, measures are strings.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any


def plain(value: Any) -> Any:
    """Turn dates, UUIDs and tuples into plain JSON values. Raises TypeError for floats and unknown types."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, float):
        raise TypeError("floats have no canonical form; use integers or strings")
    if hasattr(value, "__str__") and type(value).__name__ == "__proxy__":  # a lazy translation
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_bytes(value: Any) -> bytes:
    """The canonical UTF-8 bytes of ``value``."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def readable_bytes(value: Any) -> bytes:
    """The one readable form of a canonical value: sorted keys, two spaces, a final newline. Used for receipts."""
    return (json.dumps(plain(value), ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()
