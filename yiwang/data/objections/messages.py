"""What the person is told about their objection."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.messages.slots import Template, templates

OPENED, CORRECTED, UPHELD = "objection-opened", "objection-corrected", "objection-upheld"
templates.plug(
    OPENED,
    Template(
        _("您对“%(element)s”的异议已经转去核实"),
        _(
            "%(agency)s会在 %(days)s 个工作日内核实并答复。编号 %(number)s，可以随时查看办到哪一步；核实期间原信息保持不变。"
        ),
    ),
)
templates.plug(
    CORRECTED,
    Template(
        _("“%(element)s”已经更正"), _("%(agency)s核实后更正了登记信息：%(answer)s\n以后办事自动填写的就是新的内容。")
    ),
)
templates.plug(
    UPHELD,
    Template(
        _("“%(element)s”核实无误，没有更正"),
        _("%(agency)s的理由：%(answer)s\n有新的证明，可以再次提出；也可以依法投诉、申请行政复议或者起诉。"),
    ),
)
