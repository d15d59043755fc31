"""Taking a list of items over from elsewhere, batch by batch.

Each batch is an act of its own, so that a list of any length neither blocks the node nor is lost when the machine stops: what was
committed stays, and reading the same file again goes on where it ended. An auditor finds in the log: which file was read, by whom,
and with what counts (``items.finish_import``); for each batch the digest over its lines "code version hash"
(``items.import_rows``), which can be made again from the versions, so that no body can be exchanged unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import NODE, Actor, Again, act, require
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.files.actions import keep
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import actions as orgs
from yiwang.foundation.orgs.queries import agencies_under, divisions, region_codes
from yiwang.foundation.search import actions as search
from yiwang.foundation.search.queries import initials
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid, Problem, TooLarge
from yiwang.services.items import listing, sheet
from yiwang.services.items.body import check
from yiwang.services.items.doubts import Examined, origin
from yiwang.services.items.jobs import read_list
from yiwang.services.items.models import BasicItem, Item, ItemImport, ItemTag, ItemVersion
from yiwang.services.items.themes import life_events, suggested, themes

from .editing import body_hash, put_in_force, write_version

NOTE = "import"
LARGEST_LIST = 32 * 1024**2  # bytes of a list that comes through the browser


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row: new, changed, draft (a change to an item that staff have worked out: left for them), same, refused."""

    row: Examined
    what: str
    why: str = ""


@dataclass(slots=True)
class Batch:
    """What came of a batch."""

    outcomes: list[Outcome] = field(default_factory=list)
    agencies: list[str] = field(default_factory=list)  # agencies made for it
    regions: list[str] = field(default_factory=list)


@act("items.upload_list", gettext_lazy("上传事项清单"))
def upload_list(actor: Actor, file_name: str, content: bytes) -> ItemImport:
    """Take a list from the browser and have a job read it; returns the import, whose counts grow.

    Raises :class:`Invalid` for what is no list of items, :class:`TooLarge` past :data:`LARGEST_LIST`.
    """
    require(actor, NODE)
    if len(content) > LARGEST_LIST:
        raise TooLarge(_("清单最大 %(n)s MB，请拆成几个文件。") % {"n": LARGEST_LIST // 1024**2})
    with sheet.as_path(content) as path:
        digest = sheet.open_sheet(path).digest
    file = keep(name=file_name or "items.csv", content=content, media_type="text/csv", purpose="items-list")
    begun = ItemImport.objects.create(
        file_name=file.name[:200], file_hash=digest, file_id=file.id, made_by=actor.reference()
    )
    record("import", begun.id, {"file": digest, "size": len(content)})
    enqueue(read_list, key=f"import:{begun.id}", import_id=str(begun.id))
    return begun


@act("items.begin_import", gettext_lazy("开始导入事项清单"))
def begin_import(actor: Actor, file_name: str, file_hash: str) -> ItemImport:
    """Say that a file is going to be read."""
    require(actor, NODE)
    started = ItemImport.objects.create(file_name=file_name[:200], file_hash=file_hash, made_by=actor.reference())
    record("import", started.id, {"file": file_hash})
    return started


@act("items.finish_import", gettext_lazy("完成导入事项清单"))
def finish_import(actor: Actor, import_id: UUID, counts: Mapping[str, int], report: bytes = b"") -> ItemImport:
    """Say that a file was read to its end, with what counts; ``report`` (CSV) has the rows with doubts, for the browser."""
    require(actor, NODE)
    finished = ItemImport.objects.select_for_update().get(id=import_id)
    finished.counts, finished.finished_at = dict(counts), timezone.now()
    if report:
        finished.report_id = keep(name="report.csv", content=report, media_type="text/csv", purpose="items-report").id
    finished.save(update_fields=["counts", "finished_at", "report_id"])
    record("import", import_id, {"file": finished.file_hash, "counts": dict(counts)})
    return finished


@act("items.import_rows", gettext_lazy("导入事项"))
def import_rows(actor: Actor, import_id: UUID, rows: Sequence[Examined]) -> Batch:
    """List a batch of examined rows. Agencies and divisions that are not there yet are entered.

    A code that is new becomes a published item; a row that is the same as when it was last read changes nothing; a changed row
    makes a new version, which is published if the item still says no more than the list, and is left as a draft if staff have
    worked it out since.
    """
    require(actor, NODE, subject=f"import:{import_id}")
    batch = Batch()
    listed = [row for row in rows if not row.refused]
    batch.outcomes += [Outcome(row, "refused", row.refused) for row in rows if row.refused]
    places = _Places(batch)
    known = {
        item.code: item
        for item in Item.objects.select_for_update(of=("self",))
        .select_related("agency", "region", "current", "working")
        .filter(code__in=[row.code for row in listed])
    }
    fresh: list[tuple[Examined, dict[str, Any], str, str]] = []
    digest = hashlib.sha256()
    for row in listed:
        region = places.region(row.region)
        agency = places.agency(row.department, region, row.uscc)
        body = _body(row, agency, region)
        item = known.get(row.code)
        if item is None:
            fresh.append((row, body, agency, region))
            continue
        outcome = _again(actor, item, row, body, agency, region, digest)
        batch.outcomes.append(outcome)
    problems = [(row, problems[0].message) for row, body, _agency, _region in fresh if (problems := check(body))]
    wrong = {row.code for row, _why in problems}
    batch.outcomes += [Outcome(row, "refused", why) for row, why in problems]
    fresh = [entry for entry in fresh if entry[0].code not in wrong]
    _enter(actor, fresh, places, digest)
    batch.outcomes += [Outcome(row, "new") for row, *_rest in fresh]
    counts = {
        what: sum(outcome.what == what for outcome in batch.outcomes)
        for what in ("new", "changed", "draft", "same", "refused")
    }
    lines = [row.row.line for row in rows]
    record(
        "import", import_id,
        {
            "lines": [min(lines, default=0), max(lines, default=0)], "counts": counts, "digest": digest.hexdigest(),
            "agencies": batch.agencies, "regions": batch.regions,
        },
    )  # fmt: skip
    changed = [outcome.row.code for outcome in batch.outcomes if outcome.what in {"new", "changed"}]
    if changed:
        emit("items.imported", import_id, {"codes": changed})
    return batch


class _Places:
    """Agencies and divisions by what a list says of them; entered when they are not there."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._regions = set(region_codes())
        self._agencies: dict[tuple[str, str], str] = {}
        self._codes: set[str] = set()
        self.names: dict[str, tuple[str, str]] = {}
        for agency in agencies_under("/"):
            self._codes.add(agency.code)
            self._agencies[agency.region_id, agency.name] = agency.code
            self.names[agency.code] = (agency.name, agency.short_name)

    def region(self, code: str) -> str:
        """The division of a row, the node's own when the row does not say."""
        wanted = code or environment.node_code
        if wanted in self._regions:
            return wanted
        known = divisions()
        if wanted not in known:
            message = _("本地的区划“%(code)s”还没有录入，请先录入。")
            raise Invalid(
                message % {"code": wanted}, problems=[Problem("area_code", "reference", message % {"code": wanted})]
            )
        chain = list(dict.fromkeys((f"{wanted[:2]}0000", f"{wanted[:4]}00", wanted)))
        for parent, each in zip(["", *chain], chain, strict=False):
            if each not in self._regions:
                level = ("province", "city", "county")[chain.index(each)]
                orgs.put_region(each, known.get(each, each), level, parent=parent)
                self._regions.add(each)
                self._batch.regions.append(each)
        return wanted

    def agency(self, name: str, region: str, uscc: str) -> str:
        """The agency of a row, by its name within the division."""
        found = self._agencies.get((region, name))
        if found is not None:
            return found
        base = f"{region}-{initials(name)[:20]}"
        code = next(
            each
            for number in range(1, 10_000)
            if (each := base if number == 1 else f"{base}{number}") not in self._codes
        )
        orgs.put_agency(code, name, region=region, uscc=uscc)
        self._codes.add(code)
        self._agencies[region, name] = code
        self.names[code] = (name, "")
        self._batch.agencies.append(code)
        return code


def _body(row: Examined, agency: str, region: str) -> dict[str, Any]:
    """What a row says, as a body. Themes are guessed from the name, so that the item is found under some."""
    body: dict[str, Any] = {
        "code": row.code,
        "name": row.name,
        "agency": agency,
        "region": region,
        "type": row.type,
        "origin": origin(row.row.values),
    }
    if row.group:
        body["group"] = row.group
    if row.parts.catalogue:
        body["basic"] = {"code": row.parts.catalogue, "name": row.group or row.name}
    text = f"{row.name} {row.group}"
    for name, headings in (("themes", themes()), ("life_events", life_events())):
        found = suggested(text, headings)
        if found:
            body[name] = found
    return body


def _source_hash(row: Examined) -> str:
    return hashlib.sha256(canonical_bytes(dict(row.row.values))).hexdigest()


def _again(
    actor: Actor, item: Item, row: Examined, body: dict[str, Any], agency: str, region: str, digest: Any
) -> Outcome:
    """A row whose code is known already."""
    source = _source_hash(row)
    doubts = [doubt.as_dict() for doubt in row.doubts]
    if item.source_hash == source:
        if item.doubts != doubts:  # the rules of doubt have changed
            item.doubts, item.doubtful = doubts, bool(doubts)
            item.save(update_fields=["doubts", "doubtful"])
        return Outcome(row, "same")
    shown = item.current or item.working
    # What staff have added stays; what the list says is put over it.
    merged = {
        **(shown.body if shown else {}),
        **{name: body[name] for name in ("name", "agency", "region", "type", "origin")},
    }
    if "group" in body:
        merged["group"] = body["group"]
    bare = (
        shown is not None
        and "origin" in shown.body
        and not item.detailed
        and item.working_id is None
        and item.current_id
    )
    if bare:
        merged = body
    problems = check(merged)
    if problems:
        return Outcome(row, "refused", problems[0].message)
    item.source_hash, item.doubts, item.doubtful = source, doubts, bool(doubts)
    item.save(update_fields=["source_hash", "doubts", "doubtful"])
    version, new = write_version(actor, item, merged, agency, region, note=NOTE)
    digest.update(f"{item.code} {version.number} {version.body_hash}\n".encode())
    if not new:
        return Outcome(row, "same")
    if not bare:
        return Outcome(row, "draft", _("这个事项已有编写好的指南或由本地录入，改动放进了草稿，请审核后发布。"))
    put_in_force(item, version)
    return Outcome(row, "changed")


def _enter(
    actor: Actor, fresh: Sequence[tuple[Examined, dict[str, Any], str, str]], places: _Places, digest: Any
) -> None:
    """List new items, published as they are, in a handful of statements."""
    if not fresh:
        return
    now = timezone.now()
    items: list[Item] = []
    versions: list[ItemVersion] = []
    tags: list[ItemTag] = []
    basics: dict[str, BasicItem] = {}
    for row, body, agency, region in fresh:
        version_id, basic = uuid7(), body.get("basic")
        if basic:
            basics[basic["code"]] = BasicItem(code=basic["code"], name=basic["name"], type=body["type"])
        item = Item(
            code=body["code"], basic_id=basic["code"] if basic else None, agency_id=agency, region_id=region,
            state=Item.State.PUBLISHED, current_id=version_id, listed=True, doubts=[doubt.as_dict() for doubt in row.doubts],
            doubtful=bool(row.doubts), source_hash=_source_hash(row), **listing.columns(body),
        )  # fmt: skip
        version = ItemVersion(
            id=version_id, item=item, number=1, body=body, body_hash=body_hash(body), state=ItemVersion.State.PUBLISHED,
            note=NOTE, made_by=actor.reference(), published_at=now,
        )  # fmt: skip
        digest.update(f"{item.code} 1 {version.body_hash}\n".encode())
        items.append(item)
        versions.append(version)
        tags += listing.tags(item.id, body)
    BasicItem.objects.bulk_create(basics.values(), ignore_conflicts=True)
    try:
        with transaction.atomic():
            Item.objects.bulk_create(items)
    except IntegrityError as error:  # somebody entered one of the codes meanwhile
        raise Again from error
    ItemVersion.objects.bulk_create(versions)
    ItemTag.objects.bulk_create(tags)
    search.index_many(listing.entered(body, agency, *places.names[agency]) for _row, body, agency, _region in fresh)
