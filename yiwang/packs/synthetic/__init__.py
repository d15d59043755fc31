"""Invented people and firms for demo cities: the same seed gives the same city.

Identity numbers lie in the node's own division, which is no real one in a demo, so they are surely nobody's; phones begin with
164, which is not assigned to any carrier.
"""

from yiwang.packs.slots import generators

from . import city_tables  # noqa: F401  # plugs its tables
from .employment import social_insurance
from .firms import firms
from .people import population

generators.plug("population", population)
generators.plug("firms", firms)
generators.plug("social_insurance", social_insurance)
