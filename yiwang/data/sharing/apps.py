from __future__ import annotations

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "yiwang.data.sharing"
    label = "sharing"

    def ready(self) -> None:
        from . import jobs, kind, permissions, plugging, receivers  # noqa: F401  # they register themselves

        kind.plug()
        plugging.plug()
