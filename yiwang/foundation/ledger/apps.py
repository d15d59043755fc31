from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "yiwang.foundation.ledger"
    label = "ledger"

    def ready(self) -> None:
        from yiwang.foundation.access.slots import trace
        from yiwang.web.slots import Place, citizen_places

        from . import jobs, slots  # noqa: F401  # they register themselves
        from .actions import record

        trace.plug("ledger", record)
        citizen_places.plug("verify", Place(_("查验文书"), "verify", "shield-check", order=80))
