"""Sessions in the store, as Django keeps them, looked up by a prepared question: every request of somebody who is signed in asks it."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from yiwang.kernel.prepared import Given, Prepared

_SESSION = Prepared(
    lambda: Session.objects.filter(session_key=Given("key", CharField()), expire_date__gt=Given("now", DateTimeField()))
)


class SessionStore(db.SessionStore):
    """One that is not there, or over, loses its key."""

    def _get_session_from_db(self) -> Session | None:
        found = _SESSION.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
