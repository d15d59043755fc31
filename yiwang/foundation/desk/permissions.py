"""Reading permissions of this room. The acts declare their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import permission

WORK = "cases.complete"  # whoever decides cases has a queue
READ_DENIALS = permission("desk.denials", _("查看被拒绝的访问"))
