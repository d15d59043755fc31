"""Events and jobs: nothing is announced before it is committed, nothing committed is left unannounced.

:func:`actions.emit` writes an outbox row in the act's own transaction. A worker hands each row to the subscribers that rooms
declare in ``receivers.py``, one job each, and runs jobs with a lease, retries with back-off, and a list of dead letters.
"""
