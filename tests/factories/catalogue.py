"""Resources of the catalogue, and the code sets that they speak of."""

from __future__ import annotations

import copy
from typing import Any

from yiwang.data.catalogue import actions, queries
from yiwang.data.catalogue.resources import Resource
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.orgs.models import Agency

from .people import agency, official
from .standards import library

POPULATION = "101001-000001"

_BODY: dict[str, Any] = {
    "code": POPULATION,
    "name": "常住人口信息",
    "provider": "gaj",
    "abstract": "全市常住人口的身份、户籍和住址信息。",
    "keywords": ["户籍", "人口"],
    "format": "database",
    "share": "conditional",
    "share_conditions": "用于依法办理政务服务事项时核验申请人身份和住址。",
    "share_mode": "api",
    "open": "refused",
    "update_period": "daily",
    "place": "",
    "fields": [
        {"name": "identity_number", "label": "公民身份号码", "type": "identity_number", "length": 18, "level": 3,
         "element": "person.identity_number", "mask": "identity", "key": True, "required": True},
        {"name": "name", "label": "姓名", "type": "text", "length": 60, "level": 2, "element": "person.name", "mask": "name", "required": True},
        {"name": "sex", "label": "性别", "type": "code", "length": 1, "codes": "gbt2261.1", "level": 2, "element": "person.sex"},
        {"name": "residence", "label": "住址", "type": "text", "length": 200, "level": 3, "mask": "address"},
    ],
}  # fmt: skip


def resource_body(**changes: Any) -> dict[str, Any]:
    """常住人口信息 of the police, in full. A change to None takes the element out."""
    body = {**copy.deepcopy(_BODY), **changes}
    return {name: value for name, value in body.items() if value is not None}


def offices() -> tuple[Agency, Agency, Agency]:
    """The police, the data bureau and the civil affairs bureau, under the city."""
    gov = agency("gov", "云州市人民政府")
    return (
        agency("gaj", "云州市公安局", gov),
        agency("sjj", "云州市数据局", gov),
        agency("mzj", "云州市民政局", gov),
    )


def steward(at: str = "gaj", name: str = "") -> Actor:
    """A data steward 数据管理员 of an agency."""
    by_code = {found.code: found for found in offices()}
    return official(
        "data-steward",
        ["catalogue.read", "catalogue.enter", "catalogue.change", "catalogue.submit", "catalogue.drop", "catalogue.withdraw",
         "catalogue.enter_system", "catalogue.claim", "catalogue.demand", "catalogue.answer_demand", "catalogue.rate_demand",
         "catalogue.object_to", "catalogue.report", "catalogue.survey", "catalogue.figures", "cases.read", "cases.complete",
         "cases.claim", "desk.export"],
        at=by_code.get(at) or agency(at, "云州市某局", agency("gov", "云州市人民政府")), name=name,
    )  # fmt: skip


def bureau(name: str = "") -> Actor:
    """Somebody of the data bureau 数据局, for the whole city."""
    offices()
    return official(
        "data-bureau", ["catalogue.*", "standards.*", "cases.read", "cases.complete", "cases.claim", "desk.export"],
        at=agency("gov"), name=name,
    )  # fmt: skip


def published_resource(code: str = POPULATION, **changes: Any) -> Resource:
    """A resource in force, as rooms above see it; its provider and the standards library are made when they are not there."""
    offices()
    library()
    body = resource_body(code=code, **changes)
    agency(body["provider"], "云州市某局")
    actions.install(system("command"), body)
    return queries.resource(code)
