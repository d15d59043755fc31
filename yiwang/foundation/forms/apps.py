from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "yiwang.foundation.forms"
    label = "forms"

    def ready(self) -> None:
        from . import slots  # noqa: F401
