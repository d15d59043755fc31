from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yiwang.foundation.accounts"
    label = "accounts"
