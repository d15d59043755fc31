from django.apps import AppConfig


class CryptoConfig(AppConfig):
    name = "yiwang.foundation.crypto"
    label = "crypto"
