"""A licence expires by its date: a job of the node writes it down, and nobody else does."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import citizen, official
from tests.helpers import refused
from yiwang.foundation.licences import actions

pytestmark = pytest.mark.django_db


def test_nobody_lets_licences_expire_by_hand() -> None:
    refused(actions.expire, citizen(), dt.date(2031, 1, 1))
    refused(actions.expire, official("reviewer", ["licences.*"]), dt.date(2031, 1, 1))
