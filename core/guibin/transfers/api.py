"""`/api/v1/imports` and `/api/v1/exports`: whole files in and out, as jobs."""

from http import HTTPStatus
from uuid import UUID

from litestar import Controller, Response, get
from litestar.status_codes import HTTP_202_ACCEPTED

from guibin.audit.answering import lists
from guibin.context import Act
from guibin.spreadsheets.writing import MEDIA
from guibin.web.routing import ALSO, AS_IT_IS, gets, posts
from guibin_tenants.rate_limits import BULK

from . import actions
from .actions import EXPORT, IMPORT
from .queries import EXPORTS, IMPORTS

_ACCEPTED = {"status_code": HTTP_202_ACCEPTED}
UNFINISHED = {ALSO: (HTTPStatus.CONFLICT,)}


class ImportController(Controller):
    path = "/api/v1/imports"
    tags = ("imports and exports",)
    list_imports = lists("/", IMPORTS, None, "Imports, the newest first", needs=IMPORT)
    upload = posts(
        "/",
        actions.upload,
        "Send a file to be imported: its columns and a mapping are answered",
        needs=IMPORT,
        cost=BULK,
    )
    show_import = gets("/{transfer_id:uuid}", actions.an_import, "An import: how far it is, what it did", needs=IMPORT)
    run = posts("/{transfer_id:uuid}/runs", actions.run, "Check the file, or import it", needs=IMPORT, **_ACCEPTED)
    cancel_import = posts(
        "/{transfer_id:uuid}/cancellation",
        actions.cancel_import,
        "Stop an import; nothing of it stays",
        needs=IMPORT,
        **_ACCEPTED,
    )

    @get(
        "/{transfer_id:uuid}/refused-rows",
        needs=IMPORT,
        summary="The rows that were refused, with the reasons, as xlsx",
        media_type=MEDIA["xlsx"],
        opt=UNFINISHED,
    )
    async def refused_rows(self, transfer_id: UUID, act: Act) -> Response[bytes]:
        await IMPORTS.one(transfer_id)
        return file_of(*await actions.outcome(transfer_id, act))


class ExportController(Controller):
    path = "/api/v1/exports"
    tags = ("imports and exports",)
    list_exports = lists("/", EXPORTS, None, "Exports, the newest first", needs=EXPORT)
    show_export = gets("/{transfer_id:uuid}", actions.an_export, "An export: how far it is", needs=EXPORT)
    ask_export = posts(
        "/",
        actions.export,
        "Have everything of a kind written to a file",
        needs=EXPORT,
        cost=BULK,
        confirmed=True,
        **_ACCEPTED,
    )
    cancel_export = posts(
        "/{transfer_id:uuid}/cancellation", actions.cancel_export, "Stop an export", needs=EXPORT, **_ACCEPTED
    )

    @get(
        "/{transfer_id:uuid}/file",
        needs=EXPORT,
        confirmed=True,
        summary="The file, while it is kept",
        media_type=AS_IT_IS,
        opt=UNFINISHED,
    )
    async def file(self, transfer_id: UUID, act: Act) -> Response[bytes]:
        await EXPORTS.one(transfer_id)
        return file_of(*await actions.outcome(transfer_id, act))


def file_of(name: str, content: bytes) -> Response[bytes]:
    """The file to be kept by whoever fetches it; a name of ours stands for one that a header cannot carry."""
    plain = "".join(each for each in name if each.isascii() and each not in '"\\\r\n') or "file"
    headers = {"Content-Disposition": f'attachment; filename="{plain}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=MEDIA.get(name.rpartition(".")[2], MEDIA["xlsx"]), headers=headers)
