"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Level, permission

READ = permission("ratings.read", _("查看自己的评价"), party=True, level=Level.NUMBER)
FIGURES = permission("ratings.figures", _("查看好差评统计"))
IDENTIFY = permission("ratings.identify", _("查看差评的办件和评价人，用于核实和回访"))
