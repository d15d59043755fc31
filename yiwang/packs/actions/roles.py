"""Acts on roles and on who holds them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import ACTS, NODE, Actor, Grant, Role, act, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.actions import Change
from yiwang.foundation.orgs.queries import Agency, Region
from yiwang.kernel.refusals import Invalid, Missing, Problem


@cache
def _permissions() -> frozenset[str]:
    """Every permission of the house. They are declared where they are used, so each room's front doors are opened once."""
    for room in settings.ROOMS:
        for door in ("actions", "queries"):
            if find_spec(f"{room}.{door}"):
                import_module(f"{room}.{door}")
    return frozenset(ACTS)


@act("packs.put_role", gettext_lazy("设置角色"))
def put_role(actor: Actor, code: str, name: str, permissions: Sequence[str], *, data_level: int = 2) -> Change:
    """Enter or change a role. Raises :class:`Invalid` for a permission that no room declares."""
    require(actor, NODE, subject=f"role:{code}")
    known = _permissions()
    rooms = {name.split(".", 1)[0] for name in known}
    problems = [
        Problem(f"permissions.{index}", "unknown", _("没有“%(name)s”这项权限。") % {"name": permission})
        for index, permission in enumerate(permissions)
        if permission not in known and not (permission.endswith(".*") and permission[:-2] in rooms)
    ]
    if problems:
        raise Invalid(_("角色“%(name)s”有不认识的权限。") % {"name": name}, problems=problems)
    wanted = {"name": name, "permissions": sorted(permissions), "data_level": data_level}
    role = Role.objects.filter(code=code).first()
    change: Change = "new" if role is None else "changed"
    if role is not None and all(getattr(role, field) == value for field, value in wanted.items()):
        change = "same"
    else:
        Role.objects.update_or_create(code=code, defaults=wanted)
    record("role", code, {"permissions": sorted(permissions), "data_level": data_level, "change": change})
    return change


@act("packs.set_grants", gettext_lazy("授予角色"))
def set_grants(actor: Actor, account_id: int, grants: Sequence[dict[str, str]], *, since: dt.date) -> None:
    """Give an account exactly these roles: [{"role", "agency", "region"}], each within an agency and a region ("" is everywhere).

    Roles that it holds and that are not named are taken away. Raises :class:`Missing` for an unknown role, agency or region.
    """
    require(actor, NODE, subject=f"account:{account_id}")
    wanted: set[tuple[str, str | None, str | None]] = set()
    for grant in grants:
        role, agency, region = grant["role"], grant.get("agency") or None, grant.get("region") or None
        if not Role.objects.filter(code=role).exists():
            raise Missing(_("没有代码为“%(code)s”的角色。") % {"code": role})
        if agency and not Agency.objects.filter(code=agency).exists():
            raise Missing(_("没有代码为“%(code)s”的机构。") % {"code": agency})
        if region and not Region.objects.filter(code=region).exists():
            raise Missing(_("没有代码为“%(code)s”的区划。") % {"code": region})
        wanted.add((role, agency, region))
    held = {
        (grant.role_id, grant.agency_id, grant.region_id): grant for grant in Grant.objects.filter(account=account_id)
    }
    Grant.objects.filter(pk__in=[grant.pk for key, grant in held.items() if key not in wanted]).delete()
    for role, agency, region in sorted(wanted - held.keys(), key=str):
        Grant.objects.create(account_id=account_id, role_id=role, agency_id=agency, region_id=region, since=since)
    record("account", account_id, {"grants": sorted([list(filter(None, key)) for key in wanted])})
