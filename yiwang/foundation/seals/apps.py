from django.apps import AppConfig


class SealsConfig(AppConfig):
    name = "yiwang.foundation.seals"
    label = "seals"

    def ready(self) -> None:
        from yiwang.foundation.ledger.slots import papers

        from . import places, receipts

        papers.plug("paper", receipts.paper)
        places.plug()
