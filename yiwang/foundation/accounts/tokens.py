"""Session tokens of programs: allauth's own, looked up with one query instead of two."""

from __future__ import annotations

from allauth.headless.internal.sessionkit import session_store
from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.contrib.sessions.backends.base import SessionBase


class TokenStrategy(SessionTokenStrategy):
    """The token is the session's key. Loading a session tells already whether it is there."""

    def lookup_session(self, session_token: str) -> SessionBase | None:
        session = session_store(session_key=session_token)
        session.keys()  # loads it; one that is not there loses its key
        return session if session.session_key else None
