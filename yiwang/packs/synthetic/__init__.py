"""Invented people and firms for demo cities: the same seed gives the same city.

Identity numbers lie in the node's own division, which is no real one in a demo, so they are surely nobody's; phones begin with
164, which is not assigned to any carrier.
"""

from yiwang.packs.slots import generators

from . import city_tables  # noqa: F401  # plugs its tables
from .city import economy, economy_monitor, paper_licences, places, reported_licences, surveyed_places
from .employment import social_insurance
from .firms import firms
from .people import population
from .second import credit, health_insured, market_credit, relief, taxpayers

for _generate in (
    population, firms, social_insurance, health_insured, relief, taxpayers, credit, market_credit, places, surveyed_places,
    paper_licences, reported_licences, economy, economy_monitor,
):  # fmt: skip
    generators.plug(_generate.__name__, _generate)
