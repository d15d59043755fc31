"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import permission

READ = permission("sharing.read", _("查看数据申请和授权"))
FIGURES = permission("sharing.figures", _("查看数据共享统计"))
CLIENTS = permission("sharing.clients", _("查看接入系统"))
USE = permission("sharing.use", _("通过共享网关使用数据"))
