from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yiwang.foundation.cases"
    label = "cases"

    def ready(self) -> None:
        from . import jobs, notices, permissions, receivers  # noqa: F401  # they register themselves
