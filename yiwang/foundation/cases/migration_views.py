"""Pages on which running cases are moved to the newest version of their procedure: the dry run, doing it, how far it is."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import acting
from yiwang.kernel.refusals import Conflict

from . import actions, queries
from .procedures import definition
from .views import SHELF


@never_cache
@require_http_methods(["GET", "POST"])
def migrate(request: HttpRequest, code: str) -> HttpResponse:
    """What would become of each running case under the newest version; and moving those that can."""
    actor = acting(request)
    refusal = None
    if request.method == "POST":
        try:
            done = actions.migrate(actor, code)
            return HttpResponseRedirect(reverse("procedure-migration", args=[code, done.id]))
        except Conflict as conflict:
            refusal = conflict
    trial = queries.try_migration(actor, code)
    name = queries.procedure(code).name
    context = {
        "code": code, "name": name, "trial": trial, "refusal": refusal, "trail": SHELF.trail(code, name),
        "done": queries.migrations(actor, code),
    }  # fmt: skip
    return render(request, "cases/migrate.html", context, status=409 if refusal is not None else 200)


@never_cache
@require_GET
def migration(request: HttpRequest, code: str, migration_id: UUID) -> HttpResponse:
    """How far a migration is, and which cases could not be moved and why."""
    found = queries.migration(acting(request), migration_id)
    name = definition(found.procedure_id).name
    context = {
        "code": code, "name": name, "found": found, "trail": [*SHELF.trail(code, name), (_("迁移办件"), reverse("procedure-migrate", args=[code]))],
        "worked": found.moved + found.stuck, "running": found.finished_at is None,
        "more": found.stuck - len(found.reasons),
    }  # fmt: skip
    return render(request, "cases/migration.html", context)
