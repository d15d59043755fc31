"""The database backend of nodes on PostgreSQL."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection is kept for many requests, and looked at before the first query of each.

    An idle connection has nothing to say. One whose server process was ended has: a farewell or an end of file waits on its
    socket. Asking the kernel for that takes about a microsecond; Django's own ``SELECT 1`` takes a round trip.
    """

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred or self._says_something():
            return super().is_usable()
        return True

    def _says_something(self) -> bool:
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(waiting.poll(0))
