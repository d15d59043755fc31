"""Items of the catalogue as business: a permit with everything in it, a registration decided at once, one that is only a name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from yiwang.foundation.access.queries import system
from yiwang.services.items import actions, slots
from yiwang.services.items.models import ItemVersion

from .people import agency

PERMIT = "990100-food-permit"


def permit_body(**changes: Any) -> dict[str, Any]:
    """食品经营许可核发, in full. A change to None takes the field out."""
    body: dict[str, Any] = {
        "code": PERMIT,
        "basic": {"code": "000131001", "name": "食品经营许可"},
        "name": "食品经营许可核发",
        "plain_name": "开饭馆的许可证",
        "summary": "开饭馆、小吃店、食堂、超市卖食品，都要先办这个许可证。",
        "agency": "scjg",
        "type": "01",
        "level": "4",
        "audience": ["1", "2"],
        "case_type": "2",
        "channels": ["1", "2", "3"],
        "conditions": ["已经办好营业执照", "有和经营规模相适应的场所，和有毒有害场所保持距离", "从业人员有健康证明"],
        "basis": [
            {"title": "《中华人民共和国食品安全法》", "article": "第三十五条", "text": "国家对食品生产经营实行许可制度。"},
            {"title": "《食品经营许可和备案管理办法》", "article": "第四条"},
        ],
        "limits": {
            "acceptance_days": 5,
            "statutory": {"count": 20, "unit": "working"},
            "promised": {"count": 10, "unit": "working"},
            "notes": "现场核查的时间不算在内。",
        },
        "fees": {"charged": False},
        "windows": [
            {
                "name": "综合窗口 3 至 8 号", "place": "云州市政务服务中心二楼", "hours": "工作日 9:00–12:00，13:30–17:00",
                "phone": "0990-8000312",
            }
        ],
        "situations": [
            {
                "code": "premises", "question": "经营场所是自己的还是租的？", "help": "看房产证上的名字",
                "options": [{"code": "own", "label": "自己的"}, {"code": "rented", "label": "租的", "hint": "要交租赁合同"}],
            },
            {
                "code": "kitchen", "question": "要不要现做热菜？",
                "options": [{"code": "yes", "label": "要"}, {"code": "no", "label": "不要，只卖包装好的"}],
            },
        ],
        "materials": [
            {
                "code": "licence", "name": "营业执照",
                "replaced_by": {"kind": "licence", "ref": "business_licence", "label": "用您的电子营业执照代替"},
            },
            {
                "code": "identity", "name": "法定代表人身份证",
                "replaced_by": {"kind": "register", "ref": "population", "label": "从人口库核验"},
            },
            {"code": "layout", "name": "经营场所布局图", "formats": ["pdf", "jpg"], "copies": 1, "note": "标明厨房、餐厅和卫生间的位置。"},
            {"code": "lease", "name": "房屋租赁合同", "when": {"situation.premises": ["rented"]}, "formats": ["pdf", "jpg"], "originals": 1},
            {"code": "flow", "name": "操作流程图", "when": {"situation.kitchen": ["yes"]}, "formats": ["pdf", "jpg"]},
            {
                "code": "alcohol", "name": "散装白酒进货凭证", "when": {"has_alcohol": [True]}, "required": False,
            },
            {
                "code": "promise", "name": "食品安全管理制度",
                "replaced_by": {"kind": "commitment", "ref": "food_safety", "label": "承诺按制度经营，不用交文本"},
            },
        ],
        "procedure": "food_permit",
        "form": "food_permit",
        "licence": "food_permit",
        "real_name_level": 2,
        "result": {"name": "食品经营许可证"},
        "steps": ["在网上填申请、交材料", "市监局看材料，5 个工作日内告诉您受理不受理", "工作人员到店里看一次", "审批通过，发电子许可证"],
        "faq": [{"question": "许可证管几年？", "answer": "五年。到期前 30 天申请延续。"}],
        "themes": ["permit"],
        "life_events": ["open-shop"],
        "keywords": ["餐饮许可证", "卫生许可证", "饭馆"],
    }  # fmt: skip
    body.update(changes)
    return {name: value for name, value in body.items() if value is not None}


def registration_body(**changes: Any) -> dict[str, Any]:
    """失业登记: one material fetched, decided at once."""
    body: dict[str, Any] = {
        "code": "990100-unemployment",
        "name": "失业登记",
        "agency": "rsj",
        "type": "20",
        "audience": ["1"],
        "case_type": "1",
        "channels": ["1", "2"],
        "limits": {"promised": {"count": 0, "unit": "working"}},
        "fees": {"charged": False},
        "procedure": "unemployment",
        "form": "unemployment",
        "decision": "unemployment",
        "materials": [
            {
                "code": "identity", "name": "身份证",
                "replaced_by": {"kind": "register", "ref": "population", "label": "从人口库核验"},
            }
        ],
        "themes": ["work"],
        "life_events": ["lose-work"],
    }  # fmt: skip
    body.update(changes)
    return {name: value for name, value in body.items() if value is not None}


@contextmanager
def without_parts() -> Iterator[None]:
    """Items whose form, procedure, decision table and licence type are beside the point."""
    with ExitStack() as stack:
        for kind in slots.parts:
            stack.enter_context(slots.parts.plugged(kind, lambda code: ""))
        yield


def published_item(body: dict[str, Any] | None = None) -> ItemVersion:
    """An item in force; its agency is made when it is not there. The form and the like that it names need not be."""
    body = body or permit_body()
    agency(
        body["agency"],
        {"scjg": "云州市市场监督管理局", "rsj": "云州市人力资源和社会保障局"}.get(body["agency"], "云州市某局"),
    )
    with without_parts():
        return actions.install(system("command"), body)
