"""A key made inside a transaction serves that transaction at once, and is gone with it when it is rolled back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from yiwang.foundation.crypto.models import Key
from yiwang.foundation.crypto.queries import decrypt, encrypt, keyed_hash

pytestmark = pytest.mark.django_db


class Undo(Exception):
    pass


def test_many_values_ask_for_the_key_once() -> None:
    with CaptureQueriesContext(connection) as captured:
        for number in range(50):
            assert decrypt("field", encrypt("field", str(number).encode(), "t"), "t") == str(number).encode()
            keyed_hash("party", str(number))
    assert len(captured) < 20


def test_a_rolled_back_key_is_forgotten() -> None:
    lost = ""
    with suppress(Undo), transaction.atomic():
        lost = keyed_hash("party", "990102198804129023")
        decrypt("field", encrypt("field", b"x", "t"), "t")
        raise Undo
    assert lost
    assert not Key.objects.exists()
    assert keyed_hash("party", "990102198804129023") != lost
    assert decrypt("field", encrypt("field", b"y", "t"), "t") == b"y"


@pytest.mark.django_db(transaction=True)
def test_a_committed_key_is_kept_in_memory() -> None:
    with transaction.atomic():
        sealed = encrypt("field", b"x", "t")
    with CaptureQueriesContext(connection) as captured:
        assert decrypt("field", sealed, "t") == b"x"
        encrypt("field", b"y", "t")
    assert len(captured) == 0
