"""The pages on which a citizen applies: begin, situation, parts of the form, materials, check and sign, confirmation, correction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import about, acting, keep_post, kept_post
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.files import actions as file_actions
from yiwang.foundation.files import queries as files
from yiwang.foundation.files.queries import StoredFile
from yiwang.foundation.forms import actions as form_actions
from yiwang.kernel.canonical import readable_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem, Refusal, SignInNeeded, TooLarge
from yiwang.services.items import queries as items
from yiwang.web.templatetags.yiwang import field_id

from . import actions, delivering, queries, remedies
from .filing import STATEMENT
from .models import Draft, Evidence, Filing
from .queries import DraftView


@dataclass(frozen=True, slots=True)
class Stage:
    """One page of an application, in the list of parts with their state."""

    code: str
    name: str
    href: str
    state: str  # done | now | wrong | todo
    note: str = ""


def stages(view: DraftView, here: str) -> list[Stage]:
    """The pages of this draft in order, with their state."""
    draft = view.draft
    wrong = {problem.field.split(".")[1] for problem in view.problems if problem.field.startswith("form.")}
    found: list[Stage] = []
    if view.item.situations:
        done = "done" if draft.situation_done else "todo"
        found.append(_stage("situation", _("办理情形"), reverse("draft-situation", args=[draft.id]), here, done))
    for part in view.form.visible_parts(draft.data, view.context):
        names = {field.name for field in part.fields}
        state = "todo" if part.code not in draft.parts_done else "wrong" if names & wrong else "done"
        found.append(_stage(part.code, part.title, reverse("draft-part", args=[draft.id, part.code]), here, state))
    if view.materials:
        complete = all(material.complete for material in view.materials)
        found.append(
            _stage(
                "materials",
                _("材料"),
                reverse("draft-materials", args=[draft.id]),
                here,
                "done" if complete else "todo",
            )
        )
    found.append(_stage("check", _("核对、签名、提交"), reverse("draft-check", args=[draft.id]), here, "todo"))
    return found


def _stage(code: str, name: str, href: str, here: str, state: str) -> Stage:
    return Stage(code, name, href, "now" if code == here else state)


def _next(view: DraftView, here: str) -> str:
    """The page after ``here``."""
    found = stages(view, here)
    place = next((index for index, stage in enumerate(found) if stage.code == here), -1)
    return found[min(place + 1, len(found) - 1)].href


def _previous(view: DraftView, here: str) -> str:
    found = stages(view, here)
    place = next((index for index, stage in enumerate(found) if stage.code == here), 0)
    return found[place - 1].href if place > 0 else reverse("draft", args=[view.draft.id])


def _page(
    request: HttpRequest, template: str, view: DraftView, here: str, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """A page of a draft, with the list of parts beside it."""
    found = stages(view, here)
    place = next((index for index, stage in enumerate(found) if stage.code == here), 0)
    shown = {
        "view": view, "draft": view.draft, "item": view.item, "stages": found, "here": here, "place": place + 1,
        "total": len(found), "back": _previous(view, here), **extra,
    }  # fmt: skip
    return render(request, template, shown, status=status)


def _open_view(request: HttpRequest, draft_id: UUID) -> DraftView:
    view = queries.draft_view(acting(request), draft_id)
    if view.draft.case_id is not None:
        raise Conflict(_("这份申请已经提交，不能再改。办理进度在“我的办件”里查看。"), code="draft-submitted")
    return view


def _signed_out(request: HttpRequest) -> HttpResponse | None:
    """For a POST after the session has ended: what was typed is kept, and the whole window goes to the sign-in page and back."""
    to_sign_in = keep_post(request)
    if to_sign_in is not None and request.headers.get(
        "HX-Request"
    ):  # a part being drawn anew: the page must not be swapped away
        return HttpResponse(status=204, headers={"HX-Redirect": to_sign_in["Location"]})
    return to_sign_in


def _posted(request: HttpRequest) -> Any:
    """What was just posted, or what was typed before the session ended and kept while signing in."""
    return request.POST if request.method == "POST" else kept_post(request)


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, item_code: str) -> HttpResponse:
    """What to expect before beginning; a POST begins."""
    item = items.published(item_code)
    if not acting(request).signed_in:
        raise SignInNeeded(_("请先登录，再开始申请。"))
    refusal = None
    if request.method == "POST":
        try:
            draft = actions.start(acting(request), item_code)
        except Conflict as conflict:
            refusal = conflict
        else:
            return redirect("draft", draft_id=draft.id)
    left = queries.unfinished(acting(request).party_id, item.code)
    shown = {"item": item, "refusal": refusal, "left": left}
    return render(request, "applications/begin.html", shown, status=refusal.status if refusal else 200)


@require_GET
def overview(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The list of parts; a submitted draft leads to its case."""
    view = queries.draft_view(acting(request), draft_id)
    if view.draft.case is not None:
        return redirect("submitted", number=view.draft.case.number)
    found = stages(view, "")
    first = next((stage for stage in found if stage.state in ("todo", "wrong")), found[-1])
    return _page(request, "applications/overview.html", view, "", first=first)


@require_http_methods(["GET", "POST"])
def situation(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The situational questions."""
    if (to_sign_in := _signed_out(request)) is not None:
        return to_sign_in
    view = _open_view(request, draft_id)
    problems: tuple[Problem, ...] = ()
    answers = dict(view.draft.situation)
    if typed := _posted(request):
        answers = {question.code: typed.get(f"situation.{question.code}", "") for question in view.item.situations}
    if request.method == "POST":
        try:
            actions.answer_situation(acting(request), draft_id, answers)
            return redirect(_next(queries.draft_view(acting(request), draft_id), "situation"))
        except Invalid as invalid:
            problems = invalid.problems
    return _page(
        request,
        "applications/situation.html",
        view,
        "situation",
        answers=answers,
        problems=problems,
        status=422 if problems else 200,
    )


@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, draft_id: UUID, part_code: str) -> HttpResponse:
    """One part of the form. What was typed is kept even when it is wrong; "save and leave" does not check."""
    if (to_sign_in := _signed_out(request)) is not None:
        return to_sign_in
    view = _open_view(request, draft_id)
    form, data = view.form, view.draft.data
    if part_code not in {part.code for part in form.visible_parts(data, view.context)}:
        return redirect("draft", draft_id=draft_id)
    prefilled = queries.prefilled_of(view.draft)
    problems: list[Problem] = []
    if typed := _posted(request):
        data = form.read_post(part_code, typed, data, prefilled)
    if request.FILES:
        data, problems = form_actions.take_uploads(acting(request), form, part_code, request.FILES, data, request.POST)
    if request.method == "POST" and "refresh" not in request.POST:
        draft = actions.save_answers(acting(request), draft_id, data, part=part_code)
        if "leave" in request.POST:
            messages.success(request, _("已保存。您可以随时从“我的”继续填写。"))
            return redirect("draft", draft_id=draft_id)
        before, data = view.draft.data, draft.data
        problems += form.check_part(part_code, data, view.context)
        view = queries.draft_view(acting(request), draft_id)
        unseen = [
            field for field in form.newly_asked(part_code, before, data, view.context) if field.name not in request.POST
        ]
        if not problems and not unseen:
            return redirect(_next(view, part_code))
    return _page(
        request, "applications/part.html", view, part_code, part=next(p for p in form.parts if p.code == part_code),
        data=data, problems=problems, prefilled=prefilled, known={**view.context, "refresh": True},
        status=422 if problems else 200,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def materials(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Gathering materials: from the library, by upload, or nothing to do because data proves them."""
    view = _open_view(request, draft_id)
    refusal: Refusal | None = None
    at = ""
    if request.method == "POST":
        at = request.POST.get("material", "")
        try:
            _one_material(request, view.draft, at)
        except Refusal as refused:
            if isinstance(refused, SignInNeeded) or refused.status >= 500:
                raise
            refusal = refused
        else:
            return redirect(f"{reverse('draft-materials', args=[draft_id])}#material-{at}")
    missing = [problem for problem in view.problems if problem.field.startswith("materials.")]
    return _page(
        request, "applications/materials.html", view, "materials", refusal=refusal, at=at,
        library=queries.library_for(acting(request), view.draft.party_id, view.draft.item_code),
        missing=missing if request.GET.get("check") else [], next_href=_next(view, "materials"),
        status=refusal.status if refusal else 200,
    )  # fmt: skip


def _one_material(request: HttpRequest, draft: Draft, code: str) -> None:
    """What one button of the materials page asks for."""
    if "remove" in request.POST:
        removed = request.POST["remove"]
        actions.remove_material(acting(request), draft.id, int(removed) if removed.isdecimal() else 0)
    elif request.POST.get("library"):
        file_id = _uuid(request.POST["library"], f"materials.{code}")
        actions.give_material(acting(request), draft.id, code, file_id=file_id, how=Evidence.How.LIBRARY)
    elif "how" in request.POST:
        actions.give_material(acting(request), draft.id, code, how=request.POST["how"])
    else:
        upload = request.FILES.get("file")
        if upload is None:
            raise Invalid(
                _("请先选择一个文件，再点“上传”。"),
                problems=[Problem(f"materials.{code}", "required", _("请先选择文件"))],
            )
        stored = file_actions.store(acting(request), name=upload.name or "", content=upload, party_id=draft.party_id)
        actions.give_material(acting(request), draft.id, code, file_id=stored.id)


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        message = _("没有这份材料，请重新选择。")
        raise Invalid(message, problems=[Problem(field, "choice", message)]) from None


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Everything on one page, then the signature and the button that submits."""
    if (to_sign_in := _signed_out(request)) is not None:
        return to_sign_in
    view = queries.draft_view(acting(request), draft_id)
    if view.draft.case is not None:  # a second click, or the way back: the case is there, once
        return redirect("submitted", number=view.draft.case.number)
    typed = _posted(request)
    signed_name = typed.get("signed_name", "") if typed else ""
    agreed = bool(typed and typed.get("agreed"))
    problems: tuple[Problem, ...] = view.problems
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            filing = actions.submit(
                acting(request), draft_id, signed_name=signed_name, agreed=agreed, delivery=_handing(typed)
            )
            return redirect("submitted", number=filing.case.number)
        except Invalid as invalid:
            refusal, problems = invalid, invalid.problems
        except (Conflict, Missing) as gone:  # closed or withdrawn while it was filled in
            refusal = gone
    return _page(
        request, "applications/check.html", view, "check", review=view.review(), problems=problems, signed_name=signed_name,
        agreed=agreed, statement=STATEMENT, handing={"way": delivering.ELECTRONIC, **_handing(typed)},
        ways=[(way, delivering.NAMES[way]) for way in delivering.ways(view.item)], fixes=_fixes(view, problems), refusal=refusal,
        situation_rows=queries.situation_rows(view.item, view.draft.situation), status=refusal.status if refusal else 200,
    )  # fmt: skip


def _handing(typed: Mapping[str, str] | None) -> dict[str, str]:
    """How the result is to come, as it was typed."""
    names = ("way", "name", "phone", "address")
    return {name: text for name in names if (text := (typed or {}).get(f"delivery.{name}", ""))}


@dataclass(frozen=True, slots=True)
class Fix:
    """A problem with the page on which it is put right."""

    message: str
    href: str


def _fixes(view: DraftView, problems: tuple[Problem, ...]) -> list[Fix]:
    """The problems as links to where each is put right."""
    draft_id = view.draft.id
    part_of = {field.name: part.code for part in view.form.parts for field in part.fields}
    found = []
    for problem in problems:
        area, _dot, rest = problem.field.partition(".")
        here = f"#{field_id(problem.field)}"
        if area == "form" and (part_code := part_of.get(rest.split(".")[0], "")):
            href = f"{reverse('draft-part', args=[draft_id, part_code])}#{field_id(rest)}"
        elif area == "materials":
            href = f"{reverse('draft-materials', args=[draft_id])}?check=1{here}"
        elif area == "situation":
            href = reverse("draft-situation", args=[draft_id])
        else:
            href = here
        found.append(Fix(str(problem.message), href))
    return found


@require_POST
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    actions.discard(acting(request), draft_id)
    messages.success(request, _("草稿已删除。"))
    return redirect("my")


@require_GET
def submitted(request: HttpRequest, number: str) -> HttpResponse:
    """The confirmation: the number, what happens next and by which day, the receipt; for an instant decision, the decision and why."""
    view = cases.view(acting(request), number)
    filing = queries.filing_of(acting(request), number)
    shown = {"view": view, "case": view.case, "item": filing.item, "reasons": queries.reasons(view.case)}
    shown |= {"papers": queries.papers_of(view.case), "contest": remedies.in_short()}
    return render(request, "applications/submitted.html", shown)


@require_GET
def receipt_paper(request: HttpRequest, number: str) -> HttpResponse:
    response = HttpResponse(queries.receipt_pdf(acting(request), number), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="receipt-{number}.pdf"'
    return response


@require_GET
def receipt_json(request: HttpRequest, number: str) -> HttpResponse:
    content = readable_bytes(queries.receipt(acting(request), number))
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="receipt-{number}.json"'
    return response


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Answering a correction: only what was asked about, then sign again. What was typed and uploaded is kept while anything is wrong."""
    if (to_sign_in := _signed_out(request)) is not None:
        return to_sign_in
    actor = acting(request)
    case = cases.find(actor, number)
    filing = queries.filings_of(actor, case)[0].filing
    correction = queries.open_correction(case)
    if correction is None:
        return redirect("my-case", number=case.number)
    typed = _posted(request)
    asked = queries.asked_of(actor, filing, correction, typed)
    given: dict[str, list[StoredFile]] = {}
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            _corrected_files(request, asked.materials, filing, given)
            actions.resubmit(
                actor, number, data=asked.data, materials={code: [file.id for file in kept] for code, kept in given.items()},
                signed_name=typed.get("signed_name", ""), agreed=bool(typed.get("agreed")), reply=typed.get("reply", ""),
            )  # fmt: skip
        except (Invalid, TooLarge) as refusal:
            problems = refusal.problems or (Problem("", refusal.code, str(refusal)),)
        else:
            messages.success(request, _("补正材料已经提交，窗口会继续为您办理。"))
            return redirect("my-case", number=case.number)
    here = tuple(Problem(p.field.removeprefix("form."), p.rule, p.message) for p in problems)
    shown = {
        "case": case, "correction": correction, "asked": asked, "given": given, "problems": here, "statement": STATEMENT,
        "library": queries.library_for(actor, filing.party_id, filing.item_code) if asked.materials else [], "typed": typed or {},
    }  # fmt: skip
    return render(request, "applications/correct.html", shown, status=422 if problems else 200)


def _corrected_files(
    request: HttpRequest, codes: Iterable[str], filing: Filing, given: dict[str, list[StoredFile]]
) -> None:
    """Put the files of a correction into ``given``: those uploaded before and still wanted, a choice from the library, new ones.

    When one is refused, those before it are there already.
    """
    actor = about(acting(request), filing.item_code)
    for code in codes:
        field = f"materials.{code}"
        before = [*request.POST.getlist(f"given.{code}"), *filter(None, [request.POST.get(f"library.{code}")])]
        kept = [files.stored(actor, _uuid(text, field)) for text in dict.fromkeys(before)]
        if kept:
            given[code] = kept
        for upload in request.FILES.getlist(field):
            stored = file_actions.store(actor, name=upload.name or "", content=upload, party_id=filing.party_id)
            given.setdefault(code, []).append(stored)
