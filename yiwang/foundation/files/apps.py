from django.apps import AppConfig
from django.core import checks
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.config.environment import environment
from yiwang.web.slots import Place, citizen_places, staff_places


def _signed_in(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated)


class FilesConfig(AppConfig):
    name = "yiwang.foundation.files"
    label = "files"

    def ready(self) -> None:
        from yiwang.foundation.access.queries import NODE, acting, allowed

        from . import bucket, clamd, jobs, slots  # noqa: F401

        if environment.files_url:
            checks.register(bucket.check)
        if environment.clamd:
            slots.scanners.plug("clamd", clamd.scan)
            checks.register(clamd.check)

        from . import queries

        staff_places.plug(
            "templates",
            Place(
                _("文书模板"), "desk-templates", "file-text", 140, _("证照与印章"),
                lambda request: allowed(acting(request), queries.READ_TEMPLATES, NODE),
            ),
        )  # fmt: skip
        citizen_places.plug("materials", Place(_("我的材料"), "my-materials", "files", order=50, shown=_signed_in))
