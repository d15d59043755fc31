"""Permissions of this room besides its acts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Level, permission

READ = permission("objections.read", _("查看自己的数据异议"), party=True, level=Level.FACE)
