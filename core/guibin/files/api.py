"""`/api/v1/…/{id}/files`: the files of a customer or case, and adding one; `/api/v1/files`: opening and removing each."""

import inspect
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.openapi.spec import Operation, RequestBody
from litestar.openapi.spec.media_type import OpenAPIMediaType
from litestar.openapi.spec.schema import Schema
from litestar.status_codes import HTTP_200_OK

from guibin.audit.answering import lists
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.profiles.queries import customer
from guibin.repeats.actions import SHOWN_ONCE
from guibin.web import uploads
from guibin.web.conversion import faults
from guibin.web.routing import ALSO, AS_IT_IS, gets, posts
from guibin_tenants.principals import Principal, may, may_any
from guibin_tenants.refusals import FieldError, Invalid

from . import actions, queries
from .actions import SUBJECT, Opened
from .queries import FileFilter, FileView
from .requests import FileSaid, Kind, NewFile
from .subjects import Holder, add_holder

# Whoever reads, or writes, anything that has files; of what each file is, it says itself.
READ = may_any(
    "approvals:read", "complaints:read", "customers:read", "receptions:read", "records:read", "requests:read"
)
WRITE = may_any(
    "approvals:read", "complaints:write", "customers:write", "receptions:write", "records:write", "requests:write"
)
# An option of handlers that take a file: their body has bounds of its own.
TAKES_FILE = "takes_file"
SAYS, FILE = ("kind", "confidential"), "file"
# Of what shows a file: it may have been destroyed.
DESTROYED = {ALSO: (HTTPStatus.GONE,)}
# What comes out of here is kept by whoever asked, never shown or run by their browser.
SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@dataclass
class _TakesForm(Operation):
    """An operation whose body is a form with a file."""

    def __post_init__(self) -> None:
        form = Schema(
            type="object",  # type: ignore[arg-type]  # the framework's enum of these words
            required=[FILE],
            properties={
                FILE: Schema(type="string", content_media_type="application/octet-stream"),  # type: ignore[arg-type]  # as above
                "kind": Schema(type="string", enum=list(get_args(Kind))),  # type: ignore[arg-type]  # as above
                "confidential": Schema(type="boolean"),  # type: ignore[arg-type]  # as above
            },
        )
        self.request_body = RequestBody({uploads.FORM: OpenAPIMediaType(form)}, required=True)


def files_of(module: str, holder: Holder, address: str, tag: str) -> type[Controller]:
    """The addresses of the files of what stands at `address`, such as `/api/v1/visits/{visit_id:uuid}`; makes it known."""
    add_holder(holder)
    named = address.rpartition("{")[2].partition(":")[0]

    async def asked(act: Act, **places: Any) -> dict[str, Any]:
        return await queries.asking(holder, places[named], act)

    async def add_file(_: object, request: Request[Any, Any, Any], act: Act, **places: UUID) -> FileView:
        new = await sent(request)
        return await actions.add(holder, places[named], new, act)

    path = address.removeprefix(_start(address)) + "/files"
    takes = {named: UUID, "request": Request[Any, Any, Any], "act": Act}
    keyword = inspect.Parameter.KEYWORD_ONLY
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    add_file.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect reads
        [itself, *(inspect.Parameter(name, keyword, annotation=kind) for name, kind in takes.items())],
        return_annotation=FileView,
    )
    add_file.__annotations__ = takes | {"return": FileView}
    add_file.__module__ = module
    body = {
        "__module__": module,
        "path": _start(address),
        "tags": (tag,),
        "list_files": lists(
            path,
            queries.of(holder),
            FileFilter,
            "Files, the newest first; with kept=true without those that were removed",
            recorded=SUBJECT,
            verb="list",
            values=asked,
            needs=holder.reads,
        ),
        "add_file": post(
            path,
            needs=holder.writes,
            summary="Add a file: a form with `file`, `kind` and `confidential`",
            operation_class=_TakesForm,
            request_max_body_size=None,
            opt={TAKES_FILE: True},
        )(add_file),
    }
    return type(f"{holder.subject.title().replace('_', '')}FilesController", (Controller,), body)


def _start(address: str) -> str:
    return address.partition("/{")[0]


async def sent(request: Request[Any, Any, Any]) -> NewFile:
    """The one file of a form, and what was said of it. Raises NotAForm, Invalid."""
    form = uploads.read(request.headers.get("content-type", ""), await request.body())
    if len(form.files) != 1:
        raise Invalid.at(FILE, "one file", "send others with requests of their own")
    unknown = [FieldError(name, f"one of: {', '.join((FILE, *SAYS))}") for name in form.fields if name not in SAYS]
    if unknown:
        raise Invalid(fields=tuple(unknown))
    given = {name: value for name, value in form.fields.items() if value}
    if wrong := faults(given, FileSaid, strict=False):
        raise Invalid(fields=wrong)
    said = msgspec.convert(given, FileSaid, strict=False)
    return NewFile(name=form.files[0].name, content=form.files[0].content, said=said)


def handed_out(file: Opened) -> Response[bytes]:
    """The file to be kept under its name."""
    plain = file.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(
        file.content,
        media_type=file.media_type,
        status_code=HTTP_200_OK,
        headers={**SAFE, "Content-Disposition": named},
    )


async def _itself(customer_id: UUID, by: Principal) -> UUID:
    return (await customer(customer_id)).id


CustomerFiles = files_of(
    __name__,
    Holder(
        subject="customer",
        whose=_itself,
        reads=may("customers:read"),
        writes=may("customers:write"),
        everything=True,
    ),
    "/api/v1/customers/{customer_id:uuid}",
    "customers",
)


class FileController(Controller):
    path = "/api/v1/files/{file_id:uuid}"
    tags = ("files",)
    show_file = gets("/", actions.show, "What is known of a file")

    @get(
        "/content",
        needs=READ,
        summary="A file that is not confidential",
        media_type=AS_IT_IS,
        opt=DESTROYED,
    )
    async def open_file(self, file_id: UUID, act: Act) -> Response[bytes]:
        return handed_out(await actions.open_file(file_id, act))

    @get(
        "/thumbnail",
        needs=READ,
        summary="A picture, small and without what its file says",
        media_type="image/webp",
        opt=DESTROYED,
    )
    async def show_thumbnail(self, file_id: UUID, act: Act) -> Response[bytes]:
        small = await actions.thumbnail(file_id, act)
        return Response(small.content, media_type=small.media_type, headers=SAFE)

    @post(
        "/disclosures",
        needs=READ & may("customers:disclose"),
        summary="Any file, with the purpose on record",
        status_code=HTTP_200_OK,
        media_type=AS_IT_IS,
        opt={SHOWN_ONCE: True},
    )
    async def disclose_file(self, file_id: UUID, data: NewDisclosure, act: Act) -> Response[bytes]:
        return handed_out(await actions.disclose(file_id, data, act))

    remove_file = posts("/removal", actions.remove, "Destroy a file, with the reason; that it was there stays")
