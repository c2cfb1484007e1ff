"""The OpenAPI document where programs look for it, and the style of its page."""

import asyncio
from typing import Any

from litestar import Controller, Litestar, MediaType, Request, Response, get
from litestar._openapi.plugin import OpenAPIPlugin
from litestar.serialization import encode_json

from .docs import STYLE
from .document import document_of
from .guards import PUBLIC


class Document:
    """The document of one application, made once, when somebody asks first. Making it takes seconds: others are answered
    meanwhile, and whoever asks meanwhile gets the same."""

    def __init__(self) -> None:
        self._making: asyncio.Task[bytes] | None = None

    async def text(self, app: Litestar) -> bytes:
        """As JSON."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(_made, app))
        return await asyncio.shield(self._making)


class DocumentController(Controller):
    path = "/api"
    include_in_schema = False

    @get("/v1/openapi.json", needs=PUBLIC)
    async def openapi(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        document: Document = request.app.state.document
        return Response(
            await document.text(request.app),
            media_type="application/vnd.oai.openapi+json",
            headers={"Cache-Control": "no-cache"},
        )

    @get("/docs/style.css", needs=PUBLIC)
    async def style(self) -> Response[str]:
        return Response(STYLE, media_type=MediaType.CSS)


def _made(app: Litestar) -> bytes:
    document = document_of(app)
    # The framework serves an address of its own from what it keeps: it shall say the same, and not make it in the event loop.
    app.plugins.get(OpenAPIPlugin)._openapi_schema = document
    return encode_json(document)
