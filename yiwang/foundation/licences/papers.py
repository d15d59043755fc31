"""A licence as a paper: PDF/A-3 with its data inside, ready for the seal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.files.queries import Attachment, qr_svg, render_document, render_paper
from yiwang.kernel.canonical import plain, readable_bytes

from . import numbers, types
from .slots import FRAME
from .types import Declared, chinese_day

FORMAT = "yiwang.licence.1"


@dataclass(frozen=True, slots=True)
class Issuer:
    """The agency whose seal stands on the paper. ``uscc`` is its unified social credit code."""

    code: str
    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a licence says."""

    kind: Declared
    version: int
    number: str
    identifier: str
    code: str
    holder: str
    holder_kind: str
    values: dict[str, str]
    issuer: Issuer
    issued_on: dt.date
    valid_from: dt.date
    valid_until: dt.date | None
    case_number: str
    edition: int = 1

    @property
    def shown_code(self) -> str:
        return "-".join(self.code[i : i + 4] for i in range(0, len(self.code), 4))

    @property
    def check(self) -> str:
        return f"{environment.origin.rstrip('/')}/l/{self.code}"

    def fields(self) -> list[dict[str, str]]:
        """Name, label and value of each field that has one, as the type wants them shown on the paper."""
        return [
            {"name": field.name, "label": field.label, "value": field.on_paper(self.values[field.name])}
            for field in self.kind.fields
            if self.values.get(field.name)
        ]


def document(content: Content) -> dict[str, Any]:
    """The data inside the PDF, for programs: what the paper shows, no more. ``summary`` is for people who verify it."""
    until = chinese_day(content.valid_until) if content.valid_until else _("长期")
    shown = content.fields()
    found: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "node": environment.node_code,
            "type": {
                "code": content.kind.code, "version": content.version,
                "name": content.kind.name, "national": content.kind.type_code,
            },
            "number": content.number,
            "edition": content.edition,
            "identifier": content.identifier,
            "code": content.code,
            "check": content.check,
            "holder": {"kind": content.holder_kind, "name": content.holder},
            "issuer": {"code": content.issuer.code, "name": content.issuer.name, "uscc": content.issuer.uscc},
            "issued_on": content.issued_on,
            "valid_from": content.valid_from,
            "valid_until": content.valid_until,
            "case": content.case_number,
            "fields": shown,
            "summary": [
                [_("证照名称"), content.kind.name],
                [content.kind.number_label, content.number],
                [_("持有人"), content.holder],
                *([field["label"], field["value"]] for field in shown if field["value"] != content.holder),
                [_("发证机关"), content.issuer.name],
                [_("有效期"), f"{chinese_day(content.valid_from)} – {until}"],
            ],
        }
    )  # fmt: skip
    return found


def _data(content: Content) -> dict[str, Any]:
    """What a template finds in ``data``."""
    kind = content.kind
    return {
        "type": kind.name,
        "number": content.number,
        "number_label": kind.number_label,
        "identifier": content.identifier,
        "holder": content.holder,
        "fields": content.fields(),
        "issuer": content.issuer.name,
        "from": chinese_day(content.valid_from),
        "until": chinese_day(content.valid_until) if content.valid_until else "",
        "issued": chinese_day(content.issued_on),
        "notes": list(kind.notes),
        "basis": kind.basis,
        "qr": qr_svg(content.check),
        "code": content.shown_code,
        "address": content.check,
        "node": environment.node_name,
        "tone": kind.tone,
        "words": {
            "term": _("有效期限"),
            "open": _("起长期有效"),
            "code": _("查验码"),
            "scan": _("扫一扫，查真伪和状态"),
            "identifier": _("电子证照标识"),
        },
    }


def compose(content: Content) -> bytes:
    """The PDF, with an empty signature field "seal"."""
    kind, data = content.kind, _data(content)
    inside = Attachment("licence.json", readable_bytes(document(content)), description=_("供程序查验的证照数据"))
    given: dict[str, Any] = {
        "title": f"{kind.name} {content.number}", "author": content.issuer.name, "attachments": [inside],
    }  # fmt: skip
    if kind.typst:
        return render_paper(FRAME + "\n" + kind.typst, data, **given)
    return render_document(kind.template, data, **given)


def specimen(kind: Declared) -> Content:
    """A licence of nobody, for trying a type or a template."""
    today = timezone.localdate()
    return Content(
        kind=kind, version=0, number="SAMPLE", identifier="", code="0" * numbers.CODE_LENGTH, holder="样例", holder_kind="",
        values={field.name: "样例" for field in kind.fields}, issuer=Issuer("sample", "样例机关", ""), issued_on=today,
        valid_from=today, valid_until=kind.last_day(today), case_number="",
    )  # fmt: skip


def sample() -> dict[str, Any]:
    """The data of a specimen with some fields, for trying a template."""
    labels = ("持有人", "统一社会信用代码", "法定代表人", "住所", "许可范围")
    body = {
        "code": "sample", "name": "样例许可证", "holders": ["organisation"], "issuer": "样例机关", "validity": {"years": 5},
        "number": "SAMPLE{serial:6}", "template": "licence-portrait", "notes": ["样例说明。"], "basis": "《样例条例》第一条",
        "fields": [{"name": f"field{place}", "label": label} for place, label in enumerate(labels)],
    }  # fmt: skip
    return _data(specimen(types.read(body)))
