"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import permission

READ = permission("pipelines.read", _("查看数据归集任务和质量"))
ROWS = permission("pipelines.rows", _("查看数据归集中的问题数据和来源"))
