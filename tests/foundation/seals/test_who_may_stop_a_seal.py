"""A seal is stopped, used again and ended by its own agency's keeper only; receipts are the node's own business."""

from __future__ import annotations

import pytest

from tests.factories import agency, citizen, official
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.seals import actions
from yiwang.foundation.seals.models import Seal
from yiwang.foundation.seals.receipts import About, _acknowledge

pytestmark = pytest.mark.django_db


def strangers() -> list[Actor]:
    other = agency("rsj", "云州市人力资源和社会保障局")
    return [official("seal-keeper", ["seals.*"], at=other), official("window-clerk", ["cases.*"]), citizen()]


def test_stopping_resuming_and_ending_a_seal(seal: Seal, keeper: Actor) -> None:
    for stranger in strangers():
        refused(actions.suspend, stranger, seal.code, "换新章")
        refused(actions.revoke_seal, stranger, seal.code, "换新章")
    with recorded("seals.suspend", by=keeper, kind="seal", subject=seal.code):
        actions.suspend(keeper, seal.code, "保管人休假")
    for stranger in strangers():
        refused(actions.resume, stranger, seal.code, "回来了")
    with recorded("seals.resume", by=keeper, kind="seal", subject=seal.code):
        actions.resume(keeper, seal.code, "保管人回来了")


def test_nobody_makes_a_receipt_by_hand(keeper: Actor) -> None:
    about = About(title="受理通知书", number="1", rows=[])
    for stranger in [keeper, *strangers()]:
        refused(_acknowledge, stranger, {"entry": {"id": "1", "for": None}}, about, "")
