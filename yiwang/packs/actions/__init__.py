"""The acts of this room: installing a pack; and the acts on roles, whose own room is the frame of acts."""

from .installing import install
from .roles import put_role, set_grants

__all__ = ["install", "put_role", "set_grants"]
