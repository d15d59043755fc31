"""Declaring types of licence."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.files.queries import PaperError
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.licences import papers
from yiwang.foundation.licences.models import LicenceType
from yiwang.foundation.licences.slots import templates
from yiwang.foundation.licences.types import Declared, read, schema_problems
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem


@act("licences.declare", gettext_lazy("发布证照类型"))
def declare_type(actor: Actor, body: dict[str, Any]) -> LicenceType:
    """Publish a type of licence. The same body again is the same version; another body is the next one.

    The declaration is checked by its JSON Schema and by making a sample paper. Raises :class:`Invalid` with a problem for
    each thing wrong.
    """
    code = str(body.get("code", "")) if isinstance(body, dict) else ""
    require(actor, NODE, subject=f"licence-type:{code[:60]}")
    problems = schema_problems(body)
    if not problems:
        problems = _trial_problems(read(body))
    if problems:
        raise Invalid(_("证照类型的声明有问题，没有发布。"), problems=problems)
    digest = hashlib.sha256(canonical_bytes(body)).hexdigest()
    last = LicenceType.objects.filter(code=code).order_by("-version").first()
    if last is None or last.digest != digest:
        last = LicenceType.objects.create(
            code=code, version=last.version + 1 if last else 1, name=body["name"], body=body, digest=digest
        )
    record("licence-type", code, {"version": last.version, "sha256": digest})
    return last


def _trial_problems(kind: Declared) -> list[Problem]:
    """Make a paper of sample values and throw it away."""
    if not kind.typst and kind.template not in templates:
        known = ", ".join(sorted(templates))
        return [Problem("template", "unknown", f"there is no template {kind.template!r}; there are {known}")]
    try:
        pdf = papers.compose(papers.specimen(kind))
    except PaperError as error:
        return [Problem("typst" if kind.typst else "template", "does-not-compile", str(error)[:1000])]
    if b"/FT/Sig" not in pdf.replace(b" ", b""):
        return [Problem("typst", "no-seal-place", 'the template has no #seal-place("seal")')]
    return []
