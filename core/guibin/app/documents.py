"""The OpenAPI document where programs look for it, and the style of its page."""

from typing import Any

from litestar import Controller, MediaType, Request, Response, get
from litestar.serialization import encode_json

from .docs import STYLE
from .guards import PUBLIC


class DocumentController(Controller):
    path = "/api"
    include_in_schema = False

    @get("/v1/openapi.json", needs=PUBLIC)
    async def openapi(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(
            encode_json(request.app.openapi_schema.to_schema()),
            media_type="application/vnd.oai.openapi+json",
            headers={"Cache-Control": "no-cache"},
        )

    @get("/docs/style.css", needs=PUBLIC)
    async def style(self) -> Response[str]:
        return Response(STYLE, media_type=MediaType.CSS)
