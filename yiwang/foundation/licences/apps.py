from django.apps import AppConfig


class LicencesConfig(AppConfig):
    name = "yiwang.foundation.licences"
    label = "licences"

    def ready(self) -> None:
        from yiwang.foundation.cases.slots import Operation, operations
        from yiwang.foundation.files.slots import Template, document_templates, in_use, readers
        from yiwang.foundation.ledger.slots import codes

        from . import jobs, papers, places, queries  # noqa: F401  # jobs register themselves
        from .operations import issue_for_case
        from .slots import FRAME, TEMPLATE_NAMES, templates

        operations.plug("licences.issue", Operation("licences.issue", issue_for_case))
        codes.plug("licence", queries.where)
        readers.plug("licence", queries.vouches)
        in_use.plug("licence", queries.papers_among)
        for name, source in templates.items():
            shown = TEMPLATE_NAMES.get(name, name)
            document_templates.plug(name, Template(shown, source, papers.sample, prelude=FRAME, seals=("seal",)))
        places.plug()
