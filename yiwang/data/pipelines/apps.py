from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    name = "yiwang.data.pipelines"
    label = "pipelines"

    def ready(self) -> None:
        from . import jobs, permissions, places, sources  # noqa: F401  # they register themselves

        places.plug()
