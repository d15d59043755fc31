from django.apps import AppConfig


class SealsConfig(AppConfig):
    name = "yiwang.foundation.seals"
    label = "seals"

    def ready(self) -> None:
        from yiwang.foundation.files.slots import document_templates
        from yiwang.foundation.ledger.slots import papers

        from . import places, receipts

        document_templates.plug("receipt", receipts.TEMPLATE)
        papers.plug("paper", receipts.paper)
        places.plug()
