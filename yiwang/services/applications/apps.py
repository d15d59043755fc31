from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "yiwang.services.applications"
    label = "applications"

    def ready(self) -> None:
        from . import kind, messages, panel, permissions  # noqa: F401  # they register themselves

        kind.plug()
        panel.plug()
