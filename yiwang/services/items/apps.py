from django.apps import AppConfig


class ItemsConfig(AppConfig):
    name = "yiwang.services.items"
    label = "items"

    def ready(self) -> None:
        from . import places, references

        places.plug()
        references.plug()
