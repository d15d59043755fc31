from django.apps import AppConfig


class DraftsConfig(AppConfig):
    name = "yiwang.foundation.drafts"
    label = "drafts"
