"""The kinds of declaration, plugged in the order in which they are installed: what is named by another comes first."""

from yiwang.packs.slots import kinds

from .calendars import CALENDARS
from .opendata import DATASETS
from .past import PAST
from .people import ACCOUNTS, MATERIALS, ROLES
from .places import AGENCIES, REGIONS
from .registers import REGISTERS
from .services import FORMS, ITEMS, LICENCES, PROCEDURES, RULES, SEALS, SYNONYMS

for _kind in (
    CALENDARS, REGIONS, AGENCIES, SEALS, ROLES, REGISTERS, RULES, FORMS, LICENCES, PROCEDURES, ITEMS, SYNONYMS, ACCOUNTS, MATERIALS, PAST, DATASETS,
):  # fmt: skip
    kinds.plug(_kind.folder, _kind)
