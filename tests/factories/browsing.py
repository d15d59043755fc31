"""A browser and a program for an actor: the test client, signed in as them."""

from __future__ import annotations

from django.test import Client

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account


def browser_of(actor: Actor) -> Client:
    """A test client that is signed in as the actor's account. Refusals come back as pages, not as exceptions."""
    client = Client(raise_request_exception=False)
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client
