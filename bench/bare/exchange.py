"""A bare Django endpoint that selects one row by its key and inserts one audit row: no client, no grant, no mask, no ledger."""

from __future__ import annotations

import json
import os
from typing import Any

import dj_database_url
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bench.bare.exchange",
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    USE_TZ=True,
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600)},
)

import django  # noqa: E402

django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

api = NinjaAPI(docs_url=None, openapi_url=None)


class Body(Schema):
    key: dict[str, str]
    purpose: str


@api.post("/look-up")
def look_up(request: HttpRequest, body: Body) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT row FROM bench_people WHERE key = %s", [body.key["identity_number"]])
        found = cursor.fetchone()
        cursor.execute(
            "INSERT INTO bench_audit (at, key, purpose, found) VALUES (now(), %s, %s, %s)",
            [body.key["identity_number"], body.purpose, found is not None],
        )
    return {"found": found is not None, "row": json.loads(found[0]) if found else None}


urlpatterns = [path("", api.urls)]
application = WSGIHandler()
