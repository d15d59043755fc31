from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "yiwang.data.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        from . import jobs, permissions, places, receivers  # noqa: F401  # they register themselves

        places.plug()
