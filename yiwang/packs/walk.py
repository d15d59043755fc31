"""``yiwang demo walk``: the whole story through the public API of a running node, as each of its people in turn.

Nothing here touches the store or another room: it is a program outside, which happens to ship with the node. It ends with an error, and
says at which step, as soon as the node answers otherwise than the story wants.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from yiwang.foundation.accounts.actions import DEMO_PASSWORD

TIMEOUT = 30.0  # seconds for one request
PATIENCE = 60.0  # seconds for the node's own jobs (making the licence)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n"
    b"0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n167\n%%EOF\n"
)


class WalkFailed(RuntimeError):
    """The node did not answer as the story wants."""


@dataclass(slots=True)
class Person:
    """Somebody of the demo city, signed in."""

    name: str
    client: httpx.Client

    def call(self, method: str, path: str, *, expect: int = 200, **arguments: Any) -> httpx.Response:
        response = self.client.request(method, path, **arguments)
        if response.status_code != expect:
            raise WalkFailed(
                f"{self.name}: {method} {path} gave {response.status_code}, not {expect}: {response.text[:600]}"
            )
        return response

    def get(self, path: str, **arguments: Any) -> Any:
        return self.call("GET", path, **arguments).json()

    def post(self, path: str, body: Any = None, *, expect: int = 201, **arguments: Any) -> Any:
        return self.call("POST", path, json=body, expect=expect, **arguments).json()


@dataclass(slots=True)
class Walk:
    """The story told to one node. ``say`` receives a line for each step."""

    base: str
    password: str
    out: Path
    say: Callable[[str], None] = print
    people: dict[str, Person] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.say(f"{(time.perf_counter() - start) * 1000:8.0f} ms  {what}")

    def sign_in(self, username: str, *, party_name: str = "") -> Person:
        """A person with a session of their own; ``party_name`` chooses for whom they act."""
        key = f"{username}/{party_name}"
        if key in self.people:
            return self.people[key]
        client = httpx.Client(base_url=self.base, timeout=TIMEOUT, follow_redirects=False)
        person = Person(username, client)
        answer = person.call(
            "POST", "/_allauth/app/v1/auth/login", json={"username": username, "password": self.password}
        ).json()
        client.headers["X-Session-Token"] = answer["meta"]["session_token"]
        me = person.get("/api/v1/me")
        if party_name:
            party = next((p for p in me["parties"] if p["name"] == party_name), None)
            if party is None:
                raise WalkFailed(f"{username} may not act for {party_name}")
            client.headers["X-Yiwang-Party"] = party["id"]
        self.people[key] = person
        return person

    def task(self, person: Person, number: str, step: str) -> dict[str, Any]:
        """The open task of a step, as the person who may do it sees it in their queue."""
        rows = person.get("/api/v1/queue", params={"q": number})["items"]
        row = next((row for row in rows if row["step"] == step), None)
        if row is None:
            raise WalkFailed(f"{person.name} has no task {step!r} for {number}")
        found: dict[str, Any] = row
        return found

    def decide(self, username: str, number: str, step: str, outcome: str, opinion: str) -> None:
        person = self.sign_in(username)
        task = self.task(person, number, step)
        with self.step(f"{username}: {task['name']} → {outcome}"):
            person.post(f"/api/v1/tasks/{task['task']}/complete", {"outcome": outcome, "opinion": opinion}, expect=200)
            self.colour(number)

    def colour(self, number: str) -> None:
        """The supervisor's board shows the case with a colour, or says that no clock runs now."""
        board = self.sign_in("supervisor").get("/api/v1/cases", params={"q": number, "state": "all"})["items"]
        if not board:
            raise WalkFailed(f"the supervisor does not see {number}")

    def save(self, name: str, content: bytes) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / name).write_bytes(content)

    def upload(self, person: Person, name: str) -> str:
        files = {"file": (name, PDF, "application/pdf")}
        answer = person.call("POST", "/api/v1/files", files=files, expect=201).json()
        return str(answer["id"])

    def run(self) -> None:
        """The two stories, one after the other."""
        number = self.restaurant()
        self.neighbour(number)
        self.unemployed()
        self.say(f"{(time.perf_counter() - self.began) * 1000:8.0f} ms  in all")

    def restaurant(self) -> str:
        """林晓梅 opens a small restaurant."""
        firm = self.sign_in("linxiaomei", party_name="云州市晓梅餐饮有限公司")
        with self.step("linxiaomei: searches 开饭馆"):
            hits = firm.get("/api/v1/items/search", params={"q": "开饭馆"})["items"]
            item = next((hit["code"] for hit in hits if hit["name"] == "食品经营许可核发"), "")
            if not item:
                raise WalkFailed("开饭馆 does not find 食品经营许可核发")
        with self.step("linxiaomei: begins the application"):
            draft = firm.post("/api/v1/drafts", {"item": item}, headers={"Idempotency-Key": f"walk-{time.time_ns()}"})
            path = f"/api/v1/drafts/{draft['id']}"
        with self.step("linxiaomei: answers the situational questions"):
            answers = {question["code"]: question["options"][-1]["code"] for question in draft["situations"]}
            draft = self.call_json(firm, "PUT", f"{path}/situation", {"answers": answers})
        with self.step("linxiaomei: fills in what registers do not know"):
            draft = self.call_json(firm, "PATCH", f"{path}/answers", {"answers": self.restaurant_answers()})
        with self.step("linxiaomei: two materials from her library, the rest uploaded"):
            library = firm.get("/api/v1/materials")
            self.give_materials(firm, path, draft, library)
        with self.step("linxiaomei: checks, signs, submits"):
            filing = firm.post(f"{path}/submit", {"signed_name": "林晓梅", "agreed": True})
            again = firm.post(f"{path}/submit", {"signed_name": "林晓梅", "agreed": True})
            number = str(filing["case_number"])
            if again["case_number"] != number:
                raise WalkFailed("a retried submit made a second case")
        with self.step(f"linxiaomei: receipt of {number}"):
            self.save("receipt.json", firm.call("GET", f"/api/v1/applications/{number}/receipt").content)
            self.save("receipt.pdf", firm.call("GET", f"/api/v1/applications/{number}/receipt.pdf").content)

        clerk = self.sign_in("clerk")
        with self.step("clerk: asks once for a correction"):
            task = self.task(clerk, number, "accept")
            view = clerk.get(f"/api/v1/applications/{number}")
            material = next(row for row in view["materials"] if row["how"] == "upload")
            points = [
                {"kind": "material", "code": material["code"], "text": "图上没有标出洗手池的位置，请补画后重新上传"}
            ]
            clerk.post(f"/api/v1/tasks/{task['task']}/correction", {"points": points})
        with self.step("linxiaomei: corrects and submits again"):
            file_id = self.upload(firm, "补正后的布局图.pdf")
            body = {"signed_name": "林晓梅", "agreed": True, "materials": {material["code"]: [file_id]}}
            firm.post(f"/api/v1/applications/{number}/resubmit", body)
        self.decide("clerk", number, "accept", "accept", "")
        self.decide("reviewer1", number, "review_documents", "agree", "材料齐全，内容一致")
        self.decide("reviewer2", number, "review_premises", "agree", "布局符合要求")
        paused = firm.get(f"/api/v1/cases/{number}")
        if {clock["state"] for clock in paused["clocks"] if clock["kind"] != "acceptance"} != {"suspended"}:
            raise WalkFailed("the inspection does not suspend the legal clock")
        self.decide("inspector", number, "inspect", "pass", "现场与图纸一致，设施到位")
        self.decide("chief", number, "decide", "approve", "同意")
        with self.step("the node: makes and seals the licence"):
            licence = self.wait_for_licence(firm, number)
        with self.step("a stranger: checks the licence by its code"):
            stranger = Person("stranger", httpx.Client(base_url=self.base, timeout=TIMEOUT))
            stranger.call("GET", f"/api/v1/licences/check/{licence['verification_code']}")
        self.save("licence.pdf", firm.call("GET", f"/api/v1/licences/{licence['number']}/pdf").content)
        self.save("anchor.pem", stranger.call("GET", "/api/v1/node/trust-anchor").content)
        with self.step("linxiaomei: rates the service 不满意, which opens a follow-up case"):
            firm.post(f"/api/v1/cases/{number}/rating", {"grade": 4, "tags": [], "text": "现场核查等得太久"})
        return number

    def restaurant_answers(self) -> dict[str, Any]:
        """What the registers cannot know of a small restaurant."""
        return {
            "premises_address": "云州市云岭区学府路21号一楼",
            "premises_area": 86,
            "lease_until": "2029-05-31",
            "projects": ["hot", "cold"],
            "special_room": True,
            "staff": 4,
            "online_kinds": ["platform"],
            "online_names": "外卖平台上的“晓梅家常菜”",
            "safety_manager": "林晓梅",
            "safety_manager_phone": "16480000001",
            "systems": ["health", "manager", "selfcheck", "purchase"],
        }

    def call_json(self, person: Person, method: str, path: str, body: Any) -> Any:
        return person.call(method, path, json=body).json()

    def give_materials(self, person: Person, path: str, draft: dict[str, Any], library: list[dict[str, Any]]) -> None:
        """Two materials from the library, the others uploaded."""
        kept = {"health": "health", "lease": "premises"}  # material of the item -> kind in the library
        for need in draft["needs"]:
            if need["complete"]:
                continue
            kind = kept.get(need["code"], "")
            own = next((row for row in library if row["kind"] == kind), None)
            if own is not None:
                body = {"code": need["code"], "how": "library", "file_id": own["file"]["id"]}
            else:
                body = {"code": need["code"], "how": "upload", "file_id": self.upload(person, f"{need['name']}.pdf")}
            draft = person.post(f"{path}/materials", body)
        if draft["problems"]:
            raise WalkFailed(f"the application is not complete: {draft['problems']}")

    def wait_for_licence(self, person: Person, number: str) -> dict[str, Any]:
        """Ask until the node's job has made the licence, at most :data:`PATIENCE` seconds."""
        until = time.monotonic() + PATIENCE
        pause = 0.05
        while time.monotonic() < until:
            found = [licence for licence in person.get("/api/v1/licences") if licence["case_number"] == number]
            if found:
                licence: dict[str, Any] = found[0]
                return licence
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
        raise WalkFailed(f"no licence for {number} after {PATIENCE:.0f} s: is a worker running?")

    def neighbour(self, number: str) -> None:
        """Her neighbour tries to open her case by its number."""
        person = self.sign_in("wangjianguo")
        with self.step("wangjianguo: is refused her case"):
            person.call("GET", f"/api/v1/cases/{number}", expect=403)
            person.call("GET", f"/api/v1/applications/{number}/receipt", expect=403)

    def unemployed(self) -> None:
        """陈立新 registers as unemployed and is answered at once."""
        person = self.sign_in("chenlixin")
        with self.step("chenlixin: 失业登记, decided at once"):
            hits = person.get("/api/v1/items/search", params={"q": "没工作"})["items"]
            item = next(hit["code"] for hit in hits if hit["name"] == "失业登记" and hit["online"])
            draft = person.post("/api/v1/drafts", {"item": item})
            path = f"/api/v1/drafts/{draft['id']}"
            if draft["situations"]:
                answers = {question["code"]: question["options"][0]["code"] for question in draft["situations"]}
                draft = self.call_json(person, "PUT", f"{path}/situation", {"answers": answers})
            draft = self.call_json(person, "PATCH", f"{path}/answers", {"answers": self.unemployed_answers()})
            filing = person.post(f"{path}/submit", {"signed_name": "陈立新", "agreed": True})
            journal = person.get(f"/api/v1/cases/{filing['case_number']}")["journal"]
            reason = next((entry["note"] for entry in journal if entry["note"]), "")
            if not reason:
                raise WalkFailed("the instant decision shows no reason")
            self.say(f"             {filing['case_number']} {filing['stage']}: {reason}")

    def unemployed_answers(self) -> dict[str, Any]:
        return {
            "employer": "云州市第二纺织厂",
            "left_on": "2026-08-31",
            "reason": "expired",
            "wants_work": True,
            "wish": "厨师",
        }


def add(verbs: Any) -> None:
    """Add `yiwang demo walk`."""
    verb = verbs.add_parser(
        "walk", help="drive the whole story through the API of a running node, as each of its people"
    )
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="where receipt.json, receipt.pdf and licence.pdf are left",
    )
    verb.add_argument("--at", default="http://127.0.0.1:8000", metavar="URL", help="the node (http://127.0.0.1:8000)")
    verb.set_defaults(run=walk)


def walk(arguments: argparse.Namespace) -> int:
    """Walk the story; exit code 1 at the first step that the node does not answer as the story wants."""
    try:
        Walk(arguments.at.rstrip("/"), DEMO_PASSWORD, arguments.out).run()
    except (WalkFailed, httpx.HTTPError) as error:
        print(f"yiwang: the walk ended: {error}", file=sys.stderr)
        return 1
    return 0
