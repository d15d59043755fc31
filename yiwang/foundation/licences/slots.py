"""What rooms above plug in: templates that types name."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy

from yiwang.kernel.slots import Slot

_FOLDER = Path(__file__).parent / "typst"

# Typst sources by name. A template finds its values in ``data`` and the shared parts of frame.typ before it (see there).
TEMPLATE_NAMES = {
    "licence-landscape": gettext_lazy("证照 (横版)"),
    "licence-portrait": gettext_lazy("证照 (竖版)"),
    "voucher": gettext_lazy("凭证"),
}
templates: Slot[str] = Slot("licence templates")
for _name in ("licence-landscape", "licence-portrait", "voucher"):
    templates.plug(_name, (_FOLDER / f"{_name}.typ").read_text(encoding="utf-8"))
FRAME = (_FOLDER / "frame.typ").read_text(encoding="utf-8")
