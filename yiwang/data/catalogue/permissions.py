"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import permission

BROWSE = permission("catalogue.browse", _("查看公开的数据目录"), public=True)
READ = permission("catalogue.read", _("查看数据目录"))
FIGURES = permission("catalogue.figures", _("查看数据目录统计"))
