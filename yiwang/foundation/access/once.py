"""Idempotency: the same key by the same account means the same act, done once (RFC draft Idempotency-Key)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Problem

from .actors import Actor
from .acts import running
from .models import Once


def once(actor: Actor, key: str, request: Any, make: Callable[[], str]) -> tuple[str, bool]:
    """Run ``make`` unless ``key`` was used before; return its result (an id) and whether it ran now.

    Must run inside an act, so that the key is kept exactly when the act is. ``request`` is hashed: the same key with
    another request is a :class:`Conflict`. An empty key means that the caller does not ask for this.
    """
    if not key:
        return make(), True
    current = running()
    assert current is not None, "once() belongs inside an act"
    assert actor.account_id is not None, "only accounts send an Idempotency-Key"
    if len(key) > 100:
        raise Invalid(
            _("Idempotency-Key 太长。"), problems=[Problem("Idempotency-Key", "max-length", _("最长 100 个字符"))]
        )
    fingerprint = hashlib.sha256(canonical_bytes(request)).hexdigest()
    try:
        with transaction.atomic():
            row = Once.objects.create(
                account_id=actor.account_id, key=key, permission=current.code, fingerprint=fingerprint
            )
    except IntegrityError:
        row = Once.objects.get(account_id=actor.account_id, key=key)
        if row.fingerprint != fingerprint or row.permission != current.code:
            raise Conflict(_("这个 Idempotency-Key 已经用于另一个请求，请换一个新的。"), code="key-reused") from None
        # The act was done and recorded then; coming again changes nothing.
        current.asked = current.recorded = True
        return row.result, False
    row.result = make()
    row.save(update_fields=["result"])
    return row.result, True
