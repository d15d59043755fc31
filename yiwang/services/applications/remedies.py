"""What somebody can do against a decision 救济途径, and until when.

Sources: 《行政复议法》第二十条 (sixty days), 第二十四条 (the government of the same level); 《行政诉讼法》第四十六条 (six months); 《个人信息保护法》第二十四条
(a person looks at what was decided automatically). Days run from the day on which the paper reached the person.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from yiwang.foundation.cases.queries import Case
from yiwang.foundation.orgs.queries import Agency, Region

RECONSIDERATION_DAYS = 60
LITIGATION_MONTHS = 6
_GOVERNED = (Region.Level.PROVINCE, Region.Level.CITY, Region.Level.COUNTY)


def _reconsideration_organ(agency: Agency) -> str:
    """Who reconsiders what an agency decided: the people's government of its level; in words only where that is not plain."""
    region = agency.region
    if region.level in _GOVERNED and agency.parent_id is not None:
        return _("%(region)s人民政府") % {"region": region.name}
    return _("有管辖权的行政复议机关")


def in_short() -> str:
    """The remedies in one sentence, for messages and pages."""
    return _("不同意这个决定的，可以到窗口申请人工核实，也可以在收到决定之日起 %(days)s 日内申请行政复议，或者 %(months)s 个月内提起行政诉讼。") % {
        "days": RECONSIDERATION_DAYS, "months": LITIGATION_MONTHS,
    }  # fmt: skip


def in_full(case: Case, *, automatic: bool) -> list[str]:
    """The remedies as they stand in a decision document, one paragraph each. ``automatic``: no person decided."""
    found = []
    if automatic:
        found.append(_("本决定由系统按照公布的规则自动作出。您可以到窗口要求由工作人员核实。"))
    words = {"organ": _reconsideration_organ(case.agency), "days": RECONSIDERATION_DAYS, "months": LITIGATION_MONTHS}
    found.append(
        _("如不服本决定，可以自收到之日起 %(days)s 日内向%(organ)s申请行政复议，"
          "也可以自收到之日起 %(months)s 个月内依法向有管辖权的人民法院提起行政诉讼。") % words
    )  # fmt: skip
    return found
