"""A bare Django endpoint that writes given rows in one transaction: no session, no checks, no access, no trace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import dj_database_url
from django.conf import settings

from bench.bare.rows import Written, from_json

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bench.bare.app",
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    USE_TZ=True,
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600)},
)

import django  # noqa: E402

django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

FIELDS: dict[str, Any] = {
    "uuid": models.UUIDField,
    "timestamp with time zone": models.DateTimeField,
    "date": models.DateField,
    "jsonb": models.JSONField,
    "bytea": models.BinaryField,
    "boolean": models.BooleanField,
    "integer": models.IntegerField,
    "smallint": models.IntegerField,
    "bigint": models.BigIntegerField,
}


def model_of(written: Written) -> type[models.Model]:
    """A model over the copy of a table."""

    class Meta:
        app_label = "bare"
        managed = False
        db_table = written.copy

    fields: dict[str, Any] = {"__module__": __name__, "Meta": Meta}
    for name, kind in written.columns.items():
        if name == "id" and kind == "bigint":
            fields[name] = models.BigAutoField(primary_key=True)
        else:
            fields[name] = FIELDS.get(kind, models.TextField)(primary_key=name == "id", null=True)
    return type(written.table, (models.Model,), fields)


TABLES = from_json(Path(os.environ["BENCH_ROWS"]).read_text())
MODELS = [(model_of(table), table) for table in TABLES]
api = NinjaAPI(docs_url=None, openapi_url=None)


class Body(Schema):
    signed_name: str
    agreed: bool


@api.post("/submit", response={201: dict})
def submit(request: HttpRequest, body: Body) -> Any:
    number = uuid4().hex[:20]
    with transaction.atomic():
        for model, table in MODELS:
            rows = [model(**values(table, row, number)) for row in table.rows]
            if len(rows) == 1:
                rows[0].save(force_insert=True)
            else:
                model._default_manager.bulk_create(rows)
    return 201, {"case_number": number}


def values(table: Written, row: list[Any], number: str) -> dict[str, Any]:
    found = dict(zip(table.columns, row, strict=True))
    found["id"] = uuid4() if table.columns["id"] == "uuid" else None
    for unique in ("number", "engine_id"):
        if unique in found:
            found[unique] = number
    if "case_id" in found:
        found["case_id"] = uuid4()
    return found


urlpatterns = [path("", api.urls)]
application = WSGIHandler()
