from django.apps import AppConfig


class ObjectionsConfig(AppConfig):
    name = "yiwang.data.objections"
    label = "objections"

    def ready(self) -> None:
        from . import messages, panel, receivers  # noqa: F401  # they register themselves
        from .kind import plug

        plug()
        panel.plug()
