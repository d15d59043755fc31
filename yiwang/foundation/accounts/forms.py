"""allauth's forms in our words: what is asked, why, and what to do when it is missing."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.utils.translation import gettext_lazy as _


class Worded:
    """Gives the fields of a form their label, help and the message when they are empty."""

    words: ClassVar[dict[str, tuple[Any, Any, Any]]] = {}
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, help_text, missing) in self.words.items():
            if name in self.fields:
                field = self.fields[name]
                field.label, field.help_text = label, help_text
                field.error_messages = {**field.error_messages, "required": missing}
                field.widget.attrs.pop("placeholder", None)


_CODE = {"code": (_("6 位数字"), _("打开手机上的验证器，看这个账号下面的数字"), _("请填写验证器上的 6 位数字"))}
_KEY_NAME = {"name": (_("给它起个名字"), _("比如“我的手机”，以后好认"), _("请给通行密钥起个名字"))}


class LoginForm(Worded, account.LoginForm):
    words = {
        "login": (_("账号"), "", _("请填写账号")),
        "password": (_("密码"), "", _("请填写密码")),
    }


class ReauthenticateForm(Worded, account.ReauthenticateForm):
    words = {"password": (_("密码"), "", _("请填写密码"))}


class ChangePasswordForm(Worded, account.ChangePasswordForm):
    words = {
        "oldpassword": (_("现在的密码"), "", _("请填写现在的密码")),
        "password1": (_("新密码"), _("至少 10 个字符，不要全是数字，不要用常见的密码"), _("请填写新密码")),
        "password2": (_("再输一次新密码"), "", _("请再输一次新密码")),
    }


class AuthenticateForm(Worded, mfa.AuthenticateForm):
    words = {"code": (_("6 位数字或备用码"), _CODE["code"][1], _CODE["code"][2])}


class ReauthenticateCodeForm(Worded, mfa.ReauthenticateForm):
    words = _CODE


class ActivateTOTPForm(Worded, totp.ActivateTOTPForm):
    words = {"code": (_("验证器上显示的 6 位数字"), "", _CODE["code"][2])}


class AddWebAuthnForm(Worded, webauthn.AddWebAuthnForm):
    words = {
        **_KEY_NAME,
        "passwordless": (
            _("以后登录不用输密码，只用它"), _("这台设备要能用指纹、面容或锁屏密码确认是您本人"), "",
        ),
    }  # fmt: skip


class EditWebAuthnForm(Worded, webauthn.EditWebAuthnForm):
    words = _KEY_NAME
