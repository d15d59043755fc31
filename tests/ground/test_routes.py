"""No address answers a passer-by unless the list of public routes says so, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from yiwang.config.api import api
from yiwang.config.public_routes import PUBLIC

pytestmark = pytest.mark.django_db
SAMPLES = {
    "int": "1",
    "uuid": "00000000-0000-7000-8000-000000000000",
    "uuidstr": "00000000-0000-7000-8000-000000000000",
}


@dataclass(frozen=True)
class Route:
    """One way in: ``key`` is how the list names it."""

    key: str
    method: str
    path: str


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def _filled(template: str) -> str:
    return re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES.get(match.group(1) or "", "x"), template)


def page_templates() -> list[str]:
    """The routes of all pages. The API's are walked by its operations."""
    prefix = reverse("api:api-root").lstrip("/")
    return [template for template, _pattern in _patterns(get_resolver()) if not template.startswith(prefix)]


def page_routes() -> list[str]:
    """The address of every page, with samples for what it names."""
    return ["/" + _filled(template) for template in page_templates()]


def _routes() -> list[Route]:
    """Every page with both methods, every operation of the API with its own."""
    found = []
    for template in page_templates():
        found += [Route(template, method, "/" + _filled(template)) for method in ("GET", "POST")]
    found.append(Route("GET api/v1/openapi.json", "GET", reverse("api:openapi-json")))
    for template, operations in api.get_openapi_schema()["paths"].items():
        for method, operation in operations.items():
            path = template
            for parameter in operation.get("parameters", []):
                number = parameter["schema"].get("type") == "integer"
                sample = "1" if number else SAMPLES["uuid"] if parameter["name"].endswith("_id") else "x"
                path = path.replace(f"{{{parameter['name']}}}", sample)
            found.append(Route(f"{method.upper()} {template.lstrip('/')}", method.upper(), path))
    return found


def turned_away(route: Route) -> bool:
    """Whether nobody in particular gets no answer there."""
    response = Client(raise_request_exception=False).generic(route.method, route.path, b"{}", "application/json")
    if response.status_code in {401, 403, 405}:
        return True
    if route.method == "POST" and response.status_code == 404:
        return True  # nothing of that name to change; what there is, its act guards
    return response.status_code == 302 and response["Location"].startswith(reverse("account_login"))


def test_what_answers_without_sign_in_is_what_the_list_says() -> None:
    routes = _routes()
    answering = {route.key for route in routes if not turned_away(route)}
    assert sorted(answering - set(PUBLIC)) == [], "list these in yiwang/config/public_routes.py, or ask for sign-in"
    assert sorted(set(PUBLIC) - {route.key for route in routes}) == [], "no such address"
    assert sorted(set(PUBLIC) - answering) == [], "these ask for sign-in; take them off the list"


def test_every_entry_says_why() -> None:
    assert all(len(reason) >= 8 for reason in PUBLIC.values())
