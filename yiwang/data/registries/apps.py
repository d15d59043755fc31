from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class RegistriesConfig(AppConfig):
    name = "yiwang.data.registries"
    label = "registries"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from yiwang.web.slots import Place, citizen_places

        from . import holder, jobs, places, prefill, receivers  # noqa: F401  # they register themselves

        citizen_places.plug(
            "my-data",
            Place(_("我的数据"), "my-data", "database", order=80, shown=lambda request: _acts_for_somebody(request)),
        )
        holder.plug()
        places.plug()


def _acts_for_somebody(request: Any) -> bool:
    return bool(request.actor.party_id)
