"""Acts on a draft: begin, answer, fill in, gather materials, throw away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, about, act, once, owner, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.forms import queries as forms
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Problem
from yiwang.services.applications import checks, evidence, proving
from yiwang.services.applications.begun import known_well_enough, mine, offered, pinned, still_open, unfinished
from yiwang.services.applications.evidence import LARGEST_PER_MATERIAL
from yiwang.services.applications.models import Draft, DraftMaterial, Evidence
from yiwang.services.items.queries import PublishedItem

LARGEST_DRAFTS = 50


def _suits(actor: Actor, item: PublishedItem) -> None:
    """Refuse early and plainly when this person cannot apply for this item as they are now."""
    if actor.party_kind == "person" and not item.for_person:
        raise Conflict(_("这项业务由企业或单位办理。请先切换到您的企业，再开始申请。"), code="wrong-party")
    if actor.party_kind == "organisation" and not item.for_organisation:
        raise Conflict(_("这项业务由个人办理。请先切换回您本人，再开始申请。"), code="wrong-party")
    known_well_enough(actor, item)


@act("applications.start", gettext_lazy("开始申请"), party=True, level=Level.FACE)
def start(actor: Actor, item_code: str, *, key: str = "") -> Draft:
    """Begin an application for the party acted for, filled in from registers where they know the answer.

    A draft of the same item that was left is taken up again rather than doubled, and keeps the version it was begun with. Raises
    :class:`Conflict` when the item is closed, is for others, or asks for a higher real-name level; Missing when there is none.
    """
    require(
        actor, owner(actor.party_id, item_code), subject=f"item:{item_code}"[:120],
        message=_("您的账号还没有可以办事的身份，请先完成实名登记。"),
    )  # fmt: skip
    draft_id, _ran = once(
        actor, key, {"item": item_code, "party": actor.party_id}, lambda: str(_begin(actor, item_code).id)
    )
    draft = Draft.objects.filter(id=draft_id).first()
    if draft is None:  # the key was used before, and what it began was thrown away since
        raise Conflict(_("这份申请已经删除，请重新开始。"), code="draft-discarded")
    return draft


def _begin(actor: Actor, item_code: str) -> Draft:
    item = offered(item_code)
    _suits(actor, item)
    actor = about(actor, item.code)
    assert actor.account_id is not None and actor.party_id is not None  # noqa: PT018  # a passer-by has no party
    Party.objects.select_for_update(no_key=True).get(id=actor.party_id)  # a double click begins one draft, not two
    left = unfinished(actor.party_id, item.code)
    if left is not None:
        record("draft", left.id, {"item": item.code, "taken_up": True})
        return left
    if Draft.objects.filter(party=actor.party_id, case=None).count() >= LARGEST_DRAFTS:
        raise Conflict(_("您有太多没有提交的申请。请先提交或删除一些。"), code="too-many-drafts")
    form = forms.form(item.form)
    prefilled = {
        name: {
            "value": value.value,
            "source": str(value.source),
            "as_of": value.as_of.isoformat() if value.as_of else "",
            "href": value.href,
        }
        for name, value in forms.prefill(form, actor, f"item:{item.code}").items()
    }
    draft = Draft.objects.create(
        account_id=actor.account_id, party_id=actor.party_id, item_code=item.code, item_name=item.name,
        item_version=item.version_id, form_code=form.code, form_version=form.version,
        data={name: value["value"] for name, value in prefilled.items()}, prefilled=prefilled,
        situation_done=not item.situations, proven=proving.proven(actor, item),
    )  # fmt: skip
    record("draft", draft.id, {"item": item.code, "version": item.version})
    return draft


@act("applications.answer_situation", gettext_lazy("选择办理情形"), party=True, level=Level.FACE)
def answer_situation(actor: Actor, draft_id: UUID | str, answers: dict[str, str]) -> Draft:
    """Keep the answers to the item's situational questions; they choose materials and parts of the form.

    Materials that the new answers no longer ask for are dropped. Raises :class:`Invalid` with one problem for each question.
    """
    draft = still_open(mine(actor, draft_id))
    item = pinned(draft)
    problems = item.problems_of(answers)
    if problems:
        raise Invalid(_("还有问题没有回答。"), problems=problems)
    kept = {question.code: answers[question.code] for question in item.situations_for(answers)}
    draft.situation, draft.situation_done = kept, True
    draft.save(update_fields=["situation", "situation_done", "updated_at"])
    needed = {need.code for need in checks.needs(item, draft)}
    draft.materials.exclude(code__in=needed).delete()
    record("draft", draft.id, {"situation": kept})
    return draft


@act("applications.save_answers", gettext_lazy("保存申请内容"), party=True, level=Level.FACE)
def save_answers(actor: Actor, draft_id: UUID | str, data: dict[str, Any], *, part: str = "") -> Draft:
    """Keep what was typed, right or wrong: checking is for :func:`queries.check`, losing nothing is for here.

    Only fields of the form are kept, and a field that a register filled in and the form holds read-only keeps the register's value
    whatever was sent.
    """
    draft = still_open(mine(actor, draft_id))
    actor = about(actor, draft.item_code)
    form = forms.form(draft.form_code, draft.form_version)
    kept = {name: value for name, value in data.items() if name in form.fields}
    beyond = [
        problem for problem in form.check({**draft.data, **kept}, checks.context(draft, actor)) if not problem.field
    ]
    if beyond:  # not a slip of the pen: too much, or not the kind of thing a form holds
        raise Invalid(_("填写的内容没有保存。"), problems=beyond)
    for name, value in draft.prefilled.items():
        if form.fields[name].readonly:
            kept[name] = value["value"]
    draft.data = {**draft.data, **kept}
    if part and part not in draft.parts_done:
        draft.parts_done = [*draft.parts_done, part]
    draft.save(update_fields=["data", "parts_done", "updated_at"])
    record("draft", draft.id, {"part": part, "fields": len(kept)})
    return draft


@act("applications.give_material", gettext_lazy("提供材料"), party=True, level=Level.FACE)
def give_material(
    actor: Actor, draft_id: UUID | str, code: str, *, file_id: UUID | None = None, how: str = Evidence.How.UPLOAD
) -> DraftMaterial:
    """Prove a material of the item: with a file of the party (uploaded, or from its library), or by a commitment if the item takes one.

    What registers and licences prove is found out by the node, never claimed. Raises :class:`Invalid` when the item does not ask for the
    material in this situation, when it cannot be proven that way, or there are too many files. A file of somebody else is refused
    like one that does not exist.
    """
    draft = still_open(mine(actor, draft_id))
    actor = about(actor, draft.item_code)
    need = next((need for need in checks.needs(pinned(draft), draft) if need.code == code), None)
    field, file = f"materials.{code}", None
    if need is None:
        raise Invalid(_("这次办理不需要这份材料。"), problems=[Problem(field, "unknown", _("不需要这份材料"))])
    if how in (Evidence.How.UPLOAD, Evidence.How.LIBRARY):
        if file_id is None:
            raise Invalid(_("请先选择文件。"), problems=[Problem(field, "required", _("请先选择文件"))])
        file = evidence.own_file(actor, file_id, field)
        source = evidence.library_title(actor, draft, file, field) if how == Evidence.How.LIBRARY else file.name
        if draft.materials.filter(code=code, file_id=file_id).exists():
            raise Conflict(_("这个文件已经在这份材料里了。"), code="given-already")
        if draft.materials.filter(code=code).count() >= LARGEST_PER_MATERIAL:
            message = _("每份材料最多 %(n)s 个文件，可以合并成一个 PDF 再上传。") % {"n": LARGEST_PER_MATERIAL}
            raise Invalid(message, problems=[Problem(field, "too-many", message)])
    elif how == Evidence.How.COMMITMENT and need.replaced_by is not None and need.replaced_by.kind == how:
        source = need.replaced_by.label
        draft.materials.filter(code=code, how=how).delete()
    else:
        message = _("这份材料不能这样提供，请上传文件，或者从材料库里选。")
        raise Invalid(message, problems=[Problem(field, "how", message)])
    given = DraftMaterial.objects.create(
        draft=draft, code=code, name=need.name, how=how, source=source[:200], file_id=file.id if file else None,
        sha256=file.sha256 if file else "",
    )  # fmt: skip
    record("draft", draft.id, {"material": code, "how": how})
    return given


@act("applications.remove_material", gettext_lazy("移除材料"), party=True, level=Level.FACE)
def remove_material(actor: Actor, draft_id: UUID | str, material_id: int) -> None:
    """Take a material out of the draft; the file stays in the store. Removing it twice is the same as once."""
    draft = still_open(mine(actor, draft_id))
    draft.materials.filter(id=material_id).delete()
    record("draft", draft.id, {"removed": material_id})


@act("applications.discard", gettext_lazy("删除草稿"), party=True, level=Level.FACE)
def discard(actor: Actor, draft_id: UUID | str) -> None:
    """Throw a draft away. Uploaded files stay in the person's library only if they put them there."""
    draft = still_open(mine(actor, draft_id))
    record("draft", draft.id, {"item": draft.item_code})
    draft.delete()
