from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "yiwang.services.portal"
    label = "portal"

    def ready(self) -> None:
        from . import places  # noqa: F401  # puts "mine" into the header
