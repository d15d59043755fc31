"""Programs find and read what is open: the API, DCAT, schema.org, and CKAN's client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client

from tests.factories.opendata import Tables, open_parks
from yiwang.data.opendata import limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_data(held: Tables) -> None:
    open_parks(held)


def ckan(action: str, **given: Any) -> Any:
    response = Client().post(f"/api/3/action/{action}", json.dumps(given), content_type="application/json")
    return response.status_code, response.json()


def test_the_api_lists_describes_and_reads(open_data: None) -> None:
    found = Client().get("/api/v1/open/datasets", {"q": "公园"}).json()
    assert [(row["code"], row["rows"]) for row in found["items"]] == [("city-parks", 40)]
    one = Client().get("/api/v1/open/datasets/city-parks").json()
    assert {"csv", "xlsx", "json", "parquet", "geojson"} == one["files"].keys()
    rows = (
        Client()
        .get(
            "/api/v1/open/datasets/city-parks/rows",
            {"filter": ["area:ge:39000", "free:eq:true"], "fields": "park_name", "total": "true"},
        )
        .json()
    )
    assert rows == {"edition": 1, "items": [{"park_name": "第40公园"}], "next": "", "total": 1}
    wrong = Client().get("/api/v1/open/datasets/city-parks/rows", {"filter": "area:like:1"})
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "filter")


def test_the_feed_of_changes_continues(open_data: None) -> None:
    first = Client().get("/api/v1/open/changes", {"since": "2020-01-01T00:00:00Z"}).json()
    assert [(row["dataset"], row["kind"]) for row in first["items"]] == [("city-parks", "released")]
    assert Client().get("/api/v1/open/changes", {"since": "2999-01-01T00:00:00Z"}).json()["items"] == []


def test_ckan_answers_in_its_envelope(open_data: None) -> None:
    status, body = ckan("package_list")
    assert (status, body["success"], body["result"]) == (200, True, ["city-parks"])
    _status, body = ckan("package_show", id="city-parks")
    package = body["result"]
    assert package["organization"]["name"] == "cgj"
    assert {each["format"] for each in package["resources"]} == {"CSV", "XLSX", "JSON", "Parquet", "GeoJSON"}
    resource = package["resources"][0]["id"]
    assert ckan("package_show", id=package["id"])[1]["result"]["name"] == "city-parks"
    assert ckan("resource_show", id=resource)[1]["result"]["package_id"] == package["id"]
    _status, body = ckan(
        "datastore_search", resource_id=resource, filters={"district": ["990102", "990103"]}, sort="area desc", limit=2
    )
    result = body["result"]
    assert (result["total"], [row["area"] for row in result["records"]]) == (20, [40000, 37000])
    assert {"id": "area", "type": "int", "info": {"label": "面积（平方米）"}} in result["fields"]
    assert [
        row["_id"] for row in ckan("datastore_search", resource_id=resource, offset=38)[1]["result"]["records"]
    ] == [39, 40]
    found = ckan(
        "package_search", q="公园", fq='organization:cgj AND res_format:"CSV"', **{"facet.field": ["groups", "tags"]}
    )[1]["result"]
    assert (found["count"], found["search_facets"]["groups"]["items"][0]["name"]) == (1, "culture")
    assert ckan("package_search", fq="groups:health")[1]["result"]["count"] == 0
    for action in (
        "site_read",
        "status_show",
        "organization_list",
        "group_list",
        "license_list",
        "tag_list",
        "current_package_list_with_resources",
    ):
        assert ckan(action)[1]["success"] is True, action
    assert (
        ckan("organization_show", id="cgj", include_datasets=True)[1]["result"]["packages"][0]["name"] == "city-parks"
    )


@pytest.mark.parametrize(
    ("action", "given", "status", "kind"),
    [
        ("package_show", {"id": "nothing"}, 404, "Not Found Error"), ("package_show", {}, 409, "Validation Error"),
        ("datastore_search", {"resource_id": "city-parks", "filters": {"no": 1}}, 409, "Validation Error"),
        ("datastore_search", {"resource_id": "city-parks", "limit": "many"}, 409, "Validation Error"),
        ("datastore_search_sql", {"sql": "SELECT 1"}, 409, "Validation Error"), ("resource_show", {"id": "x"}, 404, "Not Found Error"),
        ("package_search", {"fq": "secret:1"}, 409, "Validation Error"),
    ],
)  # fmt: skip
def test_ckan_errors_are_ckans(open_data: None, action: str, given: dict[str, Any], status: int, kind: str) -> None:
    found, body = ckan(action, **given)
    assert (found, body["success"], body["error"]["__type"]) == (status, False, kind)


def test_an_unknown_action_and_a_broken_body_are_bad_requests(open_data: None) -> None:
    assert Client().get("/api/3/action/package_delete").status_code == 400
    assert Client().post("/api/3/action/package_list", "{", content_type="application/json").status_code == 400


def test_a_conditional_dataset_is_refused_as_ckan_refuses(held: Tables) -> None:
    open_parks(held, conditional=True)
    status, body = ckan("datastore_search", resource_id="city-parks")
    assert (status, body["error"]["__type"]) == (403, "Authorization Error")


@pytest.mark.parametrize("address", ["/api/v1/open/datasets/city-parks/rows", "/api/3/action/package_list"])
def test_who_asks_too_often_is_told_when_to_come_again(
    open_data: None, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(limits, "API", 4)  # shared by two processes
    answers = [Client().get(address) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(transactional_db: None) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet)

    def serve() -> None:
        try:
            server.serve_forever()
        finally:
            connections.close_all()  # this thread's own

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.django_db(transaction=True)
def test_the_fields_usual_client_lists_shows_and_queries(held: Tables, served: str) -> None:
    ckanapi = pytest.importorskip("ckanapi")
    open_parks(held)
    city = ckanapi.RemoteCKAN(served)
    assert city.action.package_list() == ["city-parks"]
    package = city.action.package_show(id="city-parks")
    rows = city.action.datastore_search(resource_id=package["resources"][0]["id"], filters={"park_name": "第3公园"})
    assert rows["records"][0]["area"] == 3000
    assert city.action.package_search(q="公园")["count"] == 1
    with pytest.raises(ckanapi.NotFound):
        city.action.package_show(id="nothing")
    with pytest.raises(ckanapi.ValidationError):
        city.action.datastore_search_sql(sql="SELECT 1")


def test_dcat_says_the_same_in_both_syntaxes(open_data: None) -> None:
    linked = json.loads(Client().get("/open/catalog.jsonld").content)
    nodes = {node["@id"]: node for node in linked["@graph"]}
    catalogue = next(node for node in nodes.values() if node.get("@type") == "dcat:Catalog")
    dataset = nodes[catalogue["dcat:dataset"][0]["@id"]]
    # What DCAT-AP 3 asks of each: title, description, publisher of a catalogue; an access address of a distribution.
    for needed in ("dct:title", "dct:description", "dct:publisher"):
        assert needed in catalogue
    assert {
        "dct:title",
        "dct:description",
        "dcat:theme",
        "dcat:contactPoint",
        "dct:publisher",
        "dcat:distribution",
    } <= dataset.keys()
    for each in dataset["dcat:distribution"]:
        assert "dcat:accessURL" in nodes[each["@id"]]
    turtle = Client().get("/open/data/city-parks/dcat.ttl").content.decode()
    rdflib = pytest.importorskip("rdflib")
    graph = rdflib.Graph().parse(data=turtle, format="turtle")
    same = rdflib.Graph().parse(
        data=Client().get("/open/data/city-parks/dcat.jsonld").content.decode(), format="json-ld"
    )
    assert set(graph) == set(same)
    assert len(graph) > 40


def test_the_page_tells_search_engines(open_data: None) -> None:
    page = Client().get("/open/data/city-parks").content.decode()
    block = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    found = json.loads(block)
    assert (found["@type"], found["name"], len(found["distribution"])) == ("Dataset", "城市公园", 4)
