"""The acts of this room: installing a pack; and the acts on divisions, agencies, roles and the calendar, whose own rooms lie
below the frame of acts."""

from .calendar import load_notice
from .installing import install
from .places import put_agency, put_posting, put_region
from .roles import put_role, set_grants

__all__ = ["install", "load_notice", "put_agency", "put_posting", "put_region", "put_role", "set_grants"]
