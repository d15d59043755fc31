"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Level, permission

READ = permission("opendata.read", _("查看已开放的数据"), public=True)
STAFF = permission("opendata.staff", _("查看本单位的数据开放准备"))
OWN = permission("opendata.own", _("查看自己提出的数据申请"), party=True, level=Level.FACE)
