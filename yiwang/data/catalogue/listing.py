"""What follows from a body for lists, for search and for the rooms above. Private to this room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yiwang.foundation.search.actions import Entered

from .models import Entry, EntryVersion, Item
from .resources import Field, Resource

KIND = "resource"
Body = Mapping[str, Any]


def columns(body: Body) -> dict[str, Any]:
    """The columns of an entry that repeat its body."""
    fields = body.get("fields", [])
    words = [
        body.get("name", ""), body.get("abstract", ""), *body.get("keywords", []), *(field.get("label", "") for field in fields),
    ]  # fmt: skip
    return {
        "name": body.get("name", "")[:200],
        "share": body.get("share", ""),
        "open": body.get("open", ""),
        "update_period": body.get("update_period", ""),
        "level": max((field.get("level") or 1 for field in fields), default=1),
        "place": body.get("place", ""),
        "fields": len(fields),
        "text": " ".join(word for word in words if word),
    }


def items(entry: Entry, body: Body) -> list[Item]:
    """The fields of a published body as rows."""
    return [
        Item(
            entry=entry, name=field["name"], label=field["label"], element=field.get("element", ""), codes=field.get("codes", ""),
            type=field["type"], length=field.get("length", 0), level=field["level"], share=field.get("share") or body["share"],
        )
        for field in body["fields"]
    ]  # fmt: skip


def resource(entry: Entry, version: EntryVersion) -> Resource:
    """A version as rooms above see it. ``entry`` comes with its provider."""
    body = version.body
    return Resource(
        code=entry.code, version=version.number, name=body["name"], provider=entry.provider_id, provider_path=entry.provider.path,
        abstract=body["abstract"], fields=tuple(field(each, body) for each in body["fields"]), share=body["share"],
        share_reason=body.get("share_reason", ""), share_conditions=body.get("share_conditions", ""), open=body["open"],
        update_period=body["update_period"], place=body.get("place", ""),
    )  # fmt: skip


def field(given: Body, body: Body) -> Field:
    """One field; what it does not say about sharing and opening is what the resource says."""
    return Field(
        name=given["name"], label=given["label"], type=given["type"], level=given["level"], element=given.get("element", ""),
        length=given.get("length", 0), codes=given.get("codes", ""), mask=given.get("mask", ""), key=given.get("key", False),
        required=given.get("required", False), share=given.get("share") or body["share"], open=given.get("open") or body["open"],
    )  # fmt: skip


def entered(entry: Entry, body: Body, provider_name: str) -> Entered:
    """The entry as search keeps it: only what is opened to the public is findable there."""
    labels = [each["label"] for each in body["fields"] if (each.get("open") or body["open"]) != "refused"]
    return Entered(
        KIND, entry.code, body["name"], body=" · ".join([body["abstract"], *labels]),
        keywords=" ".join([*body.get("keywords", []), entry.code, provider_name]), boost=-2,
        facets=[f"agency:{entry.provider_id}"], data={"agency": provider_name, "open": body["open"]},
    )  # fmt: skip
