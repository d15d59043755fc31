from django.apps import AppConfig


class OpendataConfig(AppConfig):
    name = "yiwang.data.opendata"
    label = "opendata"

    def ready(self) -> None:
        from . import jobs, node_tables, permissions, places, slots  # noqa: F401  # they register themselves

        places.plug()
