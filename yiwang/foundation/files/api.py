"""Files and materials for programs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import File, Form, Header, Router, Schema, Status
from ninja.files import UploadedFile

from yiwang.foundation.access.queries import acting
from yiwang.web.openapi import content as described

from . import actions, queries
from .models import Material, StoredFile, TemplateVersion
from .views import as_response

router = Router()


class FileOut(Schema):
    """What is known of a file. ``sha256`` is of the content, in hex; ``size`` in bytes."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    purpose: str
    state: str
    created_at: dt.datetime


class MaterialIn(Schema):
    file_id: UUID
    kind: str
    title: str
    valid_until: dt.date | None = None


class MaterialChange(Schema):
    title: str
    kind: str = ""
    valid_until: dt.date | None = None


class MaterialOut(Schema):
    id: UUID
    kind: str
    kind_name: str
    title: str
    valid_until: dt.date | None
    file: FileOut

    @staticmethod
    def resolve_kind_name(material: Material) -> str:
        return queries.kind_name(material.kind)


@router.post("/files", response={201: FileOut}, summary="Upload a file for the party acted for")
def store(
    request: HttpRequest,
    file: File[UploadedFile],
    purpose: Annotated[str, Form(max_length=40)] = "material",
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key")] = "",
) -> Status[StoredFile]:
    actor: Any = acting(request)
    stored = actions.store(
        actor, name=file.name or "", content=file, party_id=actor.party_id, purpose=purpose, key=idempotency_key
    )
    return Status(201, stored)


@router.get("/files/{file_id}", response=FileOut, summary="What is known of a file")
def stored(request: HttpRequest, file_id: UUID) -> StoredFile:
    return queries.stored(acting(request), file_id)


@router.get("/files/{file_id}/content", summary="The content of a file", openapi_extra=described("*/*"))
def content(request: HttpRequest, file_id: UUID) -> StreamingHttpResponse:
    return as_response(*queries.open_file(acting(request), file_id), attached=True)


@router.get("/materials", response=list[MaterialOut], summary="The library of the party acted for, at most 200")
def library(request: HttpRequest, kind: str = "") -> list[Material]:
    return queries.library(acting(request), kind)


@router.post("/materials", response={201: MaterialOut}, summary="Put an uploaded file into the library")
def add(request: HttpRequest, body: MaterialIn) -> Status[Material]:
    material = actions.add_to_library(
        acting(request),
        body.file_id,
        kind=body.kind,
        title=body.title,
        valid_until=body.valid_until,
    )
    return Status(201, material)


@router.put(
    "/materials/{material_id}", response=MaterialOut, summary="Change the title, kind and validity of a material"
)
def change(request: HttpRequest, material_id: UUID, body: MaterialChange) -> Material:
    return actions.change_material(
        acting(request),
        material_id,
        title=body.title,
        kind=body.kind,
        valid_until=body.valid_until,
    )


@router.delete("/materials/{material_id}", response={204: None}, summary="Take a material out of the library")
def remove(request: HttpRequest, material_id: UUID) -> Status[None]:
    actions.remove_from_library(acting(request), material_id)
    return Status(204, None)


class VersionOut(Schema):
    """A published version of a document template; ``digest`` is SHA-256 of the source in hex."""

    version: int
    digest: str
    note: str
    published_by: str
    created_at: dt.datetime


class TemplateOut(Schema):
    """A document template: version 0 is the shipped one. ``sample`` is the data that it is tried with, as JSON."""

    code: str
    name: str
    version: int
    source: str
    sample: str
    versions: list[VersionOut]


class SourceIn(Schema):
    source: str


class PublishIn(SourceIn):
    note: str


class NamedOut(Schema):
    code: str
    name: str
    version: int


@router.get("/document-templates", response=list[NamedOut], summary="Every document template")
def templates(request: HttpRequest) -> list[dict[str, object]]:
    found = queries.templates(acting(request))
    return [{"code": code, "name": name, "version": last.version if last else 0} for code, name, last in found]


@router.get("/document-templates/{code}", response=TemplateOut, summary="A document template and its versions")
def template(request: HttpRequest, code: str) -> queries.ShownTemplate:
    return queries.template(acting(request), code)


@router.post(
    "/document-templates/{code}/preview",
    summary="A source set with the sample data",
    openapi_extra=described("application/pdf"),
)
def preview(request: HttpRequest, code: str, body: SourceIn) -> HttpResponse:
    pdf = queries.preview_template(acting(request), code, body.source)
    return HttpResponse(pdf, content_type="application/pdf", headers={"Cache-Control": "private, no-store"})


@router.post(
    "/document-templates/{code}/versions", response={201: VersionOut}, summary="Publish the next version of a template"
)
def publish(request: HttpRequest, code: str, body: PublishIn) -> Status[TemplateVersion]:
    return Status(201, actions.publish_template(acting(request), code, body.source, body.note))
