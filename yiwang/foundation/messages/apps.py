from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.web.slots import Place, citizen_places


def _has_inbox(request: HttpRequest) -> bool:
    from yiwang.foundation.access.queries import acting

    return acting(request).party_id is not None


def _unread(request: HttpRequest) -> int:
    from yiwang.foundation.access.queries import acting

    from .queries import unread

    return unread(acting(request))


class MessagesConfig(AppConfig):
    name = "yiwang.foundation.messages"
    label = "inbox"  # Django's own messages framework is called "messages"

    def ready(self) -> None:
        from . import jobs, slots  # noqa: F401

        place = Place(_("消息"), "my-messages", "bell", order=60, shown=_has_inbox, count=_unread)
        citizen_places.plug("messages", place)
