"""The portal's entries in the citizens' header."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import acting
from yiwang.web.slots import Place, citizen_places


def _signed_in(request: HttpRequest) -> bool:
    return bool(acting(request).signed_in)


citizen_places.plug("my", Place(_("我的办件"), "my", "folder", order=10, shown=_signed_in))
