"""Agencies that share data: a resource with people in it, its steward, an applicant with a client, and grants between them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.test import Client as Browser
from django.utils import timezone

from yiwang.data.catalogue.resources import Change, Holding, Resource
from yiwang.data.catalogue.slots import holders
from yiwang.data.sharing import actions, signatures
from yiwang.data.sharing.models import Client, DataRequest, Grant
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.models import Task
from yiwang.foundation.orgs.models import Agency

from .catalogue import POPULATION, offices, published_resource
from .desk import whole_node
from .people import agency, official

PLACE = "held:people"
PERMISSIONS = ["sharing.*", "cases.read", "cases.complete", "cases.claim", "desk.export"]
FIELDS = ("name", "sex", "residence")
LIN = "990102198804129023"
WANG = "990102196107039015"


@dataclass
class Memory:
    """A holder that keeps rows in memory, and says what it was asked."""

    rows: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    keys: tuple[str, ...] = ("identity_number",)

    def holding(self, place: str) -> Holding:
        return Holding(len(self.rows), timezone.localdate(), timezone.now())

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        self.asked.append((place, len(keys)))
        found = [self.rows.get(tuple(str(key[name]) for name in self.keys)) for key in keys]
        return [None if row is None else {name: row.get(name) for name in fields} for row in found]

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        rows = [{name: row.get(name) for name in fields} for row in self.rows.values()]
        for start in range(0, len(rows), batch):
            yield pa.RecordBatch.from_pylist(rows[start : start + batch])

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        return [one for one in self.log if one.cursor > after][:limit]

    def put(self, row: dict[str, Any]) -> None:
        """Enter a row, and say so among the changes."""
        key = {name: row[name] for name in self.keys}
        self.rows[tuple(str(value) for value in key.values())] = row
        self.log.append(Change(f"{len(self.log) + 1:06d}", timezone.now(), key, row))


def people() -> Memory:
    """Two people of the stories."""
    memory = Memory()
    memory.put({"identity_number": LIN, "name": "林晓梅", "sex": "2", "residence": "云州市云山区钟楼街46号"})
    memory.put({"identity_number": WANG, "name": "王建国", "sex": "1", "residence": "云州市云山区东门街9号"})
    return memory


def held(memory: Memory) -> Any:
    """Plug the holder for the length of a ``with``."""
    return holders.plugged("held", memory)


def resource(**changes: Any) -> Resource:
    """常住人口信息, held in memory; shared with conditions unless told otherwise."""
    return published_resource(**{"place": PLACE, **changes})


def steward(at: Agency | None = None) -> Actor:
    """Somebody of the police (or of ``at``) who decides on applications and asks for data."""
    return official("data-steward", PERMISSIONS, at=at or offices()[0])


def applicant() -> Actor:
    """Somebody of the civil affairs bureau who needs data."""
    return official("data-steward", PERMISSIONS, at=offices()[2])


def bureau() -> Actor:
    """Somebody of the data bureau."""
    return official("data-bureau", PERMISSIONS, at=agency("gov"))


def wish(**changes: Any) -> actions.Wish:
    """The civil affairs bureau wants to check who asks for relief."""
    return actions.Wish(
        **{
            "agency": "mzj", "resource": POPULATION, "fields": FIELDS, "purpose": "核对救助申请人的身份和住址",
            "basis": "《社会救助暂行办法》第五十八条", "modes": ("look-up", "verify", "batch", "file", "changes"),
            "per_day": 10_000, "until": timezone.localdate() + dt.timedelta(days=365), "item": "临时救助", **changes,
        }
    )  # fmt: skip


def task_of(request: DataRequest) -> Task:
    return Task.objects.get(case=request.case, state="open")


def granted(*, masks: Mapping[str, str] | None = None, cache: int = 0, **changes: Any) -> Grant:
    """A grant that was applied for and agreed to by the provider."""
    request = actions.apply(applicant(), wish(**changes))
    if request.grant_id is None:
        terms = actions.Terms(request.fields, masks or {}, cache=cache)
        actions.decide(steward(), task_of(request).id, terms)
    return Grant.objects.get(requests__id=request.id)


def client(code: str = "relief", at: str = "mzj") -> Client:
    """The relief system of the civil affairs bureau."""
    offices()
    return actions.register_client(bureau(), code, "社会救助系统", at)


def operator() -> Actor:
    """Somebody who answers for the whole node."""
    return whole_node("node-admin", PERMISSIONS)


class Key:
    """A client's key pair, and requests that it signs."""

    def __init__(self, of: Client, kind: str = signatures.P256) -> None:
        self.private: Any = (
            ed25519.Ed25519PrivateKey.generate()
            if kind == signatures.ED25519
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.kind = kind
        pem = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.pem = pem.decode()
        self.keyid = actions.add_key(bureau(), of.code, self.pem).name

    def sign(self, message: bytes) -> bytes:
        if self.kind == signatures.ED25519:
            return bytes(self.private.sign(message))
        from cryptography.hazmat.primitives import hashes

        return signatures.raw(self.private.sign(message, ec.ECDSA(hashes.SHA256())))

    def headers(self, method: str, path: str, body: bytes, **more: Any) -> dict[str, str]:
        return signatures.headers(method, f"http://testserver{path}", body, self.keyid, self.kind, self.sign, **more)

    def post(self, path: str, body: dict[str, Any] | bytes, **more: Any) -> Any:
        """A signed POST; ``more`` changes how it is signed."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return send("POST", path, content, self.headers("POST", path, content, **more))

    def get(self, path: str) -> Any:
        return send("GET", path, b"", self.headers("GET", path, b""))


def send(method: str, path: str, content: bytes, headers: Mapping[str, str], kind: str = "application/json") -> Any:
    """One request of a program."""
    browser = Browser(raise_request_exception=False)
    return browser.generic(method, path, content, content_type=kind if content else "", headers=dict(headers))
