"""Datasets that a city opens: the resource of the catalogue and the way in which it is opened, released as they were reviewed before shipping."""

from __future__ import annotations

from typing import Any

from yiwang.data.catalogue import actions as catalogue
from yiwang.data.opendata import actions as opendata
from yiwang.data.opendata import queries as opendata_queries
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.standards import actions as standards
from yiwang.foundation.standards import queries as standards_queries
from yiwang.kernel.refusals import Invalid, Missing, Problem
from yiwang.packs import slots
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

# Without these code sets no resource is published; a pack that brings the city's own library comes first and is left alone.
_NEEDED = {
    "catalogue.period": ("更新周期", {"realtime": "实时", "daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季度", "yearly": "每年", "irregular": "不定期"}),  # noqa: E501
    "catalogue.mode": ("共享方式", {"api": "接口", "exchange": "数据库交换", "file": "文件下载"}),
    "gbt2261.1": ("人的性别代码", {"0": "未知的性别", "1": "男性", "2": "女性", "9": "未说明的性别"}),
    "catalogue.format": ("信息资源格式", {"database": "数据库", "sheet": "电子表格", "file": "电子文件"}),
}  # fmt: skip


def _library(actor: Actor) -> None:
    missing = []
    for code, (name, values) in _NEEDED.items():
        try:
            standards_queries.codes(code)
        except Missing:
            rows = [{"code": value, "name": words} for value, words in values.items()]
            missing.append({"code": code, "name": name, "values": rows})
    if missing:
        standards.install(actor, "opendata", {"code_set": missing})


def _dataset(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    _library(actor)
    catalogue.install(actor, body["resource"])
    plan = opendata.Plan(
        code=body["code"], resource=body["resource"]["code"], theme=body["theme"], subject=body["subject"],
        licence=body.get("licence", "open-attribution"), keywords=tuple(body["resource"].get("keywords", ())), fields=body.get("fields", {}),
    )  # fmt: skip
    if slots.trying.get():  # the plan holds; the file is made once, when it stays
        opendata.prepare(actor, plan)
        return
    edition = opendata.install(actor, plan)
    if edition is None:
        view = opendata_queries.preparation(actor, body["code"])
        if view.preparation.state == "failed" and not view.preparation.rows and not view.preparation.failure:
            return  # nothing to open yet (a city without past cases): it stays in preparation
        findings = [each["words"] for each in view.preparation.report.get("findings", []) if each["severity"] == "fail"]
        message = " ".join(findings) or view.preparation.failure
        raise Invalid(message, problems=[Problem("fields", "disclosure", message)])


DATASETS = Kind("datasets", "dataset", lambda body: str(body["code"]), by_schema("datasets"), _dataset)
