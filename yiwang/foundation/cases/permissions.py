"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Level, permission

READ = permission("cases.read", _("查看办件"), party=True, level=Level.FACE)
BOARD = permission("cases.board", _("查看监察看板"))
