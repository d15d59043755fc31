"""The database backend of nodes on PostgreSQL."""

from __future__ import annotations

import re
import select
from functools import lru_cache
from itertools import count
from typing import Any

from django.db.backends.postgresql import base
from psycopg import RawCursor


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> str:
    """A statement with Django's placeholders in PostgreSQL's own: psycopg would look for them again each time."""
    numbers = count(1)
    return re.sub("%[s%]", lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", sql)


class PreparedCursor(base.CursorMixin, RawCursor[Any]):
    """A cursor whose statements PostgreSQL keeps ready once they have come a few times; the values travel beside them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(_numbered(query), params, **options)


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

    def prepared_cursor(self) -> Any:
        """For statements that come again and again (:mod:`yiwang.kernel.prepared`): after ``prepare_threshold`` times they are kept ready."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(PreparedCursor(self.connection))  # type: ignore[attr-defined]  # the stubs leave it out

    def _says_something(self) -> bool:
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(waiting.poll(0))
