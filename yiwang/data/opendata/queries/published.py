"""What is open: datasets, their editions, rows, files, changes and use figures. Anybody may ask; how much is limited by address."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.data.opendata import formats, limits, profile, reading, store, uses
from yiwang.data.opendata.models import Access, Change, Dataset, Edition, Use
from yiwang.data.opendata.permissions import READ
from yiwang.data.opendata.words import FORMATS, GEOJSON, LICENCES, PERIODS, THEMES, Format
from yiwang.data.opendata.writing import KIND, token_hash
from yiwang.foundation.access.queries import NODE, Actor, require
from yiwang.foundation.search.queries import search
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Denied, Invalid, Missing, Problem, SignInNeeded, TooLarge, TooOften

MOST_FOUND = 200
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list of datasets. All are codes, "" is any; ``text`` is in anybody's words."""

    text: str = ""
    theme: str = ""
    provider: str = ""
    format: str = ""
    open_kind: str = ""
    period: str = ""
    sort: str = ""  # "" newest first; "name"


def wanted_of(address: Mapping[str, str]) -> Wanted:
    """The filters that an address names; what is wrong in it is passed over."""

    def one_of(name: str, known: Any) -> str:
        value = address.get(name, "")
        return value if value in known else ""

    return Wanted(
        address.get("q", "").strip()[:100], one_of("theme", THEMES), address.get("provider", "")[:40],
        one_of("format", {*FORMATS, GEOJSON.code}), one_of("open", Dataset.OpenKind.values), one_of("period", PERIODS),
        one_of("sort", ("name",)),
    )  # fmt: skip


def _open() -> QuerySet[Dataset]:
    return Dataset.objects.filter(state=Dataset.State.RELEASED)


def _matching(wanted: Wanted) -> QuerySet[Dataset]:
    rows = _open()
    plain = {
        "theme": wanted.theme, "provider_id": wanted.provider, "open_kind": wanted.open_kind, "update_period": wanted.period,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if wanted.format == GEOJSON.code:
        rows = rows.filter(current__profile__has_points=True)
    if wanted.text:
        found = search(wanted.text, kinds=(KIND,), limit=MOST_FOUND)
        rows = rows.filter(code__in=[hit.key for hit in found.hits])
    return rows


def datasets(actor: Actor, wanted: Wanted | None = None, *, cursor: str = "", size: int = 20) -> Page[Dataset]:
    """A page of what is open, the newest release first. A constant number of queries."""
    require(actor, NODE, READ)
    wanted = wanted or Wanted()
    rows = _matching(wanted).select_related("provider", "current")
    order = ("name", "id") if wanted.sort == "name" else ("-changed_at", "-id")
    return page(rows, order=order, cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class Found:
    """How many open datasets there are by each filter: code -> count."""

    total: int
    themes: dict[str, int]
    providers: dict[str, tuple[str, int]]
    open_kinds: dict[str, int]
    periods: dict[str, int]
    placed: int


def facets(actor: Actor, wanted: Wanted | None = None) -> Found:
    """Counts of what ``wanted`` finds; one query besides the search."""
    require(actor, NODE, READ)
    rows = list(
        _matching(wanted or Wanted()).values_list(
            "theme",
            "provider_id",
            "provider__short_name",
            "provider__name",
            "open_kind",
            "update_period",
            "current__profile__has_points",
        )
    )
    providers: dict[str, tuple[str, int]] = {}
    for _theme, code, short, name, *_rest in rows:
        providers[code] = (short or name, providers.get(code, ("", 0))[1] + 1)
    return Found(
        len(rows), dict(Counter(row[0] for row in rows)), dict(sorted(providers.items(), key=lambda item: -item[1][1])),
        dict(Counter(row[4] for row in rows)), dict(Counter(row[5] for row in rows)), sum(1 for row in rows if row[6]),
    )  # fmt: skip


def provider_counts(actor: Actor) -> list[tuple[str, str, int]]:
    """The agencies that have something open: (code, name, datasets), the most first."""
    require(actor, NODE, READ)
    rows = _open().values_list("provider_id", "provider__name").annotate(n=Count("id")).order_by("-n", "provider_id")
    return [(code, name, count) for code, name, count in rows]


def dataset(actor: Actor, code: str) -> Dataset:
    """One dataset with its provider and the edition in force. A withdrawn one is :class:`Missing` with the reason (code "withdrawn")."""
    require(actor, NODE, READ)
    found = (
        Dataset.objects.select_related("provider__region", "current")
        .filter(code=code[:60], released_at__isnull=False)
        .first()
    )
    if found is None:
        raise Missing(_("没有这个数据集，可能名称写错了。"))
    if found.state == Dataset.State.WITHDRAWN:
        raise Missing(
            _("“%(name)s”已经撤下：%(why)s") % {"name": found.name, "why": found.withdrawn_reason}, code="withdrawn"
        )
    return found


def edition_of(found: Dataset, number: int = 0) -> Edition:
    """The edition ``number`` of a dataset, or the one in force. Raises :class:`Missing`, with the reason for a withdrawn one."""
    if not number or (found.current and found.current.number == number):
        assert found.current is not None
        return found.current
    edition = found.editions.filter(number=number).first() if 0 < number < 2**31 else None
    if edition is None:
        raise Missing(_("没有这个版本。"))
    if edition.withdrawn_at is not None:
        raise Missing(_("这个版本已经撤下：%(why)s") % {"why": edition.withdrawn_reason}, code="withdrawn")
    return edition


def path_of(found: Dataset, edition: Edition) -> Path:
    """The file of an edition."""
    return store.path_of(found.code, edition.preparation_id)


def _let_in(found: Dataset, token: str) -> None:
    """A dataset that is open on conditions is opened by a token in force, so many calls a day."""
    if found.open_kind != Dataset.OpenKind.CONDITIONAL:
        return
    if not token:
        raise SignInNeeded(
            _("这份数据要申请后才能使用。申请同意后，请求时带上令牌：Authorization: Bearer 令牌"), code="token-needed"
        )
    today = timezone.localdate()
    access = Access.objects.filter(
        token_hash=token_hash(token), dataset=found, state=Access.State.GRANTED, until__gt=today
    ).first()
    if access is None:
        raise Denied(_("令牌无效，或者已经到期。请在“我的数据申请”里重新领取。"), code="token-invalid")
    if access.day == today and access.used >= access.quota:
        raise TooOften(
            _("今天的 %(n)d 次已经用完，请明天再用。") % {"n": access.quota}, code="quota-spent", seconds=3600
        )
    access.used = access.used + 1 if access.day == today else 1
    access.day = today
    access.save(update_fields=["used", "day"])


def rows(
    actor: Actor, code: str, question: reading.Question, *, edition: int = 0, token: str = "", total: bool = False,
    what: str = uses.API,
) -> tuple[Edition, reading.Rows]:  # fmt: skip
    """A page of rows of a dataset. A cursor continues in the edition in which it began.

    Raises :class:`Missing`, :class:`Invalid`, :class:`TooOften` past the limits; for what is open on conditions :class:`SignInNeeded` without a
    token and :class:`Denied` with a wrong one.
    """
    require(actor, NODE, READ)
    limits.spend(actor, "api", limits.API)
    found = dataset(actor, code)
    chosen = edition_of(found, edition or reading.edition_of(question.cursor))
    _let_in(found, token)
    result = reading.rows(chosen, path_of(found, chosen), question, total=total)
    uses.count(found.id, what)
    return chosen, result


@dataclass(frozen=True, slots=True)
class File:
    """A download: ``content`` is streamed; ``path`` stands instead where the file is handed out as it lies."""

    name: str
    format: Format
    content: Iterator[bytes] | None = None
    path: Path | None = None


def formats_of(edition: Edition) -> list[Format]:
    """The formats in which an edition is downloaded."""
    placed = profile.place_fields(edition.fields) is not None
    return [*FORMATS.values(), *([GEOJSON] if placed else [])]


def download(
    actor: Actor, code: str, kind: str, question: reading.Question | None = None, *, edition: int = 0, token: str = "",
    bom: bool = True, labels: bool = False,
) -> File:  # fmt: skip
    """An edition as a file in the format ``kind``, whole or filtered, never all in memory.

    ``bom`` marks a CSV as UTF-8 for spreadsheets; ``labels`` takes the fields' Chinese names for the header. Raises :class:`TooLarge` for an XLSX
    of too many rows.
    """
    require(actor, NODE, READ)
    limits.spend(actor, "download", limits.DOWNLOADS)
    found = dataset(actor, code)
    chosen = edition_of(found, edition)
    known = {each.code: each for each in formats_of(chosen)}
    if kind not in known:
        raise Invalid(
            _("没有这种格式"),
            problems=[Problem("format", "choice", _("可以下载 %(known)s") % {"known": " ".join(known)})],
        )
    question = question or reading.Question()
    narrowed = bool(question.filters or question.fields or question.text)
    if kind == "xlsx" and not narrowed and chosen.rows > formats.MOST_SHEET_ROWS:
        message = _("有 %(rows)d 行，XLSX 最多 %(most)d 行。请下载 CSV，或者先筛选。")
        raise TooLarge(message % {"rows": chosen.rows, "most": formats.MOST_SHEET_ROWS})
    _let_in(found, token)
    uses.count(found.id, uses.DOWNLOAD)
    name = f"{found.code}-{chosen.number}.{known[kind].extension}"
    path = path_of(found, chosen)
    if kind == "parquet" and not narrowed:
        return File(name, known[kind], path=path)
    if kind == "parquet":
        raise Invalid(
            _("Parquet 只能整份下载"), problems=[Problem("format", "whole", _("筛选后的数据请下载 CSV 或 JSON"))]
        )
    schema, batches = reading.batches(chosen, path, question)
    if kind == "json":
        return File(name, known[kind], formats.json_file(batches))
    if kind == GEOJSON.code:
        return File(name, known[kind], formats.geojson_file(batches, schema.names))
    words = {each["name"]: each["label"] for each in chosen.fields}
    header = [words.get(each, each) if labels else each for each in schema.names]
    if kind == "csv":
        return File(name, known[kind], formats.csv_file(header, batches, bom=bom))
    return File(name, known[kind], formats.xlsx_file(found.name, header, batches, 0 if narrowed else chosen.rows))


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of what is open, for those who keep a copy."""

    id: int
    at: dt.datetime
    dataset: str
    name: str
    kind: str
    edition: int


def changes(actor: Actor, *, since: dt.datetime | None = None, cursor: str = "", size: int = 100) -> Page[ChangeRow]:
    """What was released, renewed and withdrawn since a moment, oldest first. One query."""
    require(actor, NODE, READ)
    rows = Change.objects.select_related("dataset")
    if since is not None:
        rows = rows.filter(at__gte=since)
    found = page(rows, order=("id",), cursor=cursor, size=size)
    return Page(
        [ChangeRow(row.pk, row.at, row.dataset.code, row.dataset.name, row.kind, row.edition) for row in found.items],
        found.next,
    )


def figures(actor: Actor, found: Dataset, days: int = 30) -> dict[str, Any]:
    """How often a dataset was viewed, downloaded and queried: in all, and by day of the last ``days``. Two queries."""
    require(actor, NODE, READ)
    uses.flush()
    first = timezone.localdate() - dt.timedelta(days=min(days, MOST_DAYS) - 1)
    total: dict[str, int] = dict.fromkeys((uses.VIEW, uses.DOWNLOAD, uses.API), 0)
    for kind, count in Use.objects.filter(dataset=found).values_list("kind").annotate(n=Sum("count")):
        total[kind] = count
    by_day: dict[dt.date, dict[str, int]] = {}
    for day, kind, count in Use.objects.filter(dataset=found, day__gte=first).values_list("day", "kind", "count"):
        by_day.setdefault(day, {})[kind] = count
    return {
        "total": total,
        "days": [
            (first + dt.timedelta(days=n), by_day.get(first + dt.timedelta(days=n), {}))
            for n in range(min(days, MOST_DAYS))
        ],
    }


def licence_of(found: Dataset) -> Any:
    """The licence of a dataset."""
    return LICENCES[found.licence]
