"""The county asks the city, the city asks the province (D10): two running nodes, and the county in this process.

The right is checked where the data lies; each message is kept before it is sent and done once; a cut link delays and doubles nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.factories.people import agency
from tests.factories.sharing import LIN, operator, people
from tests.helpers import refused
from tests.node import Node
from yiwang.config.environment import environment
from yiwang.data.sharing import actions, gate, holding, jobs, peers, using
from yiwang.data.sharing.models import Envelope, Peer
from yiwang.kernel.refusals import Denied

from .provider import Provider, providing

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PROVINCE, CITY, COUNTY = "990000", "990100", "990102"
PLACE = f"peer:{CITY}/101001-000001"
_START = """
import json, sys
import django
django.setup()
from tests.factories import sharing as s
from yiwang.data.sharing import actions, peers
from yiwang.data.sharing.models import Use, Envelope, Grant
from yiwang.foundation.access.queries import system

def neighbour(code, url, pem, at="mzj"):
    s.offices()
    client = actions.register_client(s.operator(), f"node-{code}", code, at)
    actions.add_key(s.operator(), client.code, pem)
    actions.register_peer(s.operator(), code, f"节点{code}", url, client=client.code)

given = json.loads(sys.stdin.read() or "{}")
"""
_PROVINCE = """
s.offices()
actions.register_peer(s.operator(), "police", "公安接口", given["police"], kind="interface")
s.resource(place="peer:police/people")
neighbour("990100", given["city"], given["city_key"])
print(s.granted(per_day=1000).number)
"""
_CITY = """
neighbour("990000", given["province"], given["province_key"], "sjj")
neighbour("990102", "http://127.0.0.1:9", given["county_key"])
s.resource(place="peer:990000/101001-000001")
print(s.granted(per_day=1000).number)
"""
_COUNTS = """
print(json.dumps({"uses": [[u.mode, u.rows, u.about] for u in Use.objects.filter(refused="").order_by("id")],
                  "in": Envelope.objects.filter(out=False).count(), "out": Envelope.objects.filter(out=True).count()}))
"""


class Cascade:
    """The two nodes, what each has kept, and the county's own address book."""

    def __init__(self, province: Node, city: Node, provider: Provider) -> None:
        self.province, self.city, self.provider = province, city, provider
        self.grants: dict[str, str] = {}

    def tell(self, node: Node, code: str, **given: str) -> str:
        return node.run("-c", _START + code, given=json.dumps(given)).strip().splitlines()[-1]

    def kept(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.tell(node, _COUNTS))
        return found


def _node(tmp: Path, code: str) -> Node:
    node = Node(
        tmp / code, DJANGO_SETTINGS_MODULE="yiwang.config.settings", YIWANG_NODE_CODE=code, YIWANG_WEB_WORKERS="1",
        YIWANG_JOB_WORKERS="0", YIWANG_PROVIDER_SECONDS="20",
    )  # fmt: skip
    node.yiwang("migrate")
    return node


@pytest.fixture
def cascade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cascade]:
    monkeypatch.setattr(environment, "node_code", COUNTY)
    monkeypatch.setattr(environment, "provider_seconds", 40.0)
    rows = {key[0]: row for key, row in people().rows.items()}
    with providing(rows) as provider:
        found = Cascade(_node(tmp_path, PROVINCE), _node(tmp_path, CITY), provider)
        keys = {node: found.tell(node, "print(json.dumps(peers.node_key()))") for node in (found.province, found.city)}
        pems = {node: json.loads(text) for node, text in keys.items()}
        found.grants[PROVINCE] = found.tell(
            found.province, _PROVINCE, police=provider.origin, city=found.city.address, city_key=pems[found.city]
        )
        found.grants[CITY] = found.tell(
            found.city,
            _CITY,
            province=found.province.address,
            province_key=pems[found.province],
            county_key=peers.node_key(),
        )
        agency("gov", "云州市人民政府")
        client = actions.register_client(operator(), "node-city", "云州市节点", "gov")
        actions.add_key(operator(), client.code, pems[found.city])
        actions.register_peer(operator(), CITY, "云州市", found.city.address, client=client.code)
        try:
            found.province.start()
            found.city.start()
            yield found
        finally:
            for node in (found.city, found.province):
                if node._process is not None and node.process.poll() is None:
                    node.end()


def _ask(number: str = "") -> Any:
    token = holding.asking.set(holding.Asking("核对救助申请人的住址", "JZ-7", "ysq-mzj", number))
    try:
        return peers.PeerHolder().look_up(PLACE, [{"identity_number": LIN}], ["name", "residence"])
    finally:
        holding.asking.reset(token)


def test_a_question_goes_up_and_its_answer_comes_down_once(cascade: Cascade) -> None:
    assert _ask("q1") == [{"name": "林晓梅", "residence": "云州市云山区****"}]
    for node in (cascade.city, cascade.province):
        kept = cascade.kept(node)
        assert [use[:2] for use in kept["uses"]] == [["look-up", 1]]
    assert cascade.kept(cascade.city)["uses"][0][2].startswith("990102:ysq-mzj")
    assert len(cascade.provider.heard) == 1

    # The answer was lost on the way: the same message comes again, and nothing is done again.
    envelope = Envelope.objects.get(out=True)
    Envelope.objects.filter(id=envelope.id).update(state="waiting", answer=None)
    jobs.carry.func(str(envelope.id))
    envelope.refresh_from_db()
    assert (envelope.state, envelope.answer["rows"][0]["name"]) == ("answered", "林晓梅")
    assert len(cascade.kept(cascade.province)["uses"]) == 1
    assert len(cascade.provider.heard) == 1

    # The link to the province is cut: the question waits, and is done once when it holds again.
    cascade.province.end()
    with pytest.raises(peers.Delayed) as caught:
        _ask("q2")
    assert caught.value.extra["envelope"] == f"{COUNTY}.q2"
    waiting = Envelope.objects.get(number=f"{COUNTY}.q2")
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    cascade.province.start()
    jobs.carry.func(str(waiting.id))
    assert _ask("q2") == [{"name": "林晓梅", "residence": "云州市云山区****"}]
    assert [use[:2] for use in cascade.kept(cascade.province)["uses"]] == [["look-up", 1]] * 2
    assert cascade.kept(cascade.city)["in"] == 2

    # The right is checked where the data lies: revoked there, refused here, and the reason comes down.
    cascade.tell(
        cascade.province,
        "actions.revoke(system('command'), given['grant'], '省里收回'); print(1)",
        grant=cascade.grants[PROVINCE],
    )
    with pytest.raises(Denied) as denied:
        _ask("q3")
    assert denied.value.code == "grant-revoked"
    assert "省里收回" in str(denied.value)
    assert len(cascade.kept(cascade.province)["uses"]) == 2

    # A message that somebody changed, or that comes from nobody known, is not even kept.
    before = cascade.kept(cascade.city)["in"]
    url = f"{cascade.city.address}/api/v1/exchange/envelopes"
    sent = dict(Envelope.objects.get(number=f"{COUNTY}.q2").body)
    forged = {**sent, "text": sent["text"].replace("JZ-7", "JZ-8")}
    stranger = {**sent, "text": sent["text"].replace('"from":"990102"', '"from":"123456"')}
    codes = [httpx.post(url, json=body).json()["code"] for body in (forged, stranger, {"text": "x", "signature": "00"})]
    assert codes == ["envelope-forged", "peer-unknown", "envelope-forged"]
    other = peers.sealed({**json.loads(sent["text"]), "about": "another"})
    assert httpx.post(url, json=other).json()["code"] == "envelope-reused"
    assert cascade.kept(cascade.city)["in"] == before


def test_only_a_client_of_the_agency_answers_with_its_grant() -> None:
    from tests.factories.sharing import Memory, client, granted, held, resource, steward

    with held(Memory()):
        resource()
        grant = granted()
        system = client()
        peer = Peer.objects.create(code="990199", name="某县", kind="node", url="http://127.0.0.1:9", client=system)
        envelope = Envelope.objects.create(number="990199.1", peer=peer, out=False, body={}, digest="")
        wanted = using.Wanted(grant, system, "look-up", "核对身份", "", ("name",))
        refused(actions.answer_peer, steward(), wanted, envelope.id, [{"identity_number": LIN}], [None])
        assert actions.answer_peer(gate.actor_of(system), wanted, envelope.id, [{"identity_number": LIN}], [None]) == [
            None
        ]
        envelope.refresh_from_db()
        assert (envelope.state, envelope.answered_at is not None) == ("answered", True)
        assert timezone.now() >= envelope.answered_at
