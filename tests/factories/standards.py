"""A small standards library."""

from __future__ import annotations

from typing import Any

from yiwang.foundation.access.queries import system
from yiwang.foundation.standards import actions


def code_set(code: str, name: str, values: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "values": [{"code": c, "name": n} for c, n in values.items()], **more}


SEX = code_set(
    "gbt2261.1",
    "人的性别代码",
    {"0": "未知的性别", "1": "男性", "2": "女性", "9": "未说明的性别"},
    standard="GB/T 2261.1-2003",
)
PERIODS = code_set(
    "catalogue.period", "更新周期",
    {"realtime": "实时", "daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季度", "yearly": "每年", "irregular": "不定期"},
)  # fmt: skip
FORMATS = code_set("catalogue.format", "信息资源格式", {"database": "数据库", "sheet": "电子表格", "file": "电子文件"})
MODES = code_set("catalogue.mode", "共享方式", {"api": "接口", "exchange": "数据库交换", "file": "文件下载"})
ELEMENTS: list[dict[str, Any]] = [
    {"code": "person.identity_number", "name": "公民身份号码", "type": "identity_number", "length": 18, "level": 3, "mask": "identity",
     "definition": "赋予公民的唯一的、终身不变的号码", "standard": "GB 11643-1999"},
    {"code": "person.name", "name": "姓名", "type": "text", "length": 100, "level": 2, "mask": "name", "definition": "在户籍管理部门登记的姓名"},
    {"code": "person.sex", "name": "性别", "type": "code", "length": 1, "codes": "gbt2261.1", "level": 2, "standard": "GB/T 2261.1-2003"},
    {"code": "person.residence", "name": "住址", "type": "text", "length": 200, "level": 3, "mask": "address"},
]  # fmt: skip


def library() -> None:
    """The code sets of the compilation guide, and a few elements of persons."""
    actions.install(
        system("command"), "test", {"code_set": [SEX, PERIODS, FORMATS, MODES], "element": ELEMENTS, "norm": []}
    )
