"""Files inside the answers of a form: who may read one because of the application that names it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from yiwang.foundation.access.queries import Actor, allowed
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.files.queries import StoredFile
from yiwang.foundation.forms import queries as forms

from .models import Filing
from .permissions import READ

MOST_FILINGS = 100  # newest of one party that are looked through for a file


def answered_with(actor: Actor, file_id: UUID) -> bool:
    """Whether an application that the actor may read has the file as an answer.

    Answers are sealed, so the store cannot be asked for the id: the newest applications of those to whom the file belongs are looked through,
    and only those that the actor may read. A file named by anybody else opens nothing: nobody gets at a stranger's file by writing down its id.
    """
    file = StoredFile.objects.filter(id=file_id).values("party_id", "stored_by").first()
    if file is None or file["stored_by"] is None:
        return False
    rows = Filing.objects.filter(Q(party__in=[file["party_id"]]) | Q(signed_by=file["stored_by"]))
    for filing in rows.select_related("case").order_by("-signed_at", "-id")[:MOST_FILINGS]:
        if not allowed(actor, READ, cases.scope_of(filing.case)):
            continue
        if file_id in forms.files_in(forms.form(filing.form_code, filing.form_version), filing.data):
            return True
    return False
