"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Level, permission

READ = permission("mandates.read", _("查看委托"), party=True, level=Level.NUMBER)
