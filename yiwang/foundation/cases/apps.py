from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yiwang.foundation.cases"
    label = "cases"

    def ready(self) -> None:
        from . import jobs, permissions, receivers  # noqa: F401  # they register themselves
        from .replaying import EnforcementKind
        from .slots import kinds

        kinds.plug(EnforcementKind.code, EnforcementKind())
