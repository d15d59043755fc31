"""Factories that speak of business: ``citizen()``, ``official(role="window-clerk")``, ``overdue_case()``.

One module per room; tests import from here.
"""

from .people import agency, citizen, city, firm_of, official

__all__ = ["agency", "citizen", "city", "firm_of", "official"]
