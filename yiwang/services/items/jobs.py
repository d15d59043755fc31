"""Background work: lists that came through the browser are read."""

from __future__ import annotations

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import job
from yiwang.foundation.files.queries import read_bytes
from yiwang.kernel.refusals import Refusal

from .models import ItemImport
from .sheet import as_path


@job(tries=3)
def read_list(import_id: str) -> None:
    """Read one list, batch by batch; begun again after a crash, it doubles nothing."""
    from .importer import run  # its acts enqueue this

    begun = ItemImport.objects.get(id=import_id)
    if not begun.running or begun.file_id is None:
        return
    with as_path(read_bytes(begun.file_id)) as path:
        try:
            run(system(), path, report=path.with_name("report.csv"), begun=begun)
        except Refusal as refusal:  # what is wrong is in the file: trying again helps nobody
            ItemImport.objects.filter(id=begun.id).update(failed=str(refusal)[:300])
