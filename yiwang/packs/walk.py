"""``yiwang demo walk``: sample applications through the public API of a running node, as each of their people in turn.

Nothing here touches the store or another room: it is a program outside, which happens to ship with the node. What happens is declared by
the packs (:mod:`yiwang.packs.stories`). The walk ends with an error, and says at which step, as soon as the node answers otherwise than the
story wants.
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

from . import reading, stories
from .stories import Decision, Story, Wait

TIMEOUT = 30.0  # seconds for one request
PATIENCE = 60.0  # seconds for the node's own jobs (making the licence)
NEIGHBOURS = ("wangjianguo", "zhaomin")  # who tries to look into other people's cases
SUPERVISOR = "supervisor"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n"
    b"0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n167\n%%EOF\n"
)


class WalkFailed(RuntimeError):
    """The node did not answer as the story wants."""


@dataclass(slots=True)
class Person:
    """Somebody of the demo city, signed in. ``signs`` is the name under their signature."""

    name: str
    client: httpx.Client
    signs: str = ""

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

    def put(self, path: str, body: Any, *, method: str = "PUT") -> Any:
        return self.call(method, path, json=body).json()


@dataclass(slots=True)
class Walk:
    """Stories told to one node. ``say`` receives a line for each step; papers are left in ``out``."""

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
        person.signs = me["name"]
        if party_name:
            party = next((p for p in me["parties"] if p["name"] == party_name), None)
            if party is None:
                raise WalkFailed(f"{username} may not act for {party_name}")
            client.headers["X-Yiwang-Party"] = party["id"]
        self.people[key] = person
        return person

    def save(self, folder: Path, name: str, content: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    def run(self, told: list[Story]) -> None:
        """One story after another. A single one leaves its papers in ``out``, several each in a folder named by its pack; those of
        the first lie in ``out`` itself as well."""
        for number, story in enumerate(told):
            self.say(f"· {story.pack}: {story.item}")
            self.journey(
                story, (self.out,) if len(told) == 1 else (self.out / story.pack, *(() if number else (self.out,)))
            )
        self.say(f"{(time.perf_counter() - self.began) * 1000:8.0f} ms  in all")

    def journey(self, story: Story, folders: tuple[Path, ...]) -> str:
        """One application from the search to the paper; returns its case number, "" for an item of the counter."""
        person = self.sign_in(story.account, party_name=story.party)
        self.look_up(person, story)
        if story.counter:
            self.at_the_counter(person, story)
            return ""
        number = self.apply(person, story)
        self.papers(person, folders, {"receipt.json": f"/api/v1/applications/{number}/receipt"})
        self.papers(person, folders, {"receipt.pdf": f"/api/v1/applications/{number}/receipt.pdf"})
        self.neighbour(story, number)
        if story.correction is not None:
            self.correct(person, story, number)
        for step in story.steps:
            if isinstance(step, Wait):
                self.wait_for_timer(person, step, number)
            else:
                self.decide(person, step, number)
        self.end(person, story, number, folders)
        return number

    def look_up(self, person: Person, story: Story) -> None:
        with self.step(f"{person.name}: searches {story.search}"):
            hits = person.get("/api/v1/items/search", params={"q": story.search})["items"]
            if story.item not in [hit["code"] for hit in hits]:
                raise WalkFailed(f"{story.search} does not find {story.item}")
        with self.step(f"{person.name}: reads the guide"):
            guide = person.get(f"/api/v1/items/{story.item}", params=story.situation)
            if guide["online"] == story.counter:
                raise WalkFailed(f"the guide of {story.item} says online: {guide['online']}")

    def at_the_counter(self, person: Person, story: Story) -> None:
        """An item that cannot be done online says where it is done, and refuses to begin."""
        with self.step(f"{person.name}: is told which window, and cannot begin online"):
            guide = person.get(f"/api/v1/items/{story.item}")
            if not guide["windows"] or not guide["materials"]:
                raise WalkFailed(f"{story.item} is done at the counter, and its guide does not say where or with what")
            person.post("/api/v1/drafts", {"item": story.item}, expect=409)

    def apply(self, person: Person, story: Story) -> str:
        """Begin, answer, prove, sign, submit; returns the case number."""
        with self.step(f"{person.name}: begins the application"):
            key = {"Idempotency-Key": f"walk-{time.time_ns()}"}
            draft = person.post("/api/v1/drafts", {"item": story.item}, headers=key)
            path = f"/api/v1/drafts/{draft['id']}"
        with self.step(f"{person.name}: answers the questions and fills in what registers do not know"):
            if draft["situations"]:
                draft = person.put(f"{path}/situation", {"answers": story.situation})
            draft = person.put(f"{path}/answers", {"answers": story.answers}, method="PATCH")
        with self.step(f"{person.name}: proves {len(draft['needs'])} materials"):
            self.give_materials(person, path, draft, story)
        with self.step(f"{person.name}: signs and submits, twice"):
            signature = {"signed_name": person.signs, "agreed": True}
            number = str(person.post(f"{path}/submit", signature)["case_number"])
            if person.post(f"{path}/submit", signature)["case_number"] != number:
                raise WalkFailed("a retried submit made a second case")
        self.say(f"             {number}")
        return number

    def give_materials(self, person: Person, path: str, draft: dict[str, Any], story: Story) -> None:
        """Each material that no register proves: promised, from the library, or uploaded."""
        library = person.get("/api/v1/materials")
        for need in draft["needs"]:
            if need["complete"]:
                continue
            own = next((row for row in library if row["kind"] == story.library.get(need["code"], "")), None)
            body: dict[str, Any] = {"code": need["code"]}
            if need["code"] in story.commitments:
                body["how"] = "commitment"
            elif own is not None:
                body |= {"how": "library", "file_id": own["file"]["id"]}
            else:
                body |= {"how": "upload", "file_id": self.upload(person, f"{need['name']}.pdf")}
            draft = person.post(f"{path}/materials", body)
        if draft["problems"]:
            raise WalkFailed(f"the application is not complete: {draft['problems']}")

    def upload(self, person: Person, name: str) -> str:
        files = {"file": (name, PDF, "application/pdf")}
        return str(person.call("POST", "/api/v1/files", files=files, expect=201).json()["id"])

    def neighbour(self, story: Story, number: str) -> None:
        """Somebody else tries to open the case by its number."""
        person = self.sign_in(next(name for name in NEIGHBOURS if name != story.account))
        with self.step(f"{person.name}: is refused the case of somebody else"):
            person.call("GET", f"/api/v1/cases/{number}", expect=403)
            person.call("GET", f"/api/v1/applications/{number}/receipt", expect=403)

    def task(self, person: Person, number: str, step: str) -> dict[str, Any]:
        """The open task of a step, as the person who may do it sees it in their queue."""
        rows = person.get("/api/v1/queue", params={"q": number})["items"]
        row = next((row for row in rows if row["step"] == step), None)
        if row is None:
            raise WalkFailed(f"{person.name} has no task {step!r} for {number}")
        found: dict[str, Any] = row
        return found

    def correct(self, person: Person, story: Story, number: str) -> None:
        """The window asks once for what is missing; the applicant hands it in."""
        asked = story.correction
        assert asked is not None
        official = self.sign_in(asked.by)
        with self.step(f"{asked.by}: asks once for a correction"):
            task = self.task(official, number, asked.step)
            points = [{"kind": "material", "code": asked.material, "text": asked.text}]
            official.post(f"/api/v1/tasks/{task['task']}/correction", {"points": points})
        with self.step(f"{person.name}: corrects and submits again"):
            file_id = self.upload(person, "补正后的材料.pdf")
            body = {"signed_name": person.signs, "agreed": True, "materials": {asked.material: [file_id]}}
            person.post(f"/api/v1/applications/{number}/resubmit", body)

    def decide(self, applicant: Person, decision: Decision, number: str) -> None:
        if decision.paused:
            clocks = applicant.get(f"/api/v1/cases/{number}")["clocks"]
            still = {clock["kind"] for clock in clocks if clock["state"] == "suspended"}
            if not still.issuperset(decision.paused):
                raise WalkFailed(f"before {decision.step}, {decision.paused} should stand still, and {still} do")
        person = self.sign_in(decision.by)
        task = self.task(person, number, decision.step)
        with self.step(f"{decision.by}: {task['name']} → {decision.outcome}"):
            body = {"outcome": decision.outcome, "opinion": decision.opinion}
            person.post(f"/api/v1/tasks/{task['task']}/complete", body, expect=200)
            board = self.sign_in(SUPERVISOR).get("/api/v1/cases", params={"q": number, "state": "all"})["items"]
            if not board:
                raise WalkFailed(f"the supervisor does not see {number}")

    def end(self, person: Person, story: Story, number: str, folders: tuple[Path, ...]) -> None:
        """The case is closed as it should be, with its reasons, its paper, and what the applicant says of it."""
        with self.step("the node: makes and seals the paper"):
            licence = self.wait_for_licence(person, number) if story.ends == "approved" else None
        case = person.get(f"/api/v1/cases/{number}")
        if case["outcome"] != story.ends:
            raise WalkFailed(f"{number} came to {case['outcome'] or 'nothing'}, not to {story.ends}")
        notes = [entry["note"] for entry in case["journal"] if entry["note"]]
        if story.reason and not any(story.reason in note for note in notes):
            raise WalkFailed(f"{number} does not show the reason {story.reason!r}: {notes}")
        if licence is not None:
            stranger = Person("stranger", httpx.Client(base_url=self.base, timeout=TIMEOUT))
            with self.step(f"a stranger: checks {licence['type_name']} {licence['number']} by its code"):
                stranger.get(f"/api/v1/licences/check/{licence['verification_code']}")
            self.papers(person, folders, {"licence.pdf": f"/api/v1/licences/{licence['number']}/pdf"})
            self.papers(stranger, folders, {"anchor.pem": "/api/v1/node/trust-anchor"})
        if story.rating is not None:
            with self.step(f"{person.name}: rates the service {story.rating['grade']}"):
                person.post(f"/api/v1/cases/{number}/rating", {"tags": [], "text": "", **story.rating})

    def papers(self, person: Person, folders: tuple[Path, ...], wanted: dict[str, str]) -> None:
        """Keep papers by their name in every folder."""
        for name, address in wanted.items():
            with self.step(f"{person.name}: keeps {name}"):
                content = person.call("GET", address).content
            for folder in folders:
                self.save(folder, name, content)

    def wait_for_licence(self, person: Person, number: str) -> dict[str, Any]:
        """The licence of the case, when the node's job has made it."""

        def made() -> dict[str, Any] | None:
            found = person.get("/api/v1/licences")
            return next((licence for licence in found if licence["case_number"] == number), None)

        licence: dict[str, Any] = self.until(made, f"no licence for {number}")
        return licence

    def wait_for_timer(self, person: Person, wait: Wait, number: str) -> None:
        """The case goes on by itself when its time has come, and its journal says why."""
        with self.step(f"the node: {wait.timer} fires"):
            self.until(
                lambda: any(wait.says in line["text"] for line in person.get(f"/api/v1/cases/{number}")["journal"]),
                f"{wait.timer} did not fire in {number}",
            )

    def until(self, found: Callable[[], Any], otherwise: str) -> Any:
        """Ask until there is an answer, at most :data:`PATIENCE` seconds."""
        until = time.monotonic() + PATIENCE
        pause = 0.05
        while time.monotonic() < until:
            if answer := found():
                return answer
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
        raise WalkFailed(f"{otherwise} after {PATIENCE:.0f} s: is a worker running?")


def add(verbs: Any, packs: tuple[str, ...]) -> None:
    """Add `yiwang demo walk`, for the items of ``packs``."""
    verb = verbs.add_parser(
        "walk", help="drive sample applications through the API of a running node, as each of their people"
    )
    verb.add_argument(
        "--item", default="", metavar="CODE", help="only this item, by its code or the name of its pack (all of them)"
    )
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="where receipt.json, receipt.pdf and licence.pdf are left",
    )
    verb.add_argument("--at", default="http://127.0.0.1:8000", metavar="URL", help="the node (http://127.0.0.1:8000)")
    verb.set_defaults(run=walk, packs=packs)


def walk(arguments: argparse.Namespace) -> int:
    """Walk the stories; exit code 1 at the first step that the node does not answer as the story wants."""
    told = stories.declared([reading.find(name) for name in arguments.packs])
    chosen = [story for story in told if arguments.item in ("", story.item, story.pack)]
    if not chosen:
        known = ", ".join(story.item for story in told)
        print(f"yiwang: no pack declares a walk for {arguments.item!r}; there are: {known}", file=sys.stderr)
        return 1
    try:
        Walk(arguments.at.rstrip("/"), DEMO_PASSWORD, arguments.out).run(chosen)
    except (WalkFailed, httpx.HTTPError) as error:
        print(f"yiwang: the walk ended: {error}", file=sys.stderr)
        return 1
    return 0
