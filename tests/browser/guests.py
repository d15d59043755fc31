"""Guests of the demo city: accounts with a password of their own. Run inside the node's own settings."""

from __future__ import annotations

import os

from .doing import SECRET

GUESTS = {f"guest{number}": f"访客{sign}" for number, sign in enumerate("甲乙丙丁戊己", 1)}


def enter() -> None:
    from yiwang.foundation.access.actions import register_account
    from yiwang.foundation.access.queries import system

    for username, name in GUESTS.items():
        register_account(system("command"), username, name, password=SECRET)


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "yiwang.config.settings"
    django.setup()
    enter()
