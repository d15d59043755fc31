"""How long people and programs wait for a dataset of ten million rows: its page, a page of rows by filter, a deep page.

The bare limit is DuckDB asked for the same rows of the same Parquet file on one open connection in the same run. Ours goes through the whole front: the
request, access, limits, the answer as JSON or HTML.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from typing import Any

from bench import Figure, bench, percentile, quick

FIELDS = [("station", "text"), ("measured_on", "date"), ("value", "integer"), ("district", "region"), ("grade", "text")]
SELECT = (
    "SELECT 'S' || lpad((i % 400)::VARCHAR, 3, '0') AS station, (DATE '2020-01-01' + (i // 6000)::INTEGER)::VARCHAR AS measured_on, "
    "(hash(i) % 500)::BIGINT AS value, ['990102', '990103', '990104', '990121'][(i % 4 + 1)::INTEGER] AS district, "
    "['优', '良', '轻度', '中度'][(hash(i * 7) % 4 + 1)::INTEGER] AS grade FROM range({rows}) AS t(i)"
)


@bench("opendata")
def run(store: str) -> Iterable[Figure]:
    import duckdb
    import pyarrow as pa
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from yiwang.data.catalogue.resources import Change, Field, Holding, Resource
    from yiwang.data.catalogue.slots import holders
    from yiwang.data.opendata import limits, preparing, treatments
    from yiwang.data.opendata import store as files
    from yiwang.data.opendata.models import Dataset, Edition, Preparation
    from yiwang.foundation.orgs.models import Agency, Region

    rows = 500_000 if quick() else 10_000_000
    rounds = 40 if quick() else 200

    class Made:
        """A holder that invents its rows as they are asked for."""

        def holding(self, place: str) -> Holding:
            return Holding(rows, None, None)

        def look_up(self, place: str, keys: Any, fields: Any) -> list[Any]:
            return [None for _key in keys]

        def scan(self, place: str, fields: Any, *, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
            reader = duckdb.connect().sql(SELECT.format(rows=rows)).select(*fields).to_arrow_reader(100_000)
            yield from reader

        def changes(self, place: str, after: str, limit: int) -> list[Change]:
            return []

    region = Region.objects.create(code="990100", name="云州市", level="city", path="/990100/")
    agency = Agency.objects.create(code="sthj", name="云州市生态环境局", region=region, path="/sthj/")
    fields = tuple(Field(name, name, kind, 1, key=name == "station", open="unconditional") for name, kind in FIELDS)  # type: ignore[arg-type]
    resource = Resource(
        "306001-000001", 1, "监测数据", agency.code, agency.path, "逐时监测数据。", fields, "unconditional", "", "", "unconditional", "daily", "bench:1",
    )  # fmt: skip
    plan = [treatments.Treated(field.name, field.label, field.type) for field in fields]
    now = timezone.now()
    dataset = Dataset.objects.create(
        code="measured", resource=resource.code, name=resource.name, abstract=resource.abstract, theme="environment", licence="open-attribution",
        update_period="daily", open_kind="unconditional", subject="thing", provider=agency, agency_path=agency.path, region_path=region.path,
        state=Dataset.State.RELEASED, released_at=now, changed_at=now,
    )  # fmt: skip
    preparation = Preparation.objects.create(
        dataset=dataset, number=1, resource_version=1, fields=[one.as_dict() for one in plan], threshold=5
    )
    began = time.perf_counter()
    with holders.plugged("bench", Made()):
        found = preparing.prepare("measured", preparation.id, resource, plan, subject="thing", threshold=5)
    prepared = time.perf_counter() - began
    began = time.perf_counter()
    duckdb.connect().execute(
        f"COPY (SELECT row_number() OVER () AS _id, * FROM ({SELECT.format(rows=rows)})) TO '{files.path_of('measured', preparation.id).with_suffix('.bare')}' (FORMAT parquet, COMPRESSION zstd)"  # noqa: E501
    )
    yield Figure(
        f"treat, check, profile and write {rows:,} rows",
        "s",
        prepared,
        time.perf_counter() - began,
        "bare: the same rows written",
    )
    dataset.current = Edition.objects.create(
        dataset=dataset, number=1, preparation=preparation, fields=[one.opened() for one in plan], profile=found.profile, sha256=found.sha256,
        rows=found.rows, size=found.size, released_at=now,
    )  # fmt: skip
    dataset.save()
    path = files.path_of("measured", preparation.id)
    bare = duckdb.connect(config={"threads": 2})
    plain = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }  # no static file is collected for a bench
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    client = Client(HTTP_HOST="127.0.0.1")
    dice = random.Random(7)
    columns = "_id, station, measured_on, value, district, grade"
    asks: dict[str, Any] = {
        "first page of 100": lambda: ("", f"SELECT {columns} FROM '{path}' ORDER BY _id LIMIT 101"),
        "by day and station": lambda: (
            f"?filter=measured_on:eq:{(day := f'20{dice.randint(20, 23)}-0{dice.randint(1, 9)}-1{dice.randint(0, 9)}')}&filter=station:eq:{(station := f'S{dice.randint(0, 399):03d}')}",  # noqa: E501
            f"SELECT {columns} FROM '{path}' WHERE measured_on = '{day}' AND station = '{station}' ORDER BY _id LIMIT 101",
        ),
        "by station, largest first": lambda: (
            f"?filter=station:eq:{(station := f'S{dice.randint(0, 399):03d}')}&sort=-value",
            f"SELECT {columns} FROM '{path}' WHERE station = '{station}' ORDER BY value DESC, _id LIMIT 101",
        ),
    }  # fmt: skip
    for what, ask in asks.items():
        ours, theirs = [], []
        for _round in range(rounds):
            query, sql = ask()
            limits.forget()
            began = time.perf_counter()
            answer = client.get(f"/api/v1/open/datasets/measured/rows{query}")
            ours.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.content
            began = time.perf_counter()
            bare.execute(sql).fetchall()
            theirs.append((time.perf_counter() - began) * 1000)
        yield Figure(f"API, {what}, p95 of {rows:,} rows", "ms", percentile(ours, 0.95), percentile(theirs, 0.95))
    pages, theirs = [], []
    for _round in range(rounds):
        began = time.perf_counter()
        assert client.get("/open/data/measured").status_code == 200
        pages.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        bare.execute(f"SELECT {columns} FROM '{path}' ORDER BY _id LIMIT 11").fetchall()
        theirs.append((time.perf_counter() - began) * 1000)
    yield Figure(
        f"page of the dataset, p95 of {rows:,} rows",
        "ms",
        percentile(pages, 0.95),
        percentile(theirs, 0.95),
        "bare: the preview's rows only",
    )
    began = time.perf_counter()
    answer = client.get("/open/data/measured/files/csv")
    size = sum(len(piece) for piece in answer.streaming_content)  # type: ignore[attr-defined]
    took = time.perf_counter() - began
    began = time.perf_counter()
    bare.execute(f"COPY (SELECT * EXCLUDE _id FROM '{path}') TO '{path.with_suffix('.csv')}' (FORMAT csv)")
    yield Figure(
        "CSV download",
        "MB/s",
        size / took / 1e6,
        path.with_suffix(".csv").stat().st_size / (time.perf_counter() - began) / 1e6,
        "formula-safe, streamed",
    )
