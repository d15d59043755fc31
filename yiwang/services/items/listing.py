"""What follows from a body for lists and for search."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from yiwang.foundation.search.actions import Entered
from yiwang.foundation.search.queries import first_letter

from .models import ItemTag
from .published import detailed, online
from .standard import AUDIENCES, names
from .themes import life_events, themes

KIND = "item"
# Most people who look for something do not have it yet.
_FIRST_TIME = re.compile("核发|新办|新设|设立|申领|申请|初次|登记$|办理$|许可$|审批$|备案$")
_AFTERWARDS = re.compile("注销|补办|补发|换发|换证|延续|变更|遗失|年审|年检|撤销|终止|停业|注册信息")

Body = Mapping[str, Any]


def columns(body: Body) -> dict[str, Any]:
    """The columns of an item that repeat its body."""
    audience = set(body.get("audience", []))
    return {
        "name": body["name"],
        "group": body.get("group", ""),
        "type": body["type"],
        "letter": first_letter(body["name"]),
        "for_person": not audience or "1" in audience,
        "for_organisation": not audience or bool(audience - {"1"}),
        "online": online(body),
        "detailed": detailed(body),
        "service": body.get("service", {}).get("status", "open"),
    }


def tags(item_id: UUID, body: Body) -> list[ItemTag]:
    """The headings under which it is found."""
    return [ItemTag(item_id=item_id, family="theme", code=code) for code in body.get("themes", [])] + [
        ItemTag(item_id=item_id, family="life", code=code) for code in body.get("life_events", [])
    ]


def entered(body: Body, agency: str, agency_name: str, agency_short: str = "") -> Entered:
    """The item as search keeps it."""
    audience = set(body.get("audience", []))
    kinds = [name for name, there in (("person", "1" in audience), ("organisation", audience - {"1"})) if there]
    known = {**life_events(), **themes()}
    words = [
        *body.get("keywords", []), body.get("plain_name", ""), body.get("group", ""), body["code"], agency_name, agency_short,
        *(known[code].name for code in (*body.get("themes", []), *body.get("life_events", [])) if code in known),
    ]  # fmt: skip
    return Entered(
        KIND,
        body["code"],
        body["name"],
        body=_text(body),
        keywords=" ".join(filter(None, words)),
        boost=_boost(body),
        audience=" ".join(kinds),
        facets=[f"agency:{agency}", *(f"theme:{code}" for code in body.get("themes", []))],
        data={
            "agency": agency_name,
            "audience": names(AUDIENCES, sorted(audience)),
            "online": online(body),
            "detailed": detailed(body),
            "service": body.get("service", {}).get("status", "open"),
        },
    )


def _boost(body: Body) -> int:
    name = body["name"]
    points = 3 if online(body) else 0
    points += 2 if detailed(body) else 0
    if _AFTERWARDS.search(name):
        return points - 3
    return points + (2 if _FIRST_TIME.search(name) else 0)


def _text(body: Body) -> str:
    """What of a body is read as running text: first what a person would want to see in a list of results."""
    pieces: list[str] = [body.get("summary", ""), *body.get("conditions", [])]
    pieces += [item["name"] for item in body.get("materials", [])]
    pieces += body.get("steps", [])
    pieces += [f"{item['question']}{item['answer']}" for item in body.get("faq", [])]
    pieces += [option["label"] for item in body.get("situations", []) for option in item["options"]]
    pieces += [body.get("result", {}).get("name", ""), body.get("group", "")]
    return " · ".join(filter(None, pieces))
