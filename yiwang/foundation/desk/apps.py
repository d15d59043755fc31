from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "yiwang.foundation.desk"
    label = "desk"

    def ready(self) -> None:
        from yiwang.foundation.accounts.slots import landings

        from . import permissions, places  # noqa: F401  # permissions declare themselves

        places.plug()
        landings.plug("desk", places.landing)
