from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "yiwang.foundation.ratings"
    label = "ratings"

    def ready(self) -> None:
        from . import permissions, places, receivers  # noqa: F401  # they register themselves

        places.plug()
