"""Open data for programs: the catalogue, rows, changes, what one asks; and for officials, preparing and releasing."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Header, Query, Router, Schema, Status

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import acting

from . import actions, queries, reading
from .actions.preparing import Plan
from .models import Dataset, Edition, Preparation
from .views.portal import token_of
from .words import THEMES

router = Router()


class FieldOut(Schema):
    """A column: its name in files and questions, its words, its type, and what was done to it before it was opened."""

    name: str
    label: str
    type: str
    meaning: str
    codes: str
    treatment: str


class DatasetOut(Schema):
    """A dataset with the edition in force. ``open_kind`` is unconditional or conditional (rows then need a token)."""

    code: str
    name: str
    abstract: str
    theme: str
    theme_name: str
    provider: str
    provider_name: str
    keywords: list[str]
    licence: str
    update_period: str
    open_kind: str
    edition: int
    rows: int
    as_of: dt.date | None
    released_at: dt.datetime
    changed_at: dt.datetime
    sha256: str
    page: str


class DatasetDetailOut(DatasetOut):
    fields: list[FieldOut]
    files: dict[str, str] = Field(description="format -> address of the whole file")


class DatasetsOut(Schema):
    items: list[DatasetOut]
    next: str


class RowsOut(Schema):
    """A page of rows. ``next`` continues it in the same edition; ``total`` is null unless it was asked for."""

    edition: int
    items: list[dict[str, Any]]
    next: str
    total: int | None = None


class ChangeOut(Schema):
    id: int
    at: dt.datetime
    dataset: str
    name: str
    kind: str = Field(description="released, edition, edition-withdrawn or withdrawn")
    edition: int


class ChangesOut(Schema):
    items: list[ChangeOut]
    next: str


Code = Annotated[str, Field(max_length=60)]
Cursor = Annotated[str, Query(max_length=400)]


def _dataset(row: Dataset) -> dict[str, Any]:
    edition = row.current
    assert edition is not None
    return {
        "code": row.code, "name": row.name, "abstract": row.abstract, "theme": row.theme, "theme_name": str(THEMES[row.theme].name),
        "provider": row.provider_id, "provider_name": row.provider.name, "keywords": row.keywords, "licence": row.licence,
        "update_period": row.update_period, "open_kind": row.open_kind, "edition": edition.number, "rows": edition.rows,
        "as_of": edition.as_of, "released_at": edition.released_at, "changed_at": row.changed_at, "sha256": edition.sha256,
        "page": f"{environment.origin}{reverse('open-dataset', args=[row.code])}",
    }  # fmt: skip


@router.get("/open/datasets", response=DatasetsOut, auth=None, summary="Open datasets", url_name="open_datasets")
def datasets(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=100)] = "",
    theme: Annotated[str, Query(max_length=20)] = "",
    provider: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = "",
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DatasetsOut:
    wanted = queries.Wanted(q.strip(), theme, provider)
    page = queries.datasets(acting(request), wanted, cursor=cursor, size=size)
    return DatasetsOut(items=[DatasetOut(**_dataset(row)) for row in page.items], next=page.next)


@router.get(
    "/open/datasets/{code}",
    response=DatasetDetailOut,
    auth=None,
    summary="One dataset with its fields and files",
    url_name="open_dataset",
)
def dataset(request: HttpRequest, code: Code) -> DatasetDetailOut:
    row = queries.dataset(acting(request), code)
    assert row.current is not None
    files = {
        each.code: f"{environment.origin}{reverse('open-download', args=[row.code, each.code])}"
        for each in queries.formats_of(row.current)
    }
    return DatasetDetailOut(**_dataset(row), fields=[FieldOut(**each) for each in row.current.fields], files=files)


@router.get(
    "/open/datasets/{code}/rows", response=RowsOut, auth=None, summary="Rows of a dataset", url_name="open_rows"
)
def rows(
    request: HttpRequest,
    code: Code,
    filter: Annotated[
        list[str],
        Query(
            max_length=20,
            description="field:operator:value; operators eq ne lt le gt ge has in null; in separates by |",
        ),
    ] = [],  # noqa: B006
    sort: Annotated[str, Query(max_length=80, description="a field; - before it for descending")] = "",
    fields: Annotated[str, Query(max_length=4000, description="names, by comma; empty for all")] = "",
    q: Annotated[str, Query(max_length=100, description="in any text column")] = "",
    cursor: Annotated[str, Query(max_length=2000)] = "",
    size: Annotated[int, Query(ge=1, le=1000)] = 100,
    edition: Annotated[int, Query(ge=0, le=10**6, description="0 is the one in force")] = 0,
    total: bool = False,
    authorization: Annotated[
        str | None, Header(description="Bearer and the token, for what is open on conditions")
    ] = None,
) -> RowsOut:
    question = reading.question_of({"fields": fields, "sort": sort, "q": q}, filter, size=size, cursor=cursor)
    chosen, found = queries.rows(acting(request), code, question, edition=edition, token=token_of(request), total=total)
    return RowsOut(edition=chosen.number, items=found.items, next=found.next, total=found.total)


@router.get(
    "/open/changes",
    response=ChangesOut,
    auth=None,
    summary="What was opened, renewed and withdrawn since a moment",
    url_name="open_changes",
)
def changes(
    request: HttpRequest,
    since: dt.datetime | None = None,
    cursor: Cursor = "",
    size: Annotated[int, Query(ge=1, le=200)] = 100,
) -> ChangesOut:
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=dt.UTC)
    page = queries.changes(acting(request), since=since, cursor=cursor, size=size)
    return ChangesOut(
        items=[
            ChangeOut(id=row.id, at=row.at, dataset=row.dataset, name=row.name, kind=row.kind, edition=row.edition)
            for row in page.items
        ],
        next=page.next,
    )


# What people ask


class AccessIn(Schema):
    """For what, how it is kept safe, and for how many days (30, 90, 180 or 365)."""

    purpose: str = Field(max_length=2000)
    safeguards: str = Field(max_length=2000)
    days: int = 90


class WishIn(Schema):
    title: str = Field(max_length=200)
    why: str = Field(max_length=2000)
    agency: str = Field(max_length=40)


class TextIn(Schema):
    text: str = Field(max_length=2000)


class ShowcaseIn(Schema):
    name: str = Field(max_length=200)
    summary: str = Field(max_length=1000)
    url: str = Field(max_length=400)
    datasets: list[Annotated[str, Field(max_length=60)]] = Field(max_length=10)


class AskedOut(Schema):
    """What was asked, and the number of the case that carries it."""

    id: UUID
    state: str
    case: str


class TokenOut(Schema):
    """The token is shown this once."""

    token: str


def _asked(row: Any) -> AskedOut:
    return AskedOut(id=row.id, state=row.state, case=row.case.number)


Key = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


@router.post(
    "/open/datasets/{code}/access", response={201: AskedOut}, summary="Ask for a dataset that is open on conditions"
)
def ask_access(request: HttpRequest, code: Code, body: AccessIn, key: Key = "") -> Status[Any]:
    return Status(
        201, _asked(actions.ask_access(acting(request), code, body.purpose, body.safeguards, body.days, key=key))
    )


@router.post("/open/access/{access_id}/token", response=TokenOut, summary="A new token for a granted application")
def issue_token(request: HttpRequest, access_id: UUID) -> TokenOut:
    return TokenOut(token=actions.issue_token(acting(request), access_id))


@router.post("/open/wishes", response={201: AskedOut}, summary="Ask an agency to open something")
def wish(request: HttpRequest, body: WishIn, key: Key = "") -> Status[Any]:
    return Status(201, _asked(actions.wish(acting(request), body.title, body.why, body.agency, key=key)))


@router.post("/open/datasets/{code}/corrections", response={201: AskedOut}, summary="Say what is wrong in a dataset")
def correct(request: HttpRequest, code: Code, body: TextIn, key: Key = "") -> Status[Any]:
    return Status(201, _asked(actions.correct(acting(request), code, body.text, key=key)))


@router.post("/open/showcases", response={201: AskedOut}, summary="Hand in what was made with open data")
def show(request: HttpRequest, body: ShowcaseIn, key: Key = "") -> Status[Any]:
    return Status(201, _asked(actions.show(acting(request), body.name, body.summary, body.url, body.datasets, key=key)))


# For officials


class TreatmentIn(Schema):
    treatment: str = Field(default="", max_length=20)
    option: str = Field(default="", max_length=20)
    role: str = Field(default="", max_length=20)
    meaning: str = Field(default="", max_length=400)


class PlanIn(Schema):
    """How a resource of the catalogue is opened; fields that are not named are treated as suggested."""

    code: str = Field(max_length=80)
    resource: str = Field(max_length=80)
    theme: str = Field(max_length=20)
    subject: str = Field(max_length=20)
    licence: str = Field(default="open-attribution", max_length=30)
    name: str = Field(default="", max_length=400)
    abstract: str = Field(default="", max_length=8000)
    keywords: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=40)
    threshold: int = Field(default=5, ge=0, le=10_000)
    fields: dict[str, TreatmentIn] = Field(default_factory=dict)
    note: str = Field(default="", max_length=600)


class PreparationOut(Schema):
    """A preparation. ``report`` is what the disclosure check found."""

    id: UUID
    dataset: str
    number: int
    state: str
    rows: int
    sha256: str
    report: dict[str, Any]
    failure: str


class EditionOut(Schema):
    dataset: str
    number: int
    rows: int
    sha256: str
    released_at: dt.datetime


class OpinionIn(Schema):
    text: str = Field(default="", max_length=1000)


def _preparation(row: Preparation) -> PreparationOut:
    return PreparationOut(
        id=row.id, dataset=row.dataset.code, number=row.number, state=row.state, rows=row.rows, sha256=row.sha256, report=row.report,
        failure=row.failure,
    )  # fmt: skip


def _edition(row: Edition) -> EditionOut:
    return EditionOut(
        dataset=row.dataset.code, number=row.number, rows=row.rows, sha256=row.sha256, released_at=row.released_at
    )


@router.post("/open/preparations", response={201: PreparationOut}, summary="Prepare a resource for opening")
def prepare(request: HttpRequest, body: PlanIn) -> Status[Any]:
    chosen = {name: each.dict(exclude_unset=True) for name, each in body.fields.items()}
    plan = Plan(**{**body.dict(exclude={"fields", "keywords"}), "keywords": tuple(body.keywords), "fields": chosen})
    return Status(201, _preparation(actions.prepare(acting(request), plan)))


@router.get("/open/preparations/{code}", response=PreparationOut, summary="The newest preparation of a dataset")
def preparation(request: HttpRequest, code: Code) -> PreparationOut:
    return _preparation(queries.preparation(acting(request), code).preparation)


@router.post("/open/preparations/{preparation_id}/check", response={202: PreparationOut}, summary="Have it checked")
def check(request: HttpRequest, preparation_id: UUID) -> Status[Any]:
    return Status(202, _preparation(actions.check(acting(request), preparation_id)))


@router.post(
    "/open/preparations/{preparation_id}/submit", response=PreparationOut, summary="Submit it to the data bureau"
)
def submit(request: HttpRequest, preparation_id: UUID, body: OpinionIn) -> PreparationOut:
    return _preparation(actions.submit(acting(request), preparation_id, body.text))


@router.post(
    "/open/preparations/{preparation_id}/release", response={201: EditionOut}, summary="Release it as the next edition"
)
def release(request: HttpRequest, preparation_id: UUID, body: OpinionIn) -> Status[Any]:
    return Status(201, _edition(actions.release(acting(request), preparation_id, body.text)))


@router.post(
    "/open/preparations/{preparation_id}/send-back", response=PreparationOut, summary="Send it back to its provider"
)
def send_back(request: HttpRequest, preparation_id: UUID, body: OpinionIn) -> PreparationOut:
    return _preparation(actions.send_back(acting(request), preparation_id, body.text))


@router.post("/open/datasets/{code}/withdraw", response={204: None}, summary="Take a dataset from the public")
def withdraw(request: HttpRequest, code: Code, body: OpinionIn) -> Status[None]:
    actions.withdraw(acting(request), code, body.text)
    return Status(204, None)
