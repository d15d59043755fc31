"""What becomes of an objection: the record is corrected in a new version, or it stands. The deciding belongs to the room ``objections``."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries import declarations
from yiwang.data.registries.elements import Wrong
from yiwang.data.registries.models import Objection, RegisterRecord
from yiwang.foundation.access.queries import Actor, Scope, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .settling import make_right


@act("registries.answer-objection", gettext_lazy("答复数据异议"))
def answer_objection(actor: Actor, objection_id: UUID, value: str | None, *, withdrawn: bool = False) -> RegisterRecord:
    """Correct the element of an objection to ``value``, as a new version of the record from today; None: it stands as it is, because it was checked,
    or because the case was ended before (``withdrawn``).

    Returns the record in force. Raises :class:`Invalid` for a value that is not of the element's type or that is there already,
    :class:`Conflict` when the objection was answered before.
    """
    objection = (
        Objection.objects.select_for_update(of=("self",))
        .select_related("register", "record")
        .filter(id=objection_id)
        .first()
    )
    agency = Agency.objects.filter(registers=objection.register).first() if objection else None
    require(actor, Scope(agency=agency.path, level=3) if agency else Scope(), subject=f"objection:{objection_id}")
    if objection is None or agency is None:
        raise Missing(_("没有这条数据异议。"))
    if objection.state != Objection.State.OPEN:
        raise Conflict(_("这条异议已经答复过。"), code="objection-answered")
    held = _in_force(objection).first()
    if value is not None:
        held = _corrected(actor, objection, held, value)
    stands = Objection.State.WITHDRAWN if withdrawn else Objection.State.UPHELD
    objection.state = stands if value is None else Objection.State.CORRECTED
    objection.save(update_fields=["state"])
    kept = held or objection.record
    record("objection", objection.id, {"state": objection.state, "version": kept.version})
    emit("register.objection-answered", objection.id, {"state": objection.state, "element": objection.element})
    return kept


def _in_force(objection: Objection) -> QuerySet[RegisterRecord]:
    """The record that look-ups find today; none when the register holds the key no longer."""
    return RegisterRecord.objects.filter(
        register=objection.register, key_hash=objection.record.key_hash, until=None, latest=True
    ).exclude(content_hash="")


def _corrected(actor: Actor, objection: Objection, held: RegisterRecord | None, value: str) -> RegisterRecord:
    element = declarations.of(objection.register).elements[objection.element]
    if held is None:
        raise Conflict(_("这条登记已经注销，不能再更正。"), code="record-gone")
    try:
        right = element.read(value)
        if right is None:
            raise Wrong(_("请填写正确的内容"))
        if right == held.data.get(element.name):
            raise Wrong(_("和现在登记的一样；如果登记没有错，请选“核实无误”"))
    except Wrong as wrong:
        raise Invalid(str(wrong), problems=[Problem("value", "format", f"{element.label}：{wrong}")]) from None
    make_right(
        objection.register, declarations.of(objection.register), held.key_hash, {element.name: right},
        timezone.localdate(), None, actor,
    )  # fmt: skip
    return _in_force(objection).get()
