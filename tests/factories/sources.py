"""A population register of which several sources speak, and rows of one that does not know the identity number."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yiwang.data.registries.actions import declare, load
from yiwang.data.registries.models import Register
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.orgs.queries import Agency

from .people import agency, city, identity_number, official
from .registers import person_row, population_body

DAY = dt.date(2026, 10, 31)
SOURCES: list[dict[str, Any]] = [
    {
        "code": "police", "name": "人口信息系统", "agency": "gaj", "rank": 1,
        "authority": ["identity_number", "name", "sex", "birth_date", "residence", "residence_region"],
    },
    {"code": "insurance", "name": "医保参保登记", "agency": "ybj", "rank": 2, "elements": ["identity_number", "name", "phone", "residence"]},
    {"code": "clinic", "name": "社区卫生档案", "agency": "wjw", "rank": 2, "elements": ["identity_number", "phone", "health"], "fresh_days": 365},
    {
        "code": "relief", "name": "社会救助档案", "agency": "mzj", "rank": 3, "own_key": "relief_number",
        "elements": ["name", "sex", "birth_date", "phone", "residence"], "trust": {"phone": 20},
    },
]  # fmt: skip
LINKING: dict[str, Any] = {
    "compare": [
        {"element": "name", "how": "name"},
        {"element": "birth_date", "how": "date"},
        {"element": "sex", "how": "exact"},
        {"element": "phone", "how": "number"},
        {"element": "residence", "how": "address"},
    ],
    "block": [["birth_date"], ["phone"], ["name~sound", "birth_date~year"]],
    "sure": 98,
    "unsure": 30,
}
RULES = {"default": ["authority", "rank", "newest"], "phone": ["trust", "newest"]}


def shared_body(**changes: Any) -> dict[str, Any]:
    """The declaration of a population register with four sources."""
    return population_body(sources=SOURCES, rules=RULES, linking=LINKING, **changes)


def shared_population(**changes: Any) -> Register:
    """人口基础库, kept by the police and told of by four sources."""
    city()
    for code, name in (
        ("gaj", "云州市公安局"),
        ("ybj", "云州市医疗保障局"),
        ("wjw", "云州市卫生健康委员会"),
        ("mzj", "云州市民政局"),
    ):
        agency(code, name)
    return declare(system(), shared_body(**changes))


def says(source: str, *rows: dict[str, Any], as_of: dt.date = DAY) -> Any:
    """``source`` tells ``rows`` as of a day."""
    return load(system(), "population", rows, source=source, as_of=as_of)


def police_row(key: str, **more: Any) -> dict[str, Any]:
    """A row of the police; without a phone unless one is given."""
    return {**person_row(key), "phone": "", **more}


def insured_row(key: str, **more: Any) -> dict[str, Any]:
    return {"identity_number": key, "name": "林晓梅", "phone": "16400000009", **more}


def steward(at: str = "gaj", name: str = "") -> Actor:
    """The data steward of an agency."""
    found = Agency.objects.get(code=at)
    actor = official(
        "data-steward", ["registries.*", "cases.read", "cases.complete", "cases.claim"], at=found, name=name
    )
    from yiwang.foundation.access.models import Role
    from yiwang.foundation.access.queries import of_account
    from yiwang.foundation.accounts.models import Account

    Role.objects.filter(code="data-steward").update(data_level=4)
    return of_account(Account.objects.get(pk=actor.account_id))


NAMES = (
    "王伟强", "李芳", "张敏静", "刘洋", "陈丽娟", "杨志国", "黄晓红", "赵军", "吴秀英", "周涛",
    "徐明辉", "孙桂兰", "马超", "朱霞", "胡建国", "郭梅", "何波", "高玲玲", "林浩宇", "罗倩",
    "郑凯", "梁婷婷", "谢飞", "宋佳", "唐宁", "许瑞", "韩雪", "冯斌", "邓丹", "曹阳",
    "彭琳", "曾旭", "肖荣", "田勇", "董洁", "袁鹏", "潘欣", "于海", "蒋莉", "蔡鑫",
)  # fmt: skip


def town(count: int = 40) -> list[dict[str, Any]]:
    """``count`` people, all different, as the police know them."""
    found = []
    for serial in range(count):
        born = f"{1950 + serial * 17 % 55}{1 + serial * 5 % 12:02d}{1 + serial * 11 % 28:02d}"
        found.append(
            person_row(
                identity_number(serial, born), NAMES[serial % len(NAMES)], sex="12"[serial % 2],
                birth_date=f"{born[:4]}-{born[4:6]}-{born[6:]}", phone=f"1640000{serial:04d}",
                residence=f"云州市云山区柳荫路{serial * 7 + 1}号{serial % 9 + 1}栋{serial + 101}室",
            )
        )  # fmt: skip
    return found


def relief_row(number: int, person: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the relief office wrote down of ``person``: everything but the identity number."""
    known = {name: person.get(name, "") for name in ("name", "sex", "birth_date", "phone", "residence")}
    return {"relief_number": f"JZ{number:04d}", **known, **more}
