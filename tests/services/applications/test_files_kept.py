"""Files that a draft or a filing names outlive the cleaning of uploads that nobody took up."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories.applications import draft_for, owner, submitted
from tests.factories.documents import pdf, uploaded
from yiwang.foundation.files import jobs
from yiwang.foundation.files.models import StoredFile
from yiwang.services.applications import actions
from yiwang.services.applications.models import Draft, FilingMaterial

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def test_what_was_handed_in_or_is_being_filled_in_stays() -> None:
    me = owner()
    filing = submitted(me)
    handed_in = set(
        FilingMaterial.objects.filter(filing=filing).exclude(file_id=None).values_list("file_id", flat=True)
    )
    draft = draft_for(me)
    gathered, answered, left = (uploaded(me, pdf(name)).id for name in ("gathered", "answered", "left"))
    actions.give_material(me, draft.id, "layout", file_id=gathered)
    held = Draft.objects.get(id=draft.id)
    held.data = {**held.data, "drawings": [{"file": str(answered)}]}  # the answer to a question for files
    held.save(update_fields=["data"])
    StoredFile.objects.update(created_at=timezone.now() - dt.timedelta(days=400))
    jobs.forget_unused()
    kept = set(StoredFile.objects.values_list("id", flat=True))
    assert handed_in
    assert kept >= handed_in | {gathered, answered}
    assert left not in kept
