"""Official papers of an application 文书: what they say, and the PDF under the agency's seal.

Sources: 《行政许可法》第三十二条 (acceptance, correction and non-acceptance in writing, sealed and dated), 第三十八条 (a refusal names its reasons
and the remedies). A paper is fixed in the act that decides; the PDF follows by a job, so that no decision waits for a printer.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.cases.queries import Case
from yiwang.foundation.files.queries import Attachment, render_paper
from yiwang.kernel.canonical import readable_bytes
from yiwang.services.items import queries as items
from yiwang.services.items.queries import PublishedItem
from yiwang.web.templatetags.yiwang import day

from . import remedies
from .correcting import latest
from .models import Filing, Paper

FORMAT = "yiwang.paper.1"
LICENSING = "01"  # GB/T 39046, A.1: 行政许可
_TEMPLATE = (Path(__file__).parent / "typst" / "paper.typ").read_text(encoding="utf-8")
_REMARK = re.compile(r"[（(].*?[)）]")  # numbers and dates that stand behind a title
_LICENSING_LAW = "《中华人民共和国行政许可法》"
_ARTICLES = {
    Paper.Kind.ACCEPTANCE: "第三十二条",
    Paper.Kind.CORRECTION: "第三十二条",
    Paper.Kind.NON_ACCEPTANCE: "第三十二条",
    Paper.Kind.APPROVAL: "第三十八条",
    Paper.Kind.REFUSAL: "第三十八条",
}
_AGAINST = (Paper.Kind.NON_ACCEPTANCE, Paper.Kind.REFUSAL, Paper.Kind.TERMINATION)  # what a person may contest
_ENDS = {
    "not-accepted": Paper.Kind.NON_ACCEPTANCE,
    "refused": Paper.Kind.REFUSAL,
    "terminated": Paper.Kind.TERMINATION,
}


def kind_of_end(case: Case, item: PublishedItem) -> str:
    """The paper that a closed case ends with; "" for one that needs none: withdrawn, or its licence says it."""
    if case.outcome == "withdrawn":
        return ""
    kind = _ENDS.get(case.outcome, Paper.Kind.APPROVAL)
    return "" if kind == Paper.Kind.APPROVAL and item.licence else kind


def _title(kind: str, item: PublishedItem) -> str:
    licensing = item.type == LICENSING
    if kind == Paper.Kind.APPROVAL:
        return _("准予行政许可决定书") if licensing else _("准予办理决定书")
    if kind == Paper.Kind.REFUSAL:
        return _("不予行政许可决定书") if licensing else _("不予办理决定书")
    return str(Paper.Kind(kind).label)


def basis_of(kind: str, item: PublishedItem) -> list[str]:
    """The law a paper rests on, unless the official names another: the item's own, and for a licence the Licensing Law."""
    found = [
        f"《{_REMARK.sub('', law['title']).strip('《》')}》{law.get('article', '')}"
        for law in item.body.get("basis", [])[:5]
    ]
    if item.type == LICENSING and kind in _ARTICLES:
        found = [law for law in found if not law.startswith(_LICENSING_LAW)]
        found.append(f"{_LICENSING_LAW}{_ARTICLES[Paper.Kind(kind)]}")
    return found


def _lead(kind: str, case: Case, filing: Filing, item: PublishedItem) -> str:
    words = {"day": day(timezone.localdate(filing.signed_at)), "item": item.name}
    if kind == Paper.Kind.ACCEPTANCE:
        text = _("您于%(day)s提出“%(item)s”的申请。申请材料齐全、符合法定形式，现予受理。") % words
        return text + (_("本机关最迟在%(due)s前作出决定。") % {"due": day(case.due_on)} if case.due_on else "")
    if kind == Paper.Kind.CORRECTION:
        return _("您于%(day)s提出“%(item)s”的申请。需要补正的全部内容一次告知如下，请补正后重新提交。") % words
    verdicts = {
        Paper.Kind.NON_ACCEPTANCE: _("您于%(day)s提出“%(item)s”的申请。经审查，本机关决定不予受理。"),
        Paper.Kind.REFUSAL: _("您于%(day)s提出“%(item)s”的申请。经审查，本机关决定不予同意。"),
        Paper.Kind.TERMINATION: _("您于%(day)s提出“%(item)s”的申请。本机关决定终止办理。"),
        Paper.Kind.APPROVAL: _("您于%(day)s提出“%(item)s”的申请。经审查，符合规定的条件，本机关决定予以同意。"),
    }
    return verdicts[Paper.Kind(kind)] % words


def draw_up(
    case: Case, kind: str, reason: str, *, points: list[dict[str, str]] | None = None, automatic: bool = False
) -> Paper | None:
    """A paper (not saved) about a case as it stands in the act under way; None for a case without an application."""
    filing = latest(case)
    if filing is None:
        return None
    return compose(case, filing, items.version(filing.item_version), kind, reason, points=points, automatic=automatic)


def compose(
    case: Case, filing: Filing, item: PublishedItem, kind: str, reason: str, *,
    points: list[dict[str, str]] | None = None, automatic: bool = False,
) -> Paper:  # fmt: skip
    """The same, for who has the filing at hand. The paper is in the language of the node, whatever language the person uses."""
    with translation.override(settings.LANGUAGE_CODE):
        return _compose(case, filing, item, kind, reason, points, automatic)


def _compose(
    case: Case, filing: Filing, item: PublishedItem, kind: str, reason: str, points: list[dict[str, str]] | None, automatic: bool
) -> Paper:  # fmt: skip
    content = {
        "lead": _lead(kind, case, filing, item),
        "reason": "" if points else reason,
        "points": [f"{point['name']}：{point['text']}" for point in points or []],
        "basis": basis_of(kind, item),
        "remedies": remedies.in_full(case, automatic=automatic) if kind in _AGAINST else [],
    }
    paper = Paper(case=case, kind=kind, title=_title(kind, item), content=content, issued_on=timezone.localdate())
    paper.number = f"{case.number}-{str(paper.id)[-6:]}"
    return paper


def render(paper: Paper) -> bytes:
    """The PDF with a place for the seal; its words are inside as JSON for programs."""
    with translation.override(settings.LANGUAGE_CODE):
        return _render(paper)


def _render(paper: Paper) -> bytes:
    case = paper.case
    data: dict[str, Any] = {
        **paper.content,
        "title": paper.title,
        "number": paper.number,
        "agency": case.agency.name,
        "addressee": case.party.name if case.party else "",
        "item": case.type_name,
        "case": case.number,
        "issued": _("%(y)s年%(m)s月%(d)s日")
        % {"y": paper.issued_on.year, "m": paper.issued_on.month, "d": paper.issued_on.day},
        "contact": _("咨询电话：%(phone)s") % {"phone": case.agency.phone} if case.agency.phone else "",
        "words": {
            "item": _("申请事项"), "case": _("办件编号"), "reason": _("理由"), "points": _("需要补正"),
            "basis": _("依据"), "remedies": _("权利救济"), "colon": "：",
        },
    }  # fmt: skip
    said = {
        "format": FORMAT, "kind": paper.kind, "node": environment.node_code, **paper.content,
        "issuer": {"code": case.agency.code, "name": case.agency.name, "uscc": case.agency.uscc},
        "summary": [
            [_("文书"), paper.title], [_("文号"), paper.number], [_("致"), data["addressee"]], [_("事项"), case.type_name],
            [_("办件编号"), case.number], [_("作出机关"), case.agency.name], [_("日期"), data["issued"]],
        ],
    }  # fmt: skip
    inside = readable_bytes(
        {**said, **{name: data[name] for name in ("number", "case", "title", "issued", "agency", "addressee", "item")}}
    )
    attachment = Attachment("paper.json", inside, description=_("供程序读取的文书内容"))
    return render_paper(
        _TEMPLATE, data, title=f"{paper.title} {paper.number}", author=case.agency.name, attachments=[attachment]
    )
