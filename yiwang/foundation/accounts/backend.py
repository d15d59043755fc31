"""Who may be signed in."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import BigAutoField

from yiwang.config.environment import environment
from yiwang.kernel.prepared import Given, Prepared

from .models import Account

_ACCOUNT = Prepared(lambda: Account.objects.filter(pk=Given("id", BigAutoField())))


class Backend(AuthenticationBackend):
    """Everybody with an active account. The password of demo accounts is public, so they open nothing outside demo mode."""

    def get_user(self, user_id: Any) -> Account | None:
        """Asked at every request of somebody who is signed in."""
        account = _ACCOUNT.first(id=user_id)
        return account if account is not None and self.user_can_authenticate(account) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at every request, so that an open session of a demo account ends with the demo."""
        return bool(super().user_can_authenticate(user)) and _may_exist_here(user)

    def _check_password(self, user: Any, password: str) -> Any:
        # allauth lets an account that may not authenticate pass, to tell it that it is inactive; a demo account must not.
        found = super()._check_password(user, password)
        if user is not None and not _may_exist_here(user):
            self.unstash_authenticated_user()
            return None
        return found


def _may_exist_here(account: Any) -> bool:
    return environment.demo or not account.demo
