from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "yiwang.services.applications"
    label = "applications"

    def ready(self) -> None:
        from . import jobs, kind, messages, panel, permissions, receivers  # noqa: F401  # they register themselves

        kind.plug()
        panel.plug()
