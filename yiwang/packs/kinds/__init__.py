"""The kinds of declaration, plugged in the order in which they are installed: what is named by another comes first."""

from yiwang.packs.slots import kinds

from .calendars import CALENDARS
from .data import CATALOGUE, RESOURCES, STANDARDS, SYSTEMS
from .opendata import DATASETS
from .past import PAST
from .people import ACCOUNTS, MATERIALS, ROLES
from .pipelines import PIPELINES
from .places import AGENCIES, REGIONS
from .registers import REGISTERS
from .services import FORMS, ITEMS, LICENCES, PROCEDURES, RULES, SEALS, SYNONYMS
from .underway import UNDERWAY

for _kind in (
    CALENDARS, STANDARDS, REGIONS, AGENCIES, SEALS, ROLES, SYSTEMS, REGISTERS, RESOURCES, RULES, FORMS, LICENCES, PROCEDURES, ITEMS, SYNONYMS,
    ACCOUNTS, CATALOGUE, MATERIALS, PIPELINES, DATASETS, PAST, UNDERWAY,
):  # fmt: skip
    kinds.plug(_kind.folder, _kind)
