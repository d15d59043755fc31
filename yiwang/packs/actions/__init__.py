"""The acts of this room: installing and removing a pack; and the acts on roles, whose own room is the frame of acts."""

from .installing import install
from .removing import remove
from .roles import put_role, set_grants

__all__ = ["install", "put_role", "remove", "set_grants"]
