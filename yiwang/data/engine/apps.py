from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "yiwang.data.engine"
    label = "engine"
