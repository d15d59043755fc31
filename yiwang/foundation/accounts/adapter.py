"""How allauth works with our accounts: who may sign up, where one lands, how secrets are kept, what it says."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.config.environment import environment
from yiwang.foundation.crypto.queries import decrypt, encrypt

from .slots import landings

SECRET = "second-factor"  # noqa: S105  # the purpose of the key, not a secret


def attempts_key(username: str) -> str:
    """Under which key the failed sign-ins of an account are counted."""
    return f"account:{username.lower()}"


class Adapter(DefaultAccountAdapter):
    """No self-registration yet: an account comes with an identity that somebody has checked."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("这个账号已经停用。如有疑问，请拨打服务热线。"),
        "username_password_mismatch": _("账号或密码不对，请检查后再试。连续 5 次不对会锁定 5 分钟。"),
        "too_many_login_attempts": _("密码多次不对，这个账号已锁定。请 5 分钟后再试；忘记密码可以到办事大厅重置。"),
        "rate_limited": _("操作太频繁了，请过几分钟再试。"),
        "incorrect_password": _("密码不对，请再输一次。"),
        "enter_current_password": _("现在的密码不对，请再输一次。"),
        "incorrect_code": _("验证码不对。请用手机上最新的 6 位数字，并检查手机时间是否准确。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Counted for the account, under whatever name the node was reached: not five guesses for each of its names."""
        return attempts_key(str(credentials.get("username", "")))

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        return None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where somebody lands who was not on the way to a page."""
        return next((address for plug in landings.values() if (address := plug(request))), settings.LOGIN_REDIRECT_URL)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("输入密码"),
            "mfa_reauthenticate": _("输入验证器上的数字"),
            "mfa_reauthenticate:webauthn": _("用通行密钥"),
        }
        methods = super().get_reauthentication_methods(user)
        return [{**method, "description": words[method["id"]]} for method in methods]


class SecondFactorAdapter(DefaultMFAAdapter):
    """The secrets of second factors are sealed like personal data."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": Adapter.error_messages["incorrect_code"],
        "cannot_delete_authenticator": _("现在不能关闭这种验证方式。"),
        "cannot_generate_recovery_codes": _("请先打开验证器或通行密钥，再生成备用码。"),
    }

    def get_totp_issuer(self) -> str:
        return f"{environment.node_name} 一网"

    def encrypt(self, text: str) -> str:
        return base64.b64encode(encrypt(SECRET, text.encode(), "mfa.authenticator")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(SECRET, base64.b64decode(encrypted_text), "mfa.authenticator").decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": f"{environment.node_name} 一网"}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = user.authenticator_set.filter(type=type).count() + 1
        return str(_("通行密钥 %(number)s")) % {"number": number}
