from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "yiwang.data.protection"
    label = "protection"
