"""Reading a pack from its folder, and everything that can be said of it without the store."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yiwang.foundation.cases.slots import replay_plans
from yiwang.kernel.refusals import Invalid, Problem

from . import marks, slots
from .marks import Marked, Unreadable
from .schema import by_schema
from .slots import Kind

SHIPPED = Path(__file__).parent
MANIFEST = "pack.yaml"
REPLAY = "replay.yaml"
LARGEST_FILE = 20 * 1024 * 1024
MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Document:
    """One declaration: its kind and code, its content, and where it stands."""

    kind: str
    code: str
    body: Any
    path: str
    digest: str
    marked: Marked
    base: marks.Path = ()
    folder: Path = Path()

    def where(self, field_path: str = "") -> str:
        """ "regions/towns.yaml:12", for the part at a dotted path of the body."""
        return f"{self.path}:{self.marked.at(field_path, self.base)}"

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of a CSV file beside the declaration."""
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield {key: value or "" for key, value in row.items() if key}


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as read: its manifest, its declarations in the order in which they are installed, and its digest."""

    folder: Path
    name: str
    version: str
    title: str
    requires: tuple[str, ...]
    demo: bool
    digest: str
    documents: tuple[Document, ...] = field(default=())


def shipped() -> list[Path]:
    """The folders of the packs that come with the product."""
    return sorted(manifest.parent for manifest in SHIPPED.glob(f"*/{MANIFEST}"))


def plug_replay_plans() -> None:
    """Offer the plans that shipped packs have for replaying past cases (``replay.yaml``)."""
    for folder in shipped():
        if (folder / REPLAY).is_file():
            replay_plans.plug(folder.name, folder / REPLAY)


def find(name: str) -> Path:
    """The folder of a pack: a path, or the name of a shipped pack. Raises :class:`Invalid`."""
    for folder in (Path(name), SHIPPED / name):
        if (folder / MANIFEST).is_file():
            return folder
    known = ", ".join(folder.name for folder in shipped())
    raise Invalid(f"there is no pack {name!r}: neither a folder with a {MANIFEST} nor one of {known}")


def files_of(folder: Path) -> list[Path]:
    """Every file of a pack, in a fixed order. Hidden files are not part of it."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    )


def digest_of(folder: Path) -> str:
    """SHA-256 over the paths and contents of a pack's files."""
    whole = hashlib.sha256()
    for path in files_of(folder):
        name = path.relative_to(folder).as_posix().encode()
        whole.update(len(name).to_bytes(4, "big") + name + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def manifest_of(folder: Path) -> Pack:
    """The pack of ``folder`` without its documents: quick, for asking whether anything is to be done."""
    problems: list[Problem] = []
    found = _manifest(folder, problems)
    if found is None:
        raise refusal_of(folder.name, problems)
    return found


def read(folder: Path) -> Pack:
    """Read and check a pack. Raises :class:`Invalid` that lists every mistake with file, line, path and remedy."""
    problems: list[Problem] = []
    pack = _manifest(folder, problems)
    documents = _documents(folder, problems)
    if pack is None or problems:
        raise refusal_of(folder.name, problems)
    return Pack(folder, pack.name, pack.version, pack.title, pack.requires, pack.demo, pack.digest, tuple(documents))


def refusal_of(name: str, problems: list[Problem]) -> Invalid:
    """One refusal that lists the mistakes of a pack, at most fifty."""
    shown = problems[:MOST_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(Problem("", "more", f"… and {len(problems) - len(shown)} more"))
    return Invalid(f"the pack {name} has {len(problems)} mistake(s); nothing was installed", problems=shown)


def _manifest(folder: Path, problems: list[Problem]) -> Pack | None:

    before = len(problems)
    marked = _read_file(folder / MANIFEST, folder, problems)
    if marked is None:
        return None
    problems += [
        Problem(f"{MANIFEST}:{marked.at(problem.field)}", problem.rule, problem.message)
        for problem in _manifest_problems(marked.value, folder.name)
    ]
    if len(problems) > before:
        return None
    body = marked.value
    return Pack(
        folder, body["name"], body["version"], body["title"], tuple(body.get("requires", [])), body.get("demo", False),
        digest_of(folder),
    )  # fmt: skip


def _manifest_problems(body: Any, folder_name: str) -> list[Problem]:
    problems = by_schema("pack")(body)
    if not problems and body["name"] != folder_name:
        message = f"the pack is called {body['name']!r} but lies in the folder {folder_name!r}; make them the same"
        problems.append(Problem("name", "folder", message))
    return problems


def _read_file(path: Path, folder: Path, problems: list[Problem]) -> Marked | None:
    name = path.relative_to(folder).as_posix()
    try:
        if path.stat().st_size > LARGEST_FILE:
            problems.append(Problem(name, "size", "the file is larger than 20 MiB; put rows into a CSV file"))
            return None
        return marks.read(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        problems.append(Problem(name, "encoding", "the file is not UTF-8; save it as UTF-8"))
    except FileNotFoundError:
        problems.append(Problem(name, "missing", f"the pack has no {name}; add it"))
    except Unreadable as error:
        problems.append(Problem(f"{name}:{error.line}", "syntax", str(error)))
    return None


def _documents(folder: Path, problems: list[Problem]) -> list[Document]:
    known = slots.kinds
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.name.startswith((".", "__")) and entry.name not in known:
            problems.append(
                Problem(
                    f"{entry.name}/", "unknown",
                    f"there is no kind of declaration {entry.name!r}; the folders are: {', '.join(known)}",
                )
            )  # fmt: skip
    found: list[Document] = []
    for kind in slots.kinds.values():
        place = folder / kind.folder
        documents: list[Document] = []
        for path in sorted(place.rglob("*")) if place.is_dir() else []:
            if path.is_file() and path.suffix in kind.suffixes and not path.name.startswith("."):
                documents += _read_documents(kind, path, folder, problems)
        documents.sort(key=lambda document: kind.order(document.body))
        seen: dict[str, Document] = {}
        for document in documents:
            if document.code in seen:
                problems.append(
                    Problem(
                        document.where(), "unique",
                        f"{kind.name} {document.code!r} is declared already in {seen[document.code].where()}; keep one",
                    )
                )  # fmt: skip
            seen[document.code] = document
        found += documents
    return found


def _read_documents(kind: Kind, path: Path, folder: Path, problems: list[Problem]) -> list[Document]:
    name = path.relative_to(folder).as_posix()
    if kind.read is not None:
        read_file, wrong = kind.read(path)
        problems += [Problem(f"{name}:{problem.field or 1}", problem.rule, problem.message) for problem in wrong]
    else:
        read_file = _read_file(path, folder, problems)
    if read_file is None:
        return []
    marked = read_file
    parts: list[tuple[marks.Path, Any]] = [((), marked.value)]
    if isinstance(marked.value, list):
        parts = [((index,), item) for index, item in enumerate(marked.value)]
    found: list[Document] = []
    for base, body in parts:
        wrong = kind.check(body)
        if wrong:
            problems += [
                Problem(
                    f"{name}:{marked.at(problem.field, base)}", problem.rule,
                    f"{problem.field}: {problem.message}" if problem.field else str(problem.message),
                )
                for problem in wrong
            ]  # fmt: skip
            continue
        content = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(content.encode())
        for beside in kind.beside(body):
            other = path.parent / beside
            if not other.is_file() or not other.resolve().is_relative_to(folder.resolve()):
                problems.append(
                    Problem(f"{name}:{marked.line(base)}", "missing", f"the file {beside!r} is not in the pack; add it")
                )
                break
            digest.update(other.read_bytes())
        else:
            found.append(
                Document(kind.folder, kind.code(body), body, name, digest.hexdigest(), marked, base, path.parent)
            )
    return found
