from django.apps import AppConfig


class MandatesConfig(AppConfig):
    name = "yiwang.foundation.mandates"
    label = "mandates"

    def ready(self) -> None:
        from . import messages, permissions, slots  # noqa: F401  # they register themselves
