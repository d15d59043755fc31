"""Template helpers of the workbench."""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from yiwang.foundation.desk import queries
from yiwang.foundation.desk.slots import panels

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], permission: str) -> bool:
    """Whether the reader holds ``permission`` anywhere: what they could not open is not offered."""
    actor = context.get("actor")
    return actor is not None and queries.may(actor, permission)


@register.simple_tag
def panel_styles() -> SafeString:
    """The style sheets that panels need: of every kind of case, for a list opens any of them beside itself."""
    paths = dict.fromkeys(path for panel in panels.values() for path in panel.styles)
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(path),) for path in paths))


@register.simple_tag
def panel_scripts() -> SafeString:
    """The scripts that panels need."""
    paths = dict.fromkeys(path for panel in panels.values() for path in panel.scripts)
    return format_html_join("\n", '<script src="{}" defer></script>', ((static(path),) for path in paths))
