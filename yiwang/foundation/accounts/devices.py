"""Names of devices in words that a person recognises."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The first that is found in the user agent wins; most browsers also name those that they descend from.
_BROWSERS = {
    "MicroMessenger": "微信", "AlipayClient": "支付宝", "DingTalk": "钉钉", "HuaweiBrowser": "华为浏览器",
    "MiuiBrowser": "小米浏览器", "QQBrowser": "QQ 浏览器", "UCBrowser": "UC 浏览器", "Edg": "Edge",
    "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
_SYSTEMS = {
    "HarmonyOS": "鸿蒙", "OpenHarmony": "鸿蒙", "iPhone": "iPhone", "iPad": "iPad", "Android": "安卓手机",
    "Windows": "Windows 电脑", "Mac OS": "苹果电脑", "Linux": "Linux 电脑",
}  # fmt: skip


def device_name(user_agent: str) -> str:
    """ "Chrome · Windows 电脑"; a device that nobody knows is "其他设备"."""
    names = [next((name for sign, name in table.items() if sign in user_agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in names if name) or _("其他设备")
