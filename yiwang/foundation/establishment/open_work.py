"""Work that still lies with an agency, which would be orphaned if the agency went."""

from __future__ import annotations

from django.apps import apps
from django.utils.translation import gettext as _

from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict


def refuse_open_work(agency: Agency) -> None:
    """Raise :class:`Conflict` while cases run under the agency: they carry its path, and their tasks are offered by it."""
    count = apps.get_model("cases", "Case").objects.filter(agency_path__startswith=agency.path, closed_at=None).count()
    if count:
        raise Conflict(
            _("“%(name)s”还有 %(n)s 件在办件，请先办结或者移交。") % {"name": agency.name, "n": count},
            code="agency-has-cases",
        )
