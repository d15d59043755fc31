"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Level, permission

READ_DRAFT = permission("applications.read_draft", _("查看申请草稿"), party=True, level=Level.FACE)
READ = permission("applications.read", _("查看申请材料"), party=True, level=Level.FACE)
