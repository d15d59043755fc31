"""Descriptions of what is open for other catalogues: DCAT-AP 3 as JSON-LD and Turtle, schema.org as JSON-LD on pages.

The graph is one list of triples, written in both syntaxes. Sources: DCAT-AP 3.0.1 (SEMIC), W3C DCAT 3, schema.org/Dataset.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from yiwang.config.environment import environment

from .models import Dataset, Edition
from .profile import place_fields
from .words import FORMATS, GEOJSON, LICENCES, PERIODS, THEMES

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#", "xsd": "http://www.w3.org/2001/XMLSchema#", "adms": "http://www.w3.org/ns/adms#",
    "dcatap": "http://data.europa.eu/r5r/", "spdx": "http://spdx.org/rdf/terms#", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}  # fmt: skip
_EU = "http://publications.europa.eu/resource/authority"
MEDIA = {"jsonld": "application/ld+json", "ttl": "text/turtle; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Uri:
    """A resource of the graph."""

    value: str


@dataclass(frozen=True, slots=True)
class Text:
    """A literal: in a language, of a type, or plain."""

    value: str
    language: str = ""
    type: str = ""


Triple = tuple[str, str, "Uri | Text"]


def address(name: str, *args: Any) -> str:
    """A whole address of this node."""
    return f"{environment.origin}{reverse(name, args=args)}"


def catalogue(rows: Iterable[Dataset]) -> Iterator[Triple]:
    """The catalogue with its datasets."""
    here = address("open")
    publisher = f"{here}#publisher"
    yield here, "rdf:type", Uri("dcat:Catalog")
    yield here, "dct:title", Text(f"{environment.node_name}公共数据开放目录", "zh")
    yield here, "dct:description", Text(f"{environment.node_name}各部门向社会开放的数据。", "zh")
    yield here, "dct:publisher", Uri(publisher)
    yield here, "dct:language", Uri(f"{_EU}/language/ZHO")
    yield here, "foaf:homepage", Uri(here)
    yield publisher, "rdf:type", Uri("foaf:Agent")
    yield publisher, "foaf:name", Text(environment.node_name, "zh")
    yield f"{_EU}/language/ZHO", "rdf:type", Uri("dct:LinguisticSystem")
    yield here, "rdf:type", Uri("dcat:Catalog")
    for row in rows:
        yield here, "dcat:dataset", Uri(address("open-dataset", row.code))
        yield from dataset(row)


def dataset(row: Dataset) -> Iterator[Triple]:
    """One dataset with the distributions of the edition in force."""
    edition = row.current
    assert edition is not None
    here = address("open-dataset", row.code)
    agency = f"{address('open')}#agency-{row.provider_id}"
    contact = f"{here}#contact"
    yield here, "rdf:type", Uri("dcat:Dataset")
    yield here, "dct:title", Text(row.name, "zh")
    yield here, "dct:description", Text(row.abstract, "zh")
    yield here, "dct:identifier", Text(row.code)
    for word in row.keywords:
        yield here, "dcat:keyword", Text(word, "zh")
    yield here, "dcat:theme", Uri(f"{_EU}/data-theme/{THEMES[row.theme].eu}")
    yield here, "dct:publisher", Uri(agency)
    yield agency, "rdf:type", Uri("foaf:Agent")
    yield agency, "foaf:name", Text(row.provider.name, "zh")
    yield here, "dcat:contactPoint", Uri(contact)
    yield contact, "rdf:type", Uri("vcard:Kind")
    yield contact, "vcard:fn", Text(row.provider.name, "zh")
    if row.provider.phone:
        yield contact, "vcard:hasTelephone", Uri(f"tel:{row.provider.phone}")
    if row.released_at:
        yield here, "dct:issued", Text(row.released_at.isoformat(), type="xsd:dateTime")
    yield here, "dct:modified", Text(edition.released_at.isoformat(), type="xsd:dateTime")
    yield here, "dct:accrualPeriodicity", Uri(f"{_EU}/frequency/{PERIODS[row.update_period][2]}")
    rights = "PUBLIC" if row.open_kind == Dataset.OpenKind.UNCONDITIONAL else "RESTRICTED"
    yield here, "dct:accessRights", Uri(f"{_EU}/access-right/{rights}")
    yield here, "dcat:landingPage", Uri(here)
    yield here, "dcat:version", Text(str(edition.number))
    yield here, "dct:language", Uri(f"{_EU}/language/ZHO")
    placed = [GEOJSON] if place_fields(edition.fields) else []
    for each in [*FORMATS.values(), *placed]:
        part = f"{here}#{each.code}"
        file = address("open-download", row.code, each.code)
        yield here, "dcat:distribution", Uri(part)
        yield part, "rdf:type", Uri("dcat:Distribution")
        yield part, "dct:title", Text(each.name)
        yield part, "dcat:accessURL", Uri(here)
        yield part, "dcat:downloadURL", Uri(file)
        yield part, "dct:format", Uri(f"{_EU}/file-type/{each.eu}")
        yield part, "dcat:mediaType", Uri(f"http://www.iana.org/assignments/media-types/{each.media}")
        if LICENCES[row.licence].url:
            yield part, "dct:license", Uri(LICENCES[row.licence].url)
        if each.code == "parquet":
            yield part, "dcat:byteSize", Text(str(edition.size), type="xsd:nonNegativeInteger")
            yield part, "spdx:checksum", Uri(f"{part}-checksum")
            yield f"{part}-checksum", "rdf:type", Uri("spdx:Checksum")
            yield f"{part}-checksum", "spdx:algorithm", Uri("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
            yield f"{part}-checksum", "spdx:checksumValue", Text(edition.sha256, type="xsd:hexBinary")


def turtle(triples: Iterable[Triple]) -> str:
    """The graph as Turtle."""
    lines = [f"@prefix {prefix}: <{uri}> ." for prefix, uri in PREFIXES.items()]
    lines += [f"{_uri(subject)} {verb} {_object(each)} ." for subject, verb, each in dict.fromkeys(triples)]
    return "\n".join([*lines, ""])


def _uri(value: str) -> str:
    if value.partition(":")[0] in PREFIXES and "//" not in value:
        return value
    return "<" + "".join(f"%{ord(mark):02X}" if mark in '<>"{}|^`\\ ' else mark for mark in value) + ">"


def _object(each: Uri | Text) -> str:
    if isinstance(each, Uri):
        return _uri(each.value)
    text = json.dumps(each.value, ensure_ascii=False)  # Turtle's short strings escape like JSON's
    return text + (f"@{each.language}" if each.language else f"^^{each.type}" if each.type else "")


def jsonld(triples: Iterable[Triple]) -> dict[str, Any]:
    """The graph as JSON-LD."""
    nodes: dict[str, dict[str, Any]] = {}
    for subject, verb, each in dict.fromkeys(triples):
        node = nodes.setdefault(subject, {"@id": subject})
        if verb == "rdf:type":
            assert isinstance(each, Uri)
            node["@type"] = each.value
            continue
        value: dict[str, str] = {"@id": each.value} if isinstance(each, Uri) else {"@value": each.value}
        if isinstance(each, Text) and each.language:
            value["@language"] = each.language
        if isinstance(each, Text) and each.type:
            value["@type"] = each.type
        node.setdefault(verb, []).append(value)
    context = {prefix: uri for prefix, uri in PREFIXES.items() if prefix != "rdf"}
    return {"@context": context, "@graph": list(nodes.values())}


def schema_org(row: Dataset, edition: Edition) -> dict[str, Any]:
    """The dataset as search engines read it from its page."""
    here = address("open-dataset", row.code)
    licence = LICENCES[row.licence]
    found: dict[str, Any] = {
        "@context": "https://schema.org/", "@type": "Dataset", "name": row.name, "description": row.abstract.ljust(50), "url": here,
        "identifier": row.code, "keywords": row.keywords, "version": str(edition.number), "inLanguage": "zh-CN",
        "isAccessibleForFree": True, "dateModified": edition.released_at.date().isoformat(),
        "creator": {"@type": "GovernmentOrganization", "name": row.provider.name},
        "includedInDataCatalog": {"@type": "DataCatalog", "name": f"{environment.node_name}公共数据开放", "url": address("open")},
        "variableMeasured": [{"@type": "PropertyValue", "name": each["name"], "description": each["label"]} for each in edition.fields],
    }  # fmt: skip
    if licence.url:
        found["license"] = licence.url
    if row.open_kind == Dataset.OpenKind.UNCONDITIONAL:
        found["distribution"] = [
            {
                "@type": "DataDownload",
                "encodingFormat": each.media,
                "contentUrl": address("open-download", row.code, each.code),
            }
            for each in FORMATS.values()
        ]
    return found
