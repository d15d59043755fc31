from django.apps import AppConfig


class PacksConfig(AppConfig):
    name = "yiwang.packs"
    label = "packs"

    def ready(self) -> None:
        from . import kinds, synthetic, traces  # noqa: F401
        from .reading import plug_replay_plans

        plug_replay_plans()
