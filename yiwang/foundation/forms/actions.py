"""Publishing forms, and taking in the files that people attach."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Again, act, require
from yiwang.foundation.drafts import actions as drafts
from yiwang.foundation.drafts.queries import Draft
from yiwang.foundation.events.actions import emit
from yiwang.foundation.files.actions import store
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem, TooLarge

from . import body as bodies
from . import standard
from .compiled import CompiledForm
from .models import FormVersion
from .queries import DRAFT, not_yet_committed
from .reading import MOST_ROWS, row_numbers


@act("forms.publish", gettext_lazy("发布表单"))
def publish(actor: Actor, code: str, body: dict[str, Any]) -> FormVersion:
    """Publish ``body`` as the next version of the form ``code``; the newest body again is the newest version again.

    Fields that name a code set get its codes as their options. Raises :class:`Invalid` with every mistake in the body, each with its place.
    """
    require(actor, subject=f"form:{code}")
    written, body = body, standard.filled(body)
    problems = bodies.problems(code, body)
    if problems:
        raise Invalid(
            _("表单“%(code)s”没有发布：有 %(n)d 处需要改正。") % {"code": str(code)[:60], "n": len(problems)},
            code="form-invalid",
            problems=problems,
        )
    digest = hashlib.sha256(canonical_bytes(body)).hexdigest()
    newest = FormVersion.objects.filter(code=code).order_by("-version").first()
    if newest is not None and newest.digest == digest:
        record("form", code, {"version": newest.version, "digest": digest, "unchanged": True})
        return newest
    row = FormVersion(
        code=code, version=newest.version + 1 if newest else 1, title=body["title"], body=body, digest=digest,
        published_by=actor.reference(),
    )  # fmt: skip
    CompiledForm(code, row.version, body)  # what compiles now compiles for ever
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody published at the same moment
        raise Again from None
    not_yet_committed(row)
    record("form", code, {"version": row.version, "digest": digest})
    drafts.published(DRAFT, code, written)
    emit("form.published", code, {"version": row.version})
    return row


@act("forms.draft", gettext_lazy("起草表单"))
def save_draft(actor: Actor, code: str, body: dict[str, Any], *, seen: int = 0) -> Draft:
    """Keep ``body`` as the next version of the form ``code`` while it is being written; it may still be wrong.

    ``seen`` is the revision of the draft that the writer had before them, 0 for none. Raises :class:`Conflict` when somebody
    else has saved since, :class:`Invalid` for a code or a body that no form could have.
    """
    require(actor, subject=f"form:{code}")
    problems = bodies.shape_problems(code, body)
    if problems:
        raise Invalid(_("表单草稿没有保存。"), code="form-invalid", problems=problems)
    newest = FormVersion.objects.filter(code=code).order_by("-version").values_list("version", flat=True).first()
    row = drafts.keep(DRAFT, code, body, title=body["title"], based_on=newest or 0, seen=seen)
    record("form", code, {"draft": row.revision, "digest": row.digest})
    return row


@act("forms.drop_draft", gettext_lazy("删除表单草稿"))
def drop_draft(actor: Actor, code: str) -> None:
    """Drop the draft of a form. Raises :class:`Missing`."""
    require(actor, subject=f"form:{code}")
    row = drafts.drop(DRAFT, code)
    record("form", code, {"dropped": row.revision, "digest": row.digest})


def take_uploads(
    actor: Actor, form: CompiledForm, part_code: str, files: MultiValueDict[str, Any], data: dict[str, Any],
    post: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], list[Problem]]:  # fmt: skip
    """Store the files that were posted for a part, each by the act files.store, and put their ids into a copy of ``data``.

    ``post`` is what ``data`` was read from: it says which row of a repeat a file belongs to. A file that is refused becomes a
    problem of its field; the others are kept.
    """
    answers, problems = dict(data), []

    def take(name: str, label: str, upload: Any) -> str:
        try:
            stored = store(actor, name=upload.name or "", content=upload, party_id=actor.party_id, purpose="form")
        except (Invalid, TooLarge) as refusal:
            message = _("“%(label)s”：%(why)s") % {"label": label, "why": refusal}
            problems.append(Problem(name, refusal.code, message))
            return ""
        return str(stored.id)

    for field in form.part(part_code).fields:
        for upload in files.getlist(field.name) if field.widget == "file" else ():
            if held := take(field.name, field.label, upload):
                answers[field.name] = [*(answers.get(field.name) or []), held] if field.several else held
        columns = [column for column in field.columns if column.widget == "file"]
        posted = sorted(number for number in _row_numbers(field.name, files)) if columns else []
        if not posted:
            continue
        rows, numbers = [dict(row) for row in answers.get(field.name) or []], row_numbers(field, post or {})
        for number in posted:
            if number not in numbers:  # a row of which nothing but the file was filled in
                place = bisect(numbers, number)
                numbers.insert(place, number)
                rows.insert(place, {})
            place = numbers.index(number)
            for column in columns:
                for upload in files.getlist(f"{field.name}.{number}.{column.name}")[:1]:
                    if held := take(f"{field.name}.{place}.{column.name}", column.label, upload):
                        rows[place][column.name] = held
        answers[field.name] = [row for row in rows if row] or None
    return answers, problems


def _row_numbers(name: str, files: MultiValueDict[str, Any]) -> set[int]:
    """The rows of a repeat for which files were posted."""
    found = set()
    for key in files:
        start, _dot, rest = key.partition(".")
        number = rest.partition(".")[0]
        if start == name and number.isascii() and number.isdigit() and int(number) < MOST_ROWS:
            found.add(int(number))
    return found
