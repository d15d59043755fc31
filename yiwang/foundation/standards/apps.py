from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "yiwang.foundation.standards"
    label = "standards"

    def ready(self) -> None:
        from . import places

        places.plug()
