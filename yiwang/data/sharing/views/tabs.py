"""The tabs that the pages of sharing have in common."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.data.sharing.permissions import FIGURES
from yiwang.foundation.access.queries import Actor


def tabs(actor: Actor, here: str) -> list[dict[str, Any]]:
    """Grants held and given, applications, figures for those who may see them."""
    lists = reverse("desk-sharing")
    found = [
        ("ours", _("我单位的授权"), f"{lists}?side=ours"), ("given", _("我单位提供的"), f"{lists}?side=given"),
        ("requests", _("我单位的申请"), reverse("desk-sharing-requests")),
    ]  # fmt: skip
    if any(held.allows(FIGURES) for held in actor.held):
        found.append(("figures", _("统计"), reverse("desk-sharing-figures")))
    return [{"name": name, "href": href, "current": code == here} for code, name, href in found]
