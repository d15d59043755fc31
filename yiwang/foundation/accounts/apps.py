from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yiwang.foundation.accounts"
    label = "accounts"

    def ready(self) -> None:
        from allauth.account.signals import password_changed

        password_changed.connect(_own_password, dispatch_uid="accounts.own-password")


def _own_password(sender: Any, user: Any, **_more: Any) -> None:
    """The owner has chosen a password: the temporary one from the counter is gone."""
    if user.password_temporary:
        user.password_temporary = False
        user.save(update_fields=["password_temporary"])
