from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.web.slots import Place, staff_places


def _may_list(request: HttpRequest) -> bool:
    from yiwang.foundation.access.queries import acting, allowed

    from .queries import LIST

    return allowed(acting(request), LIST)


class FormsConfig(AppConfig):
    name = "yiwang.foundation.forms"
    label = "forms"

    def ready(self) -> None:
        from yiwang.foundation.standards.slots import User, users

        from . import slots, standard  # noqa: F401

        users.plug("forms", User(_("表单"), standard.uses))

        staff_places.plug("forms", Place(_("表单"), "forms", "forms", order=60, group=_("业务配置"), shown=_may_list))
