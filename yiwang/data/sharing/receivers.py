"""What this room does when others announce something."""

from __future__ import annotations
