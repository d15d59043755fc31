"""What each action of CKAN's API answers, from the front door of this room. A dataset is a package, its formats are resources, agencies are organisations,
themes are groups; the datastore is the edition in force."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor
from yiwang.kernel.pages import LARGEST as LARGEST_PAGE
from yiwang.kernel.refusals import Missing

from . import dcat, queries, reading
from .models import Dataset
from .words import LICENCES, PERIODS, THEMES, Format

_SPACE = uuid.UUID("6f2b7d1e-6a57-5f0e-9a43-7b1d6c1c4a10")


class BadRequest(Exception):
    """A body that cannot be read."""


class Invalid(Exception):
    """A parameter is missing or wrong: {field: [messages]}."""

    def __init__(self, **fields: str) -> None:
        super().__init__(str(fields))
        self.fields = {name: [words] for name, words in fields.items()}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a caller gave. Addresses carry text, bodies JSON: both are read the same way."""

    given: dict[str, Any]
    token: str = ""

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name, default)
        return value if isinstance(value, str) else json.dumps(value) if isinstance(value, (dict, list)) else str(value)

    def needed(self, *names: str) -> str:
        for name in names:
            if self.text(name).strip() and self.given.get(name) is not None:
                return self.text(name).strip()
        raise Invalid(**{names[0]: "Missing value"})

    def number(self, name: str, default: int, most: int) -> int:
        value = self.given.get(name)
        if value is None or value == "":
            return default
        try:
            found = int(value)
        except (TypeError, ValueError, OverflowError):
            raise Invalid(**{name: "Invalid integer"}) from None
        if found < 0:
            raise Invalid(**{name: "Must be a natural number"})
        return min(found, most)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.given.get(name)
        return default if value is None else str(value).lower() in ("true", "1", "yes")

    def structure(self, name: str) -> Any:
        """JSON in a text, or JSON itself; None when it was not given."""
        value = self.given.get(name)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                return value
        return value


def _id(kind: str, code: str) -> str:
    """A stable UUID, which some clients expect."""
    return str(uuid.uuid5(_SPACE, f"{environment.origin}/{kind}/{code}"))


def _every(actor: Actor, wanted: queries.Wanted | None = None) -> list[Dataset]:
    rows: list[Dataset] = []
    cursor = ""
    while len(rows) < 5000:
        page = queries.datasets(actor, wanted, cursor=cursor, size=LARGEST_PAGE)
        rows += page.items
        cursor = page.next
        if not cursor:
            break
    return rows


def _package_of(actor: Actor, name: str) -> Dataset:
    try:
        wanted = str(uuid.UUID(name))
    except ValueError:
        return queries.dataset(actor, name)
    found = next((row for row in _every(actor) if _id("dataset", row.code) == wanted), None)
    if found is None:
        raise Missing(name)
    return found


def _organization(code: str, name: str, count: int | None = None) -> dict[str, Any]:
    more = {} if count is None else {"package_count": count}
    return {
        "id": _id("organization", code), "name": code, "title": name, "display_name": name, "description": "", "image_url": "",
        "image_display_url": "", "type": "organization", "is_organization": True, "approval_status": "approved", "state": "active", **more,
    }  # fmt: skip


def _group(code: str, count: int | None = None) -> dict[str, Any]:
    name = str(THEMES[code].name)
    more = {} if count is None else {"package_count": count}
    return {"id": _id("group", code), "name": code, "title": name, "display_name": name, "description": "", "image_display_url": "", "type": "group", "state": "active", **more}  # fmt: skip  # noqa: E501


def _tag(word: str) -> dict[str, Any]:
    return {"id": _id("tag", word), "name": word, "display_name": word, "state": "active", "vocabulary_id": None}


def _resource(row: Dataset, each: Format, place: int) -> dict[str, Any]:
    edition = row.current
    assert edition is not None
    return {
        "id": _id("resource", f"{row.code}/{each.code}"), "package_id": _id("dataset", row.code), "name": f"{row.name}（{each.name}）",
        "description": str(each.note), "format": each.name, "mimetype": each.media, "url": dcat.address("open-download", row.code, each.code),
        "url_type": None, "resource_type": None, "position": place, "state": "active", "datastore_active": each.code == "csv",
        "hash": edition.sha256 if each.code == "parquet" else "", "size": edition.size if each.code == "parquet" else None,
        "created": _time(row.released_at), "last_modified": _time(edition.released_at), "metadata_modified": _time(edition.released_at),
        "mimetype_inner": None, "cache_url": None, "cache_last_updated": None,
    }  # fmt: skip


def _time(at: Any) -> str | None:
    return at.astimezone(tz=None).replace(tzinfo=None).isoformat() if at else None


def _package(row: Dataset) -> dict[str, Any]:
    edition = row.current
    assert edition is not None
    licence = LICENCES[row.licence]
    resources = [_resource(row, each, place) for place, each in enumerate(queries.formats_of(edition))]
    extras = {
        "open_kind": row.open_kind, "update_period": str(PERIODS[row.update_period][0]), "edition": edition.number, "rows": edition.rows,
        "as_of": edition.as_of or "", "resource_code": row.resource,
    }  # fmt: skip
    return {
        "id": _id("dataset", row.code), "name": row.code, "title": row.name, "notes": row.abstract, "type": "dataset", "state": "active",
        "private": False, "isopen": licence.open, "license_id": licence.code, "license_title": str(licence.name), "license_url": licence.url,
        "url": dcat.address("open-dataset", row.code), "version": str(edition.number), "author": row.provider.name, "author_email": "",
        "maintainer": row.provider.name, "maintainer_email": "", "creator_user_id": None,
        "owner_org": _id("organization", row.provider_id), "organization": _organization(row.provider_id, row.provider.name),
        "groups": [_group(row.theme)], "tags": [_tag(word) for word in row.keywords], "num_tags": len(row.keywords),
        "resources": resources, "num_resources": len(resources), "extras": [{"key": key, "value": str(value)} for key, value in extras.items()],
        "metadata_created": _time(row.released_at), "metadata_modified": _time(row.changed_at),
        "relationships_as_subject": [], "relationships_as_object": [],
    }  # fmt: skip


def site_read(actor: Actor, asked: Parameters) -> bool:
    return True


def status_show(actor: Actor, asked: Parameters) -> dict[str, Any]:
    return {
        "ckan_version": "2.11", "site_url": environment.origin, "site_title": f"{environment.node_name}公共数据开放",
        "site_description": "", "error_emails_to": None, "locale_default": "zh_Hans_CN", "extensions": ["datastore", "yiwang"],
    }  # fmt: skip


def help_show(actor: Actor, asked: Parameters) -> str:
    name = asked.needed("name")
    if name not in ACTIONS:
        raise Missing(name)
    return ACTIONS[name].__doc__ or f"See the CKAN documentation of {name}."


def package_list(actor: Actor, asked: Parameters) -> list[str]:
    """The names of the open datasets, in order; limit and offset cut the list."""
    names = sorted(row.code for row in _every(actor))
    start = asked.number("offset", 0, 10**9)
    return names[start : start + asked.number("limit", 5000, 5000)]


def current_package_list_with_resources(actor: Actor, asked: Parameters) -> list[dict[str, Any]]:
    """The open datasets in full, the last changed first."""
    start = asked.number("offset", 0, 10**9)
    return [_package(row) for row in _every(actor)[start : start + asked.number("limit", 100, 1000)]]


def package_show(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """One dataset with its resources, by name or id."""
    return _package(_package_of(actor, asked.needed("id", "name_or_id")))


def _wanted(asked: Parameters) -> tuple[queries.Wanted, dict[str, list[str]]]:
    """CKAN's q and fq as far as clients write them: field:value, joined by AND, with or without quotes; +field:(a OR b) is not."""
    text = asked.text("q").strip()
    text = "" if text in ("*:*", "*") else text
    found: dict[str, list[str]] = {}
    listed = asked.structure("fq_list")
    parts = [asked.text("fq"), *(map(str, listed) if isinstance(listed, list) else [])]
    for each in _terms(" ".join(parts)):
        name, _colon, value = each.lstrip("+").partition(":")
        found.setdefault(name, []).append(value.strip('"'))
    wanted = queries.Wanted(
        text[:100], theme=(found.get("groups") or [""])[-1], provider=(found.get("organization") or [""])[-1],
    )  # fmt: skip
    return wanted, found


def _terms(text: str) -> list[str]:
    """field:value and field:"some value", AND between them left out."""
    found: list[str] = []
    rest = text
    while rest.strip():
        rest = rest.strip()
        if rest.startswith("AND "):
            rest = rest[4:]
            continue
        name, colon, value = rest.partition(":")
        if not colon:
            break
        if value.startswith('"') and '"' in value[1:]:
            end = value.index('"', 1) + 1
        else:
            end = value.find(" ") if " " in value else len(value)
        found.append(f"{name}:{value[:end]}")
        rest = value[end:]
    return found


def package_search(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """Datasets by words and filters (organization, groups, tags, license_id, res_format), with facet counts."""
    wanted, terms = _wanted(asked)
    rows = _every(actor, wanted)
    known = {
        "organization",
        "groups",
        "tags",
        "license_id",
        "res_format",
        "name",
        "state",
        "type",
        "capacity",
        "dataset_type",
        "site_id",
    }
    if unknown := set(terms) - known:
        raise Invalid(fq=f"Unknown field: {sorted(unknown)[0]}")
    for name, keep in (
        ("tags", lambda row, value: value in row.keywords), ("license_id", lambda row, value: row.licence == value),
        ("name", lambda row, value: row.code == value),
        ("res_format", lambda row, value: value.lower() in {each.name.lower() for each in queries.formats_of(row.current)}),
    ):  # fmt: skip
        for value in terms.get(name, []):
            rows = [row for row in rows if keep(row, value)]
    sort = asked.text("sort", "metadata_modified desc")
    if sort.startswith(("name", "title", "title_string")):
        rows.sort(key=lambda row: row.code if sort.startswith("name") else row.name, reverse=sort.endswith("desc"))
    start, size = asked.number("start", 0, 10**9), asked.number("rows", 10, 1000)
    facets = asked.structure("facet.field") or []
    return {
        "count": len(rows), "sort": sort, "results": [_package(row) for row in rows[start : start + size]],
        "facets": {}, "search_facets": {name: _facet(str(name), rows) for name in (facets if isinstance(facets, list) else []) if str(name) in known},
    }  # fmt: skip


def _facet(name: str, rows: list[Dataset]) -> dict[str, Any]:
    counts: dict[str, list[Any]] = {}
    for row in rows:
        values = {
            "organization": [(row.provider_id, row.provider.name)], "groups": [(row.theme, str(THEMES[row.theme].name))],
            "tags": [(word, word) for word in row.keywords], "license_id": [(row.licence, str(LICENCES[row.licence].name))],
            "res_format": [(each.name, each.name) for each in queries.formats_of(row.current)] if row.current else [],
        }.get(name, [])  # fmt: skip
        for code, words in values:
            counts.setdefault(code, [words, 0])[1] += 1
    return {
        "title": name,
        "items": [{"name": code, "display_name": words, "count": count} for code, (words, count) in counts.items()],
    }


def _resource_of(actor: Actor, wanted: str) -> tuple[Dataset, dict[str, Any]]:
    for row in _every(actor):
        assert row.current is not None
        for place, each in enumerate(queries.formats_of(row.current)):
            if _id("resource", f"{row.code}/{each.code}") == wanted:
                return row, _resource(row, each, place)
    raise Missing(wanted)


def resource_show(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """One resource: a format of a dataset."""
    return _resource_of(actor, asked.needed("id"))[1]


_CKAN_TYPES = {
    "integer": "int",
    "money": "int",
    "decimal": "float",
    "date": "date",
    "time": "timestamp",
    "boolean": "bool",
}


def datastore_search(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """Rows of a dataset (by the id of any of its resources, or by its name): filters, q, fields, sort, limit, offset."""
    wanted = asked.needed("resource_id", "id")
    try:
        row = _resource_of(actor, str(uuid.UUID(wanted)))[0]
    except ValueError:
        row = queries.dataset(actor, wanted)
    filters = asked.structure("filters") or {}
    if not isinstance(filters, dict):
        raise Invalid(filters="Not a json object")
    conditions = tuple(
        reading.Filter(
            str(name),
            "in" if isinstance(value, list) else "eq",
            tuple(map(str, value)) if isinstance(value, list) else (str(value),),
        )
        for name, value in filters.items()
    )
    names = asked.structure("fields")
    fields = (
        tuple(map(str, names))
        if isinstance(names, list)
        else tuple(part.strip() for part in str(names or "").split(",") if part.strip())
    )
    sort = asked.text("sort").split(",")[0].strip()
    name, _space, way = sort.partition(" ")
    given = asked.structure("q")
    text = (
        given
        if isinstance(given, str)
        else " ".join(map(str, given.values()))
        if isinstance(given, dict)
        else str(given or "")
    )
    size = asked.number("limit", 100, reading.LARGEST)
    offset = asked.number("offset", 0, 10**12)
    question = reading.Question(
        conditions, f"-{name}" if way.lower().startswith("desc") else name, fields, text, size, "", offset
    )  # fmt: skip
    total = asked.flag("include_total", True)
    edition, found = queries.rows(actor, row.code, question, token=asked.token, total=total)
    shown = [
        each
        for each in [{"name": "_id", "type": "integer", "label": ""}, *edition.fields]
        if not fields or each["name"] in fields
    ]
    result: dict[str, Any] = {
        "resource_id": wanted, "limit": size, "offset": offset, "records_format": "objects", "include_total": total,
        "fields": [{"id": each["name"], "type": _CKAN_TYPES.get(each["type"], "text"), "info": {"label": each["label"]}} for each in shown],
        "records": found.items,
        "_links": {"start": f"/api/3/action/datastore_search?resource_id={wanted}", "next": f"/api/3/action/datastore_search?resource_id={wanted}&offset={offset + size}"},  # noqa: E501
    }  # fmt: skip
    if total:
        result |= {"total": found.total, "total_was_estimated": False, "total_estimation_threshold": None}
    return result


def datastore_info(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """The fields of a dataset and how many rows it has."""
    row, _shown = _resource_of(actor, asked.needed("resource_id", "id"))
    assert row.current is not None
    fields = [
        {"id": each["name"], "type": _CKAN_TYPES.get(each["type"], "text"), "info": {"label": each["label"]}}
        for each in row.current.fields
    ]
    return {
        "meta": {"id": asked.needed("resource_id", "id"), "count": row.current.rows, "table_type": "BASE TABLE"},
        "fields": fields,
    }


def datastore_search_sql(actor: Actor, asked: Parameters) -> Any:
    """Refused: rows are asked for with datastore_search, whole datasets are downloaded."""
    raise Invalid(
        query="SQL is not offered here. Use datastore_search with filters, or download the whole dataset (Parquet) and query it locally."
    )


def organization_list(actor: Actor, asked: Parameters) -> list[Any]:
    """The agencies that have something open."""
    rows = queries.provider_counts(actor)
    full = asked.flag("all_fields")
    return [_organization(code, name, count) if full else code for code, name, count in rows]


def organization_show(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """One agency with its datasets."""
    wanted = asked.needed("id")
    for code, name, count in queries.provider_counts(actor):
        if wanted in (code, _id("organization", code)):
            packages = (
                [_package(row) for row in _every(actor, queries.Wanted(provider=code))[:1000]]
                if asked.flag("include_datasets")
                else []
            )
            return {
                **_organization(code, name, count),
                "packages": packages,
                "users": [],
                "extras": [],
                "groups": [],
                "tags": [],
            }
    raise Missing(wanted)


def group_list(actor: Actor, asked: Parameters) -> list[Any]:
    """The themes that have datasets."""
    counts = queries.facets(actor).themes
    return [_group(code, count) if asked.flag("all_fields") else code for code, count in sorted(counts.items())]


def group_show(actor: Actor, asked: Parameters) -> dict[str, Any]:
    """One theme."""
    wanted = asked.needed("id")
    counts = queries.facets(actor).themes
    for code in THEMES:
        if wanted in (code, _id("group", code)):
            return {
                **_group(code, counts.get(code, 0)),
                "packages": [],
                "users": [],
                "extras": [],
                "groups": [],
                "tags": [],
            }
    raise Missing(wanted)


def license_list(actor: Actor, asked: Parameters) -> list[dict[str, Any]]:
    """Under which terms datasets are used."""
    return [
        {
            "id": each.code, "title": str(each.name), "url": each.url, "status": "active", "is_okd_compliant": each.open, "is_osi_compliant": False,
            "domain_data": True, "domain_content": False, "domain_software": False, "family": "", "maintainer": "",
            "od_conformance": "approved" if each.open else "rejected", "osd_conformance": "not reviewed",
        }
        for each in LICENCES.values()
    ]  # fmt: skip


def tag_list(actor: Actor, asked: Parameters) -> list[Any]:
    """The keywords of the open datasets."""
    words = sorted({word for row in _every(actor) for word in row.keywords})
    wanted = asked.text("query").lower()
    words = [word for word in words if wanted in word.lower()]
    return [_tag(word) for word in words] if asked.flag("all_fields") else words


def recently_changed(actor: Actor, asked: Parameters) -> list[dict[str, Any]]:
    """The newest changes, for clients that ask for them under CKAN's old name."""
    rows = queries.changes(actor, size=LARGEST_PAGE).items
    return [
        {"id": str(row.id), "timestamp": row.at, "object_id": _id("dataset", row.dataset), "activity_type": row.kind}
        for row in rows
    ]


ACTIONS: dict[str, Callable[[Actor, Parameters], Any]] = {
    "site_read": site_read, "status_show": status_show, "help_show": help_show, "package_list": package_list, "package_show": package_show,
    "package_search": package_search, "current_package_list_with_resources": current_package_list_with_resources, "resource_show": resource_show,
    "datastore_search": datastore_search, "datastore_info": datastore_info, "datastore_search_sql": datastore_search_sql,
    "organization_list": organization_list, "organization_show": organization_show, "group_list": group_list, "group_show": group_show,
    "license_list": license_list, "tag_list": tag_list, "recently_changed_packages_activity_list": recently_changed,
}  # fmt: skip
