"""The short lists of the room: themes, licences, periods, formats. The codes stand in addresses and never change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme of the portal. ``icon`` is Tabler's; ``eu`` the data theme of the EU vocabulary that DCAT readers know."""

    code: str
    name: Any
    icon: str
    eu: str


THEMES = {
    theme.code: theme
    for theme in (
        Theme("credit", _("信用服务"), "certificate", "GOVE"),
        Theme("health", _("医疗卫生"), "heartbeat", "HEAL"),
        Theme("social", _("社保就业"), "users", "SOCI"),
        Theme("education", _("教育科技"), "school", "EDUC"),
        Theme("transport", _("交通出行"), "bus", "TRAN"),
        Theme("environment", _("生态环境"), "leaf", "ENVI"),
        Theme("city", _("城建住房"), "building-community", "REGI"),
        Theme("economy", _("经贸工商"), "building-store", "ECON"),
        Theme("agriculture", _("农业农村"), "plant-2", "AGRI"),
        Theme("culture", _("文化休闲"), "palette", "EDUC"),
        Theme("safety", _("公共安全"), "shield-check", "JUST"),
        Theme("government", _("政务服务"), "building-bank", "GOVE"),
    )
}


@dataclass(frozen=True, slots=True)
class Licence:
    """Under what terms a dataset may be used. ``open`` as the Open Definition means it."""

    code: str
    name: Any
    url: str
    open: bool
    terms: Any


LICENCES = {
    licence.code: licence
    for licence in (
        Licence(
            "open-attribution", _("公共数据开放许可（注明来源）"), "https://creativecommons.org/licenses/by/4.0/", True,
            _("可以免费使用、修改、再发布，也可以用于商业；使用时请注明数据来源和获取日期，不得歪曲数据。"),
        ),
        Licence(
            "open-free", _("公共数据开放许可（无附加要求）"), "https://creativecommons.org/publicdomain/zero/1.0/", True,
            _("可以免费用于任何合法目的，不需要注明来源。"),
        ),
        Licence(
            "conditional-use", _("有条件开放使用协议"), "", False,
            _("只能用于申请时写明的用途，不得转给他人，不得用来识别个人；到期后请删除。"),
        ),
    )
}  # fmt: skip

# Code -> (words, ISO 8601 period, frequency of the EU vocabulary). The codes are those of the standards library's table of periods.
PERIODS: dict[str, tuple[Any, str, str]] = {
    "realtime": (_("实时"), "PT1S", "CONT"),
    "daily": (_("每日"), "P1D", "DAILY"),
    "weekly": (_("每周"), "P1W", "WEEKLY"),
    "monthly": (_("每月"), "P1M", "MONTHLY"),
    "quarterly": (_("每季度"), "P3M", "QUARTERLY"),
    "half-yearly": (_("每半年"), "P6M", "ANNUAL_2"),
    "yearly": (_("每年"), "P1Y", "ANNUAL"),
    "irregular": (_("不定期"), "", "IRREG"),
    "once": (_("不更新"), "", "NEVER"),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a dataset is downloaded in."""

    code: str
    name: str
    media: str
    extension: str
    eu: str
    note: Any = ""


FORMATS = {
    each.code: each
    for each in (
        Format("csv", "CSV", "text/csv", "csv", "CSV", _("用表格软件或程序打开")),
        Format(
            "xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", "XLSX",
            _("用表格软件打开"),
        ),
        Format("json", "JSON", "application/json", "json", "JSON", _("供程序使用")),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", "parquet", "PARQUET", _("供数据分析软件使用")),
    )
}  # fmt: skip
GEOJSON = Format("geojson", "GeoJSON", "application/geo+json", "geojson", "GEOJSON", _("供地图软件使用"))

TYPES: dict[str, Any] = {
    "text": _("文字"), "integer": _("整数"), "decimal": _("小数"), "money": _("金额（分）"), "date": _("日期"), "time": _("时间"),
    "boolean": _("是否"), "code": _("代码"), "region": _("行政区划代码"), "phone": _("电话"), "identity_number": _("身份证号"),
    "uscc": _("统一社会信用代码"), "geometry": _("坐标"),
}  # fmt: skip
NUMBERS = frozenset({"integer", "decimal", "money"})
