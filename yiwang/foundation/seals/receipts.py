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
from yiwang.foundation.files.queries import Attachment, qr_svg, read_bytes, render_document
from yiwang.foundation.files.slots import Template
from yiwang.foundation.ledger.queries import About, Material
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


def _data(about: About, made: str, summary: list[Any], check: str) -> dict[str, Any]:
    """What the template of a receipt finds in ``data``."""
    return {
        **asdict(about),
        "number_label": about.number_label or _("办件编号"),
        "node": environment.node_name,
        "hotline": environment.hotline,
        "made": made,
        "summary": summary,
        "check": check,
        "qr": qr_svg(check),
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


def sample() -> dict[str, Any]:
    """A receipt of nobody, for trying the template."""
    about = About(
        title="收件回执", number="990100202611210001", addressee="云州市晓梅餐饮有限公司", lead="您的申请已经收到。",
        rows=(("事项", "食品经营许可核发"), ("申请人", "云州市晓梅餐饮有限公司")),
        materials=(Material("营业执照", "0" * 64, "电子证照"),), next_steps=("我们会在 2026年11月25日 前告诉您是否受理。",),
        contact="云州市市场监督管理局",
    )  # fmt: skip
    return _data(about, "2026年11月21日", [["事项", "提交申请"]], f"{environment.origin}/verify/SAMPLE")


TEMPLATE = Template(gettext_lazy("回执"), _TEMPLATE, sample, seals=("seal",))


def _render(receipt: dict[str, Any], about: About) -> bytes:
    made = dt.datetime.fromisoformat(receipt["made_at"]).astimezone()
    data = _data(about, f"{made.year}年{made.month}月{made.day}日", receipt["summary"], receipt["check"])
    inside = Attachment("receipt.json", readable_bytes(receipt), description=_("供程序查验的存证回执"))
    return render_document(
        "receipt", data, title=f"{about.title} {about.number}", author=environment.node_name, attachments=[inside]
    )
