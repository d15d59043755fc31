from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.web.slots import Place, staff_places


def _may_read(request: HttpRequest) -> bool:
    from yiwang.foundation.access.queries import acting

    from .queries import READ

    return any(held.allows(READ) for held in acting(request).held)


class RulesConfig(AppConfig):
    name = "yiwang.foundation.rules"
    label = "rules"

    def ready(self) -> None:
        from . import slots  # noqa: F401

        staff_places.plug("rules", Place(_("规则"), "rules", "table", order=70, group=_("业务配置"), shown=_may_read))
