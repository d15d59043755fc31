from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yiwang.foundation.cases"
    label = "cases"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from yiwang.foundation.access.queries import acting, allowed
        from yiwang.web.slots import Place, staff_places

        from . import jobs, notices, permissions, receivers  # noqa: F401  # they register themselves
        from .designs import READ
        from .replaying import EnforcementKind
        from .slots import kinds

        shown = lambda request: allowed(acting(request), READ)  # noqa: E731
        staff_places.plug("procedures", Place(_("流程"), "procedures", "sitemap", 50, _("业务配置"), shown))
        kinds.plug(EnforcementKind.code, EnforcementKind())
