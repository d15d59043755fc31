"""The ways in which a grant may be used; a client's scopes (OAuth 2.0) are the same words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

LOOK_UP, VERIFY, BATCH, FILE, CHANGES = "look-up", "verify", "batch", "file", "changes"
NAMES: dict[str, Any] = {
    LOOK_UP: _("按主键查询"),
    VERIFY: _("核验（只答是或否）"),
    BATCH: _("批量比对"),
    FILE: _("文件交付"),
    CHANGES: _("变更订阅"),
}
MODES = tuple(NAMES)
