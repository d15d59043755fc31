from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "yiwang.foundation.access"
    label = "access"

    def ready(self) -> None:
        from yiwang.foundation.accounts.slots import occupations

        from . import stamps
        from .actors import roles_in_words

        occupations.plug("roles", roles_in_words)
        stamps.watch()
