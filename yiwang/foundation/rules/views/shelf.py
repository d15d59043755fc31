"""Where tables stand on pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from yiwang.web.versions import Shelf

SHELF = Shelf(gettext_lazy("规则"), "rules", "rule")
