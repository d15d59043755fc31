"""How an upload comes in: straight from the request into an encrypted draft, never in clear on a disk, never past the limit."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from yiwang.config.environment import environment

from .vault import CHUNK, Draft, PastLimit

# A file past the limit is read to its end and dropped, so that the browser hears the answer; past this many times the limit
# the connection is cut instead.
_PATIENCE = 4


def limit() -> int:
    """The largest upload, in bytes."""
    return environment.upload_limit_mb * 1024 * 1024


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]  # generic in the stubs only
    """An uploaded file that lies in the store as a draft. Closing it, as Django does when the request ends, drops the draft."""

    def __init__(self, draft: Draft, *, too_large: bool, name: str, content_type: str) -> None:
        self.draft = draft
        self.too_large = too_large
        super().__init__(file=None, name=name, content_type=content_type, size=draft.size)
        self._reader: BinaryIO | None = None

    @property
    def file(self) -> Any:
        if self._reader is None:
            if self.too_large:
                return io.BytesIO()
            self._reader = io.BufferedReader(self.draft.open(), CHUNK)
        return self._reader

    @file.setter
    def file(self, value: Any) -> None:  # UploadedFile sets it; the draft is the file
        return

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self.draft.discard()


class SealingHandler(FileUploadHandler):
    """Django's upload handler of this node (setting FILE_UPLOAD_HANDLERS)."""

    chunk_size = CHUNK

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._draft: Draft | None = None
        self._too_large = False
        self._taken = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._draft, self._too_large = Draft(limit()), False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._taken += len(raw_data)
        if self._taken > _PATIENCE * limit():
            self.upload_interrupted()
            raise StopUpload(connection_reset=True)
        if not self._too_large:
            assert self._draft is not None
            try:
                self._draft.write(raw_data)
            except PastLimit:
                self._too_large = True
                self._draft.discard()
        return None

    def file_complete(self, file_size: int) -> ReceivedFile | None:
        draft, self._draft = self._draft, None
        assert draft is not None
        if not self._too_large:
            draft.seal()  # durable before any transaction begins
        return ReceivedFile(
            draft, too_large=self._too_large, name=self.file_name or "", content_type=self.content_type or ""
        )

    def upload_interrupted(self) -> None:
        if self._draft is not None:
            self._draft.discard()
            self._draft = None
