"""The lake: Parquet files in one folder of the node, each finished file with a manifest beside it.

A file is written under a name that nothing reads and takes its own name when it is whole, so that a kill or a full disk leaves
nothing half-written. What lies there without a manifest was never finished.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.kernel.ids import uuid7

MANIFEST = ".manifest.json"
ROW_GROUP = 122_880  # rows; DuckDB's own


def quoted(text: object) -> str:
    """``text`` as an SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one file of the lake holds, and where it comes from. ``sha256`` is of the file itself; ``bytes`` its size."""

    name: str
    rows: int
    bytes: int
    sha256: str
    source: str
    at: str  # UTC
    columns: tuple[str, ...]
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file."""

    path: Path
    manifest: Manifest

    @property
    def rows(self) -> int:
        return self.manifest.rows


@dataclass(frozen=True, slots=True)
class Lake:
    """A folder of Parquet files. Readable by the node's own user only."""

    root: Path

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory."""
        return self.root / ".spill"

    def ready(self) -> None:
        """Make the folders. Costs two calls of the system."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.spill.mkdir(exist_ok=True, mode=0o700)

    def path(self, *parts: str) -> Path:
        """The path of ``parts`` inside the lake. Raises ValueError for one that leads out of it."""
        path = self.root.joinpath(*parts)
        if ".." in path.parts or not path.is_relative_to(self.root):
            raise ValueError(f"{'/'.join(parts)!r} leads out of the lake")
        return path

    @contextmanager
    def draft(self, path: Path) -> Iterator[Path]:
        """A name to write under; at the end the file takes ``path``, after a failure it is gone."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{uuid7()}")
        try:
            yield draft
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.chmod(0o600)
            draft.replace(path)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()

    def write(self, path: Path, batches: pa.RecordBatchReader, *, source: str, **about: Any) -> Written:
        """Write ``batches`` as one Parquet file, a batch at a time. A file that stands at ``path`` is replaced when the new one is whole."""
        with self.draft(path) as draft, pq.ParquetWriter(draft, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch, row_group_size=ROW_GROUP)
        return self.enter(path, source=source, **about)

    def enter(self, path: Path, *, source: str, **about: Any) -> Written:
        """Give a finished file its manifest."""
        meta = pq.read_metadata(path)
        manifest = Manifest(
            path.name, meta.num_rows, path.stat().st_size, sha256(path), source, timezone.now().isoformat(),
            tuple(meta.schema.to_arrow_schema().names), about,
        )  # fmt: skip
        beside = _beside(path)
        with self.draft(beside) as draft:
            draft.write_text(json.dumps(asdict(manifest), ensure_ascii=False, default=str), encoding="utf-8")
        return Written(path, manifest)

    def find(self, path: Path) -> Written | None:
        """The finished file at ``path``; None when there is none, or when it was never finished."""
        try:
            body = json.loads(_beside(path).read_text(encoding="utf-8"))
            if not path.exists():
                return None
        except FileNotFoundError:
            return None
        return Written(path, Manifest(**(body | {"columns": tuple(body["columns"])})))

    def intact(self, written: Written) -> bool:
        """Whether the file is still what its manifest says."""
        return written.path.exists() and sha256(written.path) == written.manifest.sha256

    def remove(self, path: Path) -> None:
        """Remove a file with its manifest, or a folder; nothing happens when it is not there. The manifest goes first."""
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            return
        for each in (_beside(path), path):
            with suppress(FileNotFoundError):
                each.unlink()

    def sweep(self, older_than: dt.timedelta) -> int:
        """Remove drafts and spilt data that a killed process left behind. Says how many files."""
        before, gone = (timezone.now() - older_than).timestamp(), 0
        for path in self.root.rglob(".*"):
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone


def _beside(path: Path) -> Path:
    return path.with_name(path.name + MANIFEST)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def lake() -> Lake:
    """The lake of this node: ``lake`` in its data directory."""
    return Lake(environment.data_dir / "lake")
