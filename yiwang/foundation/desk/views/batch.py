"""Doing the same with many tasks, and taking it back within ten seconds where nobody outside was told (docs/adr/0049)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yiwang.foundation.access.queries import Actor, acting
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.desk.queries import may
from yiwang.foundation.desk.slots import Batch, batches
from yiwang.kernel.refusals import Invalid, Problem, Refusal, SignInNeeded

from .common import back_of

MOST = 100  # tasks at once: two pages of the queue
UNDO = 10  # seconds during which the page offers to take back
LATE = 5  # seconds more that the click may need to arrive
RESULTS_KEY, UNDO_KEY = "desk_batch", "desk_undo"


@dataclass(frozen=True, slots=True)
class Undo:
    """What can still be taken back: in words, and for how many seconds."""

    words: str
    seconds: int


def offered(actor: Actor) -> list[tuple[str, Batch]]:
    """What this reader may do with many tasks."""
    return [(code, batch) for code, batch in batches.items() if may(actor, batch.permission)]


def remember(request: HttpRequest, code: str, tasks: Iterable[UUID]) -> None:
    """Offer to take back what was just done, if that can be."""
    request.session.pop(UNDO_KEY, None)
    done = [str(task) for task in tasks]
    if done and batches[code].undone_by:
        request.session[UNDO_KEY] = {"code": code, "tasks": done, "until": time.time() + UNDO}


def undo_of(request: HttpRequest) -> Undo | None:
    """What the page may offer to take back now."""
    kept = request.session.get(UNDO_KEY)
    if kept is None or kept["code"] not in batches:
        return None
    left = kept["until"] - time.time()
    if left <= 0:
        return None
    words = _("%(done)s %(n)s 件") % {"done": batches[kept["code"]].done, "n": len(kept["tasks"])}
    return Undo(words, max(1, round(left)))


def results_of(request: HttpRequest) -> dict[str, Any] | None:
    """What the last batch came to, row by row; shown once."""
    found: dict[str, Any] | None = request.session.pop(RESULTS_KEY, None)
    return found


def _perform(actor: Actor, request: HttpRequest, code: str, chosen: list[UUID]) -> list[UUID]:
    """Do it with each, keep the result of each for the page, and return those with which it was done."""
    batch = batches[code]
    rows, done = [], []
    for task_id in chosen:
        number = ""
        try:
            number = cases.task(actor, task_id).case.number
            batch.run(actor, task_id, request.POST)
        except SignInNeeded:
            raise
        except Refusal as refusal:
            words = refusal.problems[0].message if refusal.problems else refusal.message
            rows.append({"number": number, "ok": False, "words": str(words)})
        else:
            done.append(task_id)
            rows.append({"number": number, "ok": True, "words": str(batch.done)})
    request.session[RESULTS_KEY] = {"label": str(batch.label), "rows": rows, "done": len(done)}
    return done


def _chosen(request: HttpRequest) -> list[UUID]:
    found = []
    for text in dict.fromkeys(request.POST.getlist("task")):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _back(request: HttpRequest) -> HttpResponse:
    query = back_of(request.POST.get("back", ""))
    return HttpResponseRedirect(reverse("desk") + (f"?{query}" if query else ""))


def _signed_in(request: HttpRequest) -> Actor:
    actor = acting(request)
    if not actor.signed_in:
        raise SignInNeeded(_("请先登录。"))
    return actor


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Do one thing with every task that was ticked. One that cannot be done does not stop the others."""
    actor, code, chosen = _signed_in(request), request.POST.get("do", ""), _chosen(request)
    if code not in batches:
        raise Invalid(_("没有这种批量办理，请从页面上的按钮办理。"))
    asks = batches[code].asks
    if not chosen:
        messages.warning(request, _("请先在左边勾选要办的件。"))
    elif len(chosen) > MOST:
        messages.warning(request, _("一次最多办 %(n)s 件，请分几次。") % {"n": MOST})
    elif asks and not request.POST.get(asks[0], "").strip():
        message = _("请填写“%(label)s”。") % {"label": asks[1]}
        raise Invalid(message, problems=[Problem(asks[0], "required", message)])
    else:
        remember(request, code, _perform(actor, request, code, chosen))
    return _back(request)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done in the last seconds: each task by the act that undoes it, with its own line in the ledger."""
    actor = _signed_in(request)
    kept = request.session.pop(UNDO_KEY, None)
    if not kept or time.time() > kept["until"] + LATE or kept["code"] not in batches:
        messages.warning(request, _("已经过了 10 秒，不能再撤销。需要的话，请在清单里重新办理。"))
    else:
        _perform(actor, request, batches[kept["code"]].undone_by, [UUID(text) for text in kept["tasks"]])
    return _back(request)
