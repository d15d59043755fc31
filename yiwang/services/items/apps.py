from django.apps import AppConfig


class ItemsConfig(AppConfig):
    name = "yiwang.services.items"
    label = "items"

    def ready(self) -> None:
        from . import imported, jobs, mandating, opened, places, references  # noqa: F401  # permissions and jobs register themselves

        mandating.plug()
        places.plug()
        opened.plug()
        references.plug()
