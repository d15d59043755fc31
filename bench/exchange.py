"""Look-up and check over the gateway (token, grant, purpose, mask, volume, trace, ledger) against a bare endpoint that does the select and one
audit insert, behind the same server with the same workers, on PostgreSQL, in one run; and a batch of keys matched by the job.
"""

from __future__ import annotations

import io
import json
import random
import statistics
import time
from collections.abc import Iterable
from typing import Any

from bench import Figure, bench, percentile, quick
from bench._load import Result, load
from bench._served import served

CLIENTS = 8
EACH = 40 if quick() else 400
ROUNDS = 1 if quick() else 3
ROWS = 20_000 if quick() else 1_000_000
KEYS = 50_000 if quick() else 1_000_000
WHY = "核对救助申请人的身份"
_FIELDS = [
    {"name": "name", "label": "姓名", "type": "text", "level": 2, "mask": "name", "agreed": "keep"},
    {"name": "residence", "label": "住址", "type": "text", "level": 3, "mask": "address", "agreed": "cut"},
]
_KEY = {
    "name": "identity_number",
    "label": "公民身份号码",
    "type": "identity_number",
    "level": 3,
    "mask": "identity",
    "agreed": "",
}


def _number(serial: int) -> str:
    return f"99{serial:016d}"


@bench("exchange")
def run(store: str) -> Iterable[Figure]:
    """PostgreSQL only: the embedded store has one writer, so a rate of eight clients says little about it."""
    if store != "postgresql":
        return
    _people()
    grant, client, secret = _grant()
    from yiwang.data.sharing import gate

    token, _scopes = gate.token(client.code, secret)
    headers = {"Authorization": f"Bearer {token}"}
    pick = random.Random(9901)

    def key() -> dict[str, str]:
        return {"identity_number": _number(pick.randrange(ROWS))}

    looks: list[Result] = []
    checks: list[Result] = []
    bare: list[Result] = []
    base = f"/api/v1/exchange/grants/{grant.number}"
    with (
        served("bench._exchange_app:application", "/readyz") as port,
        served("bench.bare.exchange:application", "/nothing") as other,
    ):
        for _round in range(ROUNDS + 1):  # the first warms up
            asked = [[{"key": key(), "purpose": WHY} for _n in range(EACH)] for _c in range(CLIENTS)]
            looks.append(
                load(port, [[{"path": f"{base}/look-up", "body": b, "headers": headers} for b in one] for one in asked])
            )
            said = [[{**b, "claims": {"name": "人7"}} for b in one] for one in asked]
            checks.append(
                load(port, [[{"path": f"{base}/verify", "body": b, "headers": headers} for b in one] for one in said])
            )
            bare.append(load(other, [[{"path": "/look-up", "body": b, "headers": {}} for b in one] for one in asked]))
    for name, results in (("look-up", looks), ("verify", checks), ("bare", bare)):
        assert not any(result.failed for result in results), f"{name} failed {[result.failed for result in results]}"

    def rate(results: list[Result]) -> float:
        return statistics.median(result.rate for result in results[1:])

    def at(results: list[Result], share: float) -> float:
        return statistics.median(percentile(result.times, share) for result in results[1:])

    note = f"{CLIENTS} clients, 2 workers, {ROWS:,} rows"
    yield Figure("exchange, look-up", "1/s", rate(looks), rate(bare), note)
    yield Figure("exchange, verify", "1/s", rate(checks), rate(bare), note)
    yield Figure("exchange, look-up p99", "ms", at(looks, 0.99), at(bare, 0.99))
    yield Figure("exchange, verify p99", "ms", at(checks, 0.99), at(bare, 0.99))
    yield from _batch(grant, client, pick)


def _people() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_people (key text PRIMARY KEY, row text)")
        cursor.execute(
            "CREATE TABLE bench_audit (id bigserial PRIMARY KEY, at timestamptz, key text, purpose text, found boolean)"
        )
        with cursor.copy("COPY bench_people FROM STDIN") as copy:
            for serial in range(ROWS):
                row = {"name": f"人{serial % 1000}", "residence": f"云州市云山区钟楼街{serial % 900}号"}
                copy.write_row((_number(serial), json.dumps(row, ensure_ascii=False)))
        cursor.execute("ANALYZE bench_people")


def _grant() -> tuple[Any, Any, str]:
    from yiwang.data.sharing import actions
    from yiwang.data.sharing.models import Grant
    from yiwang.foundation.access.queries import system
    from yiwang.foundation.orgs.models import Agency, Region

    region = Region.objects.create(code="990100", name="云州市", level="city", path="/990100/")
    for code in ("mzj", "gaj"):
        Agency.objects.create(code=code, name=code, region=region, path=f"/{code}/")
    node = system("command")
    client = actions.register_client(node, "relief", "社会救助系统", "mzj")
    _made, secret = actions.new_secret(node, client.code)
    resource = {
        "code": "bench",
        "name": "人口",
        "provider": "gaj",
        "place": "bench:people",
        "keys": [_KEY],
        "fields": _FIELDS,
    }
    grant = actions.grant_by_law(
        node,
        item="bench",
        agency="mzj",
        resource=resource,
        fields=["name", "residence"],
        purpose=WHY,
        basis="《社会救助暂行办法》",
    )
    Grant.objects.filter(id=grant.id).update(modes=["look-up", "verify", "batch"], per_day=100_000_000)
    return Grant.objects.get(id=grant.id), client, secret


def _batch(grant: Any, client: Any, pick: random.Random) -> Iterable[Figure]:
    import bench._exchange_app  # noqa: F401  # plugs the holder into this process too
    from yiwang.data.sharing import gate, gateway, jobs
    from yiwang.data.sharing.modes import MODES

    caller = gate.Caller(client, gate.actor_of(client), frozenset(MODES))
    text = io.StringIO("identity_number\n" + "".join(f"{_number(pick.randrange(ROWS))}\n" for _n in range(KEYS)))
    began = time.perf_counter()
    batch = gateway.submit_batch(caller, grant.number, text, WHY)
    taken = time.perf_counter() - began
    jobs.work.func(str(batch.id))
    seconds = time.perf_counter() - began
    batch.refresh_from_db()
    assert batch.state == "done", batch.why
    note = f"{KEYS:,} keys in {seconds:.1f} s, of which {taken:.1f} s to take the file; every subject has a trace"
    yield Figure("exchange, batch match", "1/s", KEYS / seconds, 0.0, note)
