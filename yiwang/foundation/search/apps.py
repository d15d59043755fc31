from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _sweep(**kwargs: Any) -> None:
    from django.db import connection

    from .stores import store

    if "search_document" in connection.introspection.table_names():  # not after a migration back to nothing
        store().sweep()


class SearchConfig(AppConfig):
    name = "yiwang.foundation.search"
    label = "search"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from yiwang.web.slots import Place, citizen_places

        citizen_places.plug("search", Place(_("搜索"), "search", "search"))
        # The index is no table of a model, so what empties tables (a restore, a flush) leaves it behind.
        post_migrate.connect(_sweep, sender=self)
