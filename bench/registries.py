"""Base registries: one look-up among millions of records against a bare select, and linking rows that share no key, measured on a made-up truth.

Look-ups: the bare limit is the same row read by the bare driver through the same index and one audit row written, nothing decrypted. Linking: persons in
three sources, one with identity numbers and two without, whose rows are written as offices write them (misheard and shortened names, slips in
dates, old phones, other addresses, strangers). Precision: of the links that were made without asking, how many are right; recall: of the
rows that have a record, how many were linked; with the steward's pairs, how many are linked or shown.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterable, Iterator
from typing import Any

from bench import Figure, bench, percentile, quick, timed
from bench._bare import watched
from bench._seed import multiply, settle, word

DAY = dt.date(2026, 10, 31)
TABLE = "registries_registerrecord"
PHONES = 10**8


def _declare(code: str, **more: Any) -> None:
    from tests.factories.people import agency, city
    from tests.factories.registers import population_body
    from yiwang.data.registries.actions import declare
    from yiwang.foundation.access.queries import system

    city()
    agency("gaj", "云州市公安局")
    agency("mzj", "云州市民政局")
    agency("ybj", "云州市医疗保障局")
    agency("wjw", "云州市卫生健康委员会")
    declare(system("command"), population_body(code=code, **more))


def _people(count: int, dice: random.Random) -> list[dict[str, Any]]:
    """Made-up people with identity numbers of their own, names as common as names are."""
    from yiwang.foundation.orgs.queries import identity_check_digit
    from yiwang.packs.synthetic.words import FEMALE, MALE, ROADS, SURNAMES

    orders: dict[str, int] = {}
    found = []
    while len(found) < count:
        born = dt.date(1935, 1, 1) + dt.timedelta(days=dice.randrange(75 * 365))
        county = f"9901{dice.randrange(2, 30):02d}"
        place = f"{county}{born:%Y%m%d}"
        orders[place] = orders.get(place, 0) + 1
        if orders[place] > 999:
            continue
        first = f"{place}{orders[place]:03d}"
        sex = "1" if orders[place] % 2 else "2"
        given = MALE if sex == "1" else FEMALE
        found.append(
            {
                "identity_number": first + identity_check_digit(first), "sex": sex, "birth_date": born.isoformat(),
                "name": dice.choice(SURNAMES) + "".join(dice.choice(given) for _ in range(dice.choice((1, 2, 2, 2)))),
                "phone": f"164{dice.randrange(PHONES):08d}",
                "residence": f"云州市{dice.choice(ROADS)}{dice.randrange(1, 260)}号{dice.randrange(1, 30)}栋{dice.randrange(101, 2505)}室",
            }
        )  # fmt: skip
    return found


def _written_down(person: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The same person as an office without identity numbers has them."""
    from yiwang.packs.synthetic.second import HOMOPHONES
    from yiwang.packs.synthetic.words import ROADS

    row = {name: person[name] for name in ("name", "sex", "birth_date", "phone", "residence")}
    chance = dice.random()
    if chance < 0.1:
        row["name"] = row["name"][0] + "".join(HOMOPHONES.get(letter, letter) for letter in row["name"][1:])
    elif chance < 0.13 and len(row["name"]) == 3:
        row["name"] = row["name"][0] + row["name"][2]
    if dice.random() < 0.06:
        row["birth_date"] = f"{row['birth_date'][:8]}{dice.randrange(1, 29):02d}"
    if dice.random() < 0.3:
        row["phone"] = "" if dice.random() < 0.5 else f"164{dice.randrange(PHONES):08d}"
    chance = dice.random()
    if chance < 0.25:
        row["residence"] = row["residence"].split("栋")[0]
    elif chance < 0.4:
        row["residence"] = f"云州市{dice.choice(ROADS)}{dice.randrange(1, 260)}号"
    return row


@bench("registries")
def run(store: str) -> Iterable[Figure]:
    yield from _look_ups(store)
    yield from _linking()


def _look_ups(store: str) -> Iterator[Figure]:
    from django.db import connection

    from yiwang.data.registries.actions import load
    from yiwang.data.registries.models import RegisterRecord
    from yiwang.data.registries.queries import look_up
    from yiwang.foundation.access.queries import system

    rows = 100_000 if quick() else 10_000_000 if store == "postgresql" else 1_000_000
    _declare("population")
    dice = random.Random(9901)
    people = _people(2_000, dice)
    node = system("command")
    began = time.perf_counter()
    load(node, "population", people, source="bench", as_of=DAY)
    loading = len(people) / (time.perf_counter() - began)
    template = RegisterRecord.objects.order_by("id").values_list("id", flat=True)[0]
    last = RegisterRecord.objects.order_by("-id").values_list("id", flat=True)[0]
    multiply(TABLE, template, last + 1, last + rows, {"id": "n", "key_hash": word("hash", "n")})
    settle()
    with connection.cursor() as cursor:
        if store == "postgresql":
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{TABLE}', 'id'), max(id)) FROM {TABLE}")
    keys = [person["identity_number"] for person in people]
    dice.shuffle(keys)
    count = 100 if quick() else 1_000
    plan = RegisterRecord.objects.filter(register="population", key_hash="0" * 64, until=None, latest=True).explain()
    assert "registries_record" in plan, plan

    def ours(key: str) -> None:
        assert look_up("population", key, purpose="核对登记", actor=node) is not None

    def then(key: str) -> None:
        assert look_up("population", key, purpose="核对登记", actor=node, day=DAY) is not None

    trace = (
        "INSERT INTO registries_lookup (at, register_id, key_hash, found, fields, purpose, about, kind, reader, channel, request_id) "
        "VALUES (CURRENT_TIMESTAMP, 'population', %s, %s, '[]', 'x', '', 'node', 'x', 'x', '')"
    )
    hashes = dict(RegisterRecord.objects.filter(load__source="bench", id__lte=last).values_list("id", "key_hash"))
    known = list(hashes.values())
    sql = f"SELECT data FROM {TABLE} WHERE key_hash = %s AND register_id = 'population' AND until IS NULL AND latest"

    def bare(key_hash: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [key_hash])
            assert cursor.fetchone()

    def audited(key_hash: str) -> None:
        bare(key_hash)
        with connection.cursor() as cursor:
            cursor.execute(trace, [key_hash, True])

    ours(keys[0])
    with watched() as statements:
        ours(keys[1])
    mine, past, limit, select = [], [], [], []
    for number in range(count):
        key, key_hash = keys[number % len(keys)], known[number % len(known)]
        mine.append(timed(lambda key=key: ours(key)))
        past.append(timed(lambda key=key: then(key)))
        limit.append(timed(lambda key_hash=key_hash: audited(key_hash)))
        select.append(timed(lambda key_hash=key_hash: bare(key_hash)))
    note = (
        f"{rows:,} records; {statements.count} statements with rights and trace; bare: one select and one audit insert"
    )
    yield Figure("look up one record, p50", "ms", percentile(mine, 0.5), percentile(limit, 0.5), note)
    yield Figure("look up one record, p99", "ms", percentile(mine, 0.99), percentile(limit, 0.99))
    yield Figure("the one select itself, p50", "ms", percentile(select, 0.5), 0, "by the bare driver")
    yield Figure("as it was on a day, p50", "ms", percentile(past, 0.5), percentile(limit, 0.5))
    yield Figure("rows of one source loaded", "1/s", loading, 0, "checked, hashed, sealed, in one act")


def _linking() -> Iterator[Figure]:
    from tests.factories.sources import LINKING, RULES, SOURCES
    from yiwang.data.registries.actions import link, load
    from yiwang.data.registries.declarations import of
    from yiwang.data.registries.jobs import run_linking
    from yiwang.data.registries.models import Link, Register
    from yiwang.foundation.access.queries import system
    from yiwang.foundation.crypto.queries import keyed_hash

    records, each = (6_000, 1_000) if quick() else (140_000, 30_000)
    sources = [
        *SOURCES,
        {**SOURCES[3], "code": "clinics", "name": "社区卫生档案（纸质）", "agency": "wjw", "own_key": "file_number"},
    ]
    _declare("everybody", sources=sources, rules=RULES, linking=LINKING)
    dice = random.Random(9902)
    people = _people(records + each // 3, dice)
    known, strangers = people[:records], people[records:]
    node = system("command")
    load(node, "everybody", known, source="police", as_of=DAY)
    declaration = of(Register.objects.get(code="everybody"))
    truth: dict[str, str] = {}
    for source, own_key in (("relief", "relief_number"), ("clinics", "file_number")):
        rows = []
        chosen = [*dice.sample(known, each - each // 6), *dice.sample(strangers, each // 6)]
        for number, person in enumerate(chosen):
            own = f"{source}{number}"
            rows.append({own_key: own, **_written_down(person, dice)})
            truth[keyed_hash("register", f"everybody/{source}:{own}")] = (
                declaration.hash_of(person["identity_number"]) if number < each - each // 6 else ""
            )
        load(node, "everybody", rows, source=source, as_of=DAY)
    began = time.perf_counter()
    started = link(node, "everybody")
    run_linking.func(str(started.id))
    took = time.perf_counter() - began
    links = list(Link.objects.values_list("own_hash", "key_hash", "state"))
    sure = [(own, key) for own, key, state in links if state == "linked"]
    shown = {own for own, key, _state in links if truth[own] == key}
    right = sum(truth[own] == key for own, key in sure)
    linkable = sum(1 for key in truth.values() if key)
    note = f"{records + 2 * each:,} rows of three sources, {len(links) - len(sure):,} pairs for the steward"
    yield Figure("link three sources, whole run", "s", took, 0, note)
    yield Figure("precision of what was linked", "%", 100 * right / max(len(sure), 1), 0, f"{len(sure):,} links")
    yield Figure(
        "recall of what was linked", "%", 100 * right / linkable, 0, f"of {linkable:,} rows that have a record"
    )
    yield Figure("recall with the steward's pairs", "%", 100 * len(shown) / linkable, 0)
