"""The receipt as a paper: one friendly page, sealed by the node, with the JSON receipt inside. Plugged into the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, act, require, system
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.files.actions import keep
from yiwang.foundation.files.queries import Attachment, qr_svg, read_bytes, render_paper
from yiwang.foundation.ledger.queries import About
from yiwang.kernel.canonical import canonical_bytes, readable_bytes

from .actions import node_seal, seal_document
from .models import ReceiptPaper

_TEMPLATE = (Path(__file__).parent / "typst" / "receipt.typ").read_text(encoding="utf-8")
_MEDIA_TYPE = "application/pdf"


def paper(receipt: dict[str, Any], about: About) -> bytes:
    """The sealed PDF of a receipt. The same entry with the same words gives the file that was made first."""
    entry = UUID(receipt["entry"]["id"])
    words = keyed_hash("receipt-words", canonical_bytes(asdict(about)).decode())
    made = ReceiptPaper.objects.filter(entry=entry, words=words)
    found = made.first()
    while found is None:
        try:
            with transaction.atomic():
                found = _acknowledge(system(), receipt, about, words)
        except IntegrityError:  # somebody asked at the same moment: theirs counts
            found = made.first()
    return read_bytes(found.file)


@act("seals.acknowledge", gettext_lazy("出具回执"))
def _acknowledge(actor: Actor, receipt: dict[str, Any], about: About, words: str) -> ReceiptPaper:
    require(actor)
    entry = receipt["entry"]
    pdf = seal_document(
        actor, node_seal(actor), _render(receipt, about), reason=about.title, kind="entry", subject=entry["id"],
        field_name="seal", place=None,
    )  # fmt: skip
    party = UUID(entry["for"]) if entry["for"] else None
    file = keep(
        name=f"{about.title}-{about.number}.pdf", content=pdf, media_type=_MEDIA_TYPE, party_id=party, purpose="receipt"
    )
    return ReceiptPaper.objects.create(entry=entry["id"], words=words, file=file.id)


def _render(receipt: dict[str, Any], about: About) -> bytes:
    made = dt.datetime.fromisoformat(receipt["made_at"]).astimezone()
    data = {
        **asdict(about),
        "number_label": about.number_label or _("办件编号"),
        "node": environment.node_name,
        "hotline": environment.hotline,
        "made": f"{made.year}年{made.month}月{made.day}日",
        "summary": receipt["summary"],
        "check": receipt["check"],
        "qr": qr_svg(receipt["check"]),
        "words": {
            "office": _("政务服务"),
            "materials": _("收到的材料"),
            "material": _("材料"),
            "fingerprint": _("数字指纹 (SHA-256)"),
            "next": _("接下来"),
            "evidence": _("存证信息"),
            "scan": _("扫一扫，查真伪"),
            "offline": _("本回执附有电子签名和存证数据，改动一个字也能查出来。请保存好这份文件。"),
            "ask": _("有问题请拨打"),
            "dear": _("您好："),
        },
    }
    inside = Attachment("receipt.json", readable_bytes(receipt), description=_("供程序查验的存证回执"))
    return render_paper(
        _TEMPLATE, data, title=f"{about.title} {about.number}", author=environment.node_name, attachments=[inside]
    )
