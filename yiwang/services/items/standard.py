"""GB/T 39046-2020 政务服务平台基础数据规范: code sets A.1 to A.7, and an item as the 64 elements of its data set 事项管理.

The standard leaves open how several codes share one element (服务对象代码, 办理形式代码 are an..10 over one-digit codes); we join them with
a comma. 通办范围代码 has four names and no values there; we number them in the order of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

ITEM_TYPES: dict[str, Any] = {  # A.1; 11–19 and 21–99 are left to each place
    "00": _("行政权力事项"),
    "01": _("行政许可"),
    "02": _("行政处罚"),
    "03": _("行政强制"),
    "04": _("行政征收"),
    "05": _("行政给付"),
    "06": _("行政检查"),
    "07": _("行政确认"),
    "08": _("行政奖励"),
    "09": _("行政裁决"),
    "10": _("其他类别事项"),
    "20": _("公共服务事项"),
}
LEVELS: dict[str, Any] = {  # A.2
    "1": _("国家级"),
    "2": _("省级"),
    "3": _("市级"),
    "4": _("县级"),
    "5": _("镇（乡、街道）级"),
    "6": _("村（社区）级"),
    "7": _("分级管理"),
}
AGENCY_NATURES: dict[str, Any] = {"1": _("法定机关"), "2": _("授权组织"), "3": _("受委托组织"), "9": _("其他")}  # A.3
AUDIENCES: dict[str, Any] = {  # A.4
    "1": _("自然人"),
    "2": _("企业法人"),
    "3": _("事业法人"),
    "4": _("社会组织法人"),
    "5": _("行政机关"),
    "6": _("其他组织"),
}
CHANNELS: dict[str, Any] = {  # A.5
    "1": _("窗口办理"),
    "2": _("电脑端网上办理"),
    "3": _("移动端网上申请"),
    "4": _("快递申请"),
    "9": _("其他"),
}
CASE_TYPES: dict[str, Any] = {"1": _("即办件"), "2": _("承诺件"), "9": _("其他")}  # A.6
SPECIAL_PROCEDURES: dict[str, Any] = {"1": _("延长审批"), "2": _("除延长审批之外的情况")}  # A.7
REACHES: dict[str, Any] = {
    "nation": _("全国通办"),
    "provinces": _("跨省通办"),
    "cities": _("跨市通办"),
    "counties": _("跨县通办"),
}
UNITS: dict[str, Any] = {"working": _("工作日"), "calendar": _("自然日")}

_WIDTHS = {  # the narrowest elements, in characters; longer text is cut with an ellipsis for exchange
    "事项名称": 200, "设定依据": 1000, "行使层级": 200, "权限划分": 1000, "实施主体": 100, "法定办结时限": 20, "承诺办结时限": 20, "共同实施部门": 100,
    "中介服务": 2000, "数量限制": 200, "结果名称": 100, "服务对象": 200, "服务主题": 200, "办理形式": 20, "行政管辖": 20, "网办地址": 50,
    "办理地点": 100, "办理时间": 150, "常见问题": 1000,
}  # fmt: skip


def type_name(code: str) -> str:
    """What A.1 calls an item type; extension codes have no name there."""
    return str(ITEM_TYPES.get(code, "")) or (str(_("其他类型")) if code else "")


def names(codes: Mapping[str, Any], chosen: list[str] | tuple[str, ...]) -> str:
    """The names of ``chosen`` codes, joined."""
    return "、".join(str(codes[code]) for code in chosen if code in codes)


def elements(body: Mapping[str, Any], place: Mapping[str, str]) -> dict[str, Any]:
    """A body as the elements of the data set 事项管理, by their names in the standard; empty ones are left out.

    ``place`` gives what the body only refers to: agency, uscc, region, themes. Materials come as a list under 材料.
    """
    limits, fees, supports = body.get("limits", {}), body.get("fees", {}), body.get("supports", {})
    handling, enquiry = body.get("handling_agency", {}), body.get("enquiry", {})
    joint, windows = body.get("joint_agencies", []), body.get("windows", [])
    channels = body.get("channels", [])
    found: dict[str, Any] = {
        "事项名称": body["name"],
        "基本编码": body.get("basic", {}).get("code", ""),
        "实施编码": body["code"],
        "事项类型": type_name(body["type"]),
        "事项类型代码": body["type"],
        "设定依据": "；".join(
            "".join((item["title"], item.get("article", ""), item.get("text", ""))) for item in body.get("basis", [])
        ),
        "行使层级": names(LEVELS, [body.get("level", "")]),
        "行使层级代码": body.get("level", ""),
        "权限划分": body.get("division_of_power", ""),
        "行使内容": body.get("content_of_power", ""),
        "实施主体": place.get("agency", ""),
        "实施主体代码": place.get("uscc", ""),
        "实施主体性质": names(AGENCY_NATURES, [body.get("agency_nature", "")]),
        "实施主体性质代码": body.get("agency_nature", ""),
        **_limit("法定办结时限", limits.get("statutory"), limits.get("statutory_note", "")),
        **_limit("承诺办结时限", limits.get("promised"), limits.get("notes", "")),
        "受理条件": "；".join(body.get("conditions", [])),
        "办理流程": "；".join(body.get("steps", [])),
        "共同实施部门": "、".join(item["name"] for item in joint),
        "共同实施部门代码": ",".join(item["uscc"] for item in joint if item.get("uscc")),
        "承办机构": handling.get("name", ""),
        "承办机构代码": handling.get("uscc", ""),
        "中介服务": body.get("intermediary", ""),
        "数量限制": body.get("quantity_limit", ""),
        "结果名称": body.get("result", {}).get("name", ""),
        "结果样本": body.get("result", {}).get("sample", ""),
        "是否收费": _yes(fees.get("charged")),
        "收费依据": fees.get("basis", ""),
        "通办范围代码": str(list(REACHES).index(body["reach"]) + 1) if "reach" in body else "",
        "服务对象": names(AUDIENCES, body.get("audience", [])),
        "服务对象代码": ",".join(body.get("audience", [])),
        "服务主题": place.get("themes", ""),
        "法人服务主题代码": ",".join(body.get("themes", [])) if set(body.get("audience", [])) - {"1"} else "",
        "自然人服务主题代码": ",".join(body.get("themes", [])) if "1" in body.get("audience", []) else "",
        "办理形式": ("网上办理" if {"2", "3"} & set(channels) else "窗口办理") if channels else "",
        "办理形式代码": ",".join(channels),
        "特别程序": "；".join(item["name"] for item in limits.get("special", [])),
        "行政管辖": place.get("region", ""),
        "行政管辖代码": body.get("region", ""),
        "是否支持预约办理": _yes(supports.get("booking")),
        "是否支持网上支付": _yes(supports.get("payment")),
        "是否支持物流快递": _yes(supports.get("delivery")),
        "是否网办": _yes(bool({"2", "3"} & set(channels))) if channels else "",
        "网办地址": body.get("online_address", ""),
        "运行系统层级": body.get("system_level", ""),
        "办理地点": "；".join(item["place"] for item in windows),
        "办理时间": "；".join(dict.fromkeys(item["hours"] for item in windows if item.get("hours"))),
        "咨询方式": enquiry.get("ways", ""),
        "咨询电话": enquiry.get("phone", "") or next((item["phone"] for item in windows if item.get("phone")), ""),
        "监督电话": enquiry.get("complaint_phone", ""),
        "常见问题": "；".join(f"{item['question']}{item['answer']}" for item in body.get("faq", [])),
        "材料": [_material(item) for item in body.get("materials", [])],
    }
    return {name: _cut(name, value) for name, value in found.items() if value not in ("", [])}


def _cut(name: str, value: Any) -> Any:
    width = _WIDTHS.get(name)
    return f"{value[: width - 1]}…" if width and len(value) > width else value


def _limit(name: str, limit: Mapping[str, Any] | None, note: str) -> dict[str, str]:
    if limit is None:
        return {f"{name}说明": note}
    return {name: str(limit["count"]), f"{name}单位": str(UNITS[limit["unit"]]), f"{name}说明": note}


def _yes(value: bool | None) -> str:
    return "" if value is None else "1" if value else "0"


def _material(item: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "材料名称": item["name"],
        "出具机构": item.get("issuer", ""),
        "出具时间要求": item.get("issue_time", ""),
        "材料办理说明": item.get("how_to_get", ""),
        "材料办理地点": item.get("where_to_get", ""),
        "材料使用说明": item.get("use", ""),
        "原件份数": item.get("originals", ""),
        "复印件份数": item.get("copies", ""),
        "是否必备材料": _yes(item.get("required", True)),
    }
    return {name: value for name, value in found.items() if value != ""}
