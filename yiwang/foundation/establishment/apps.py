from django.apps import AppConfig


class EstablishmentConfig(AppConfig):
    name = "yiwang.foundation.establishment"
    label = "establishment"

    def ready(self) -> None:
        from . import places

        places.plug()
