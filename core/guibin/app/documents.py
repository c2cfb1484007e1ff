"""The OpenAPI document where programs look for it, and the style of its page."""

import asyncio
from typing import Any

from litestar import Controller, Litestar, MediaType, Request, Response, get
from litestar._openapi.plugin import OpenAPIPlugin
from litestar.serialization import encode_json

from guibin.context import Company
from guibin.packs import ROUTES
from guibin_tenants.principals import anyone

from .docs import STYLE
from .document import document_of
from .guards import PUBLIC

OPENAPI = "application/vnd.oai.openapi+json"


class Document:
    """The document of one application, made once, when somebody asks first. Making it takes seconds: others are answered
    meanwhile, and whoever asks meanwhile gets the same. Of it everybody gets what their company's packs have."""

    def __init__(self) -> None:
        self._making: asyncio.Task[dict[str, Any]] | None = None
        self._texts: dict[tuple[str, ...], bytes] = {}

    async def text(self, app: Litestar, packs: tuple[str, ...] = ()) -> bytes:
        """As JSON, without the addresses of other packs than these."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(_made, app))
        whole = await asyncio.shield(self._making)
        brings = tuple(name for name in packs if any(path.startswith(f"{ROUTES}{name}/") for path in whole["paths"]))
        if brings not in self._texts:
            self._texts[brings] = await asyncio.to_thread(_text, whole, brings)
        return self._texts[brings]


class DocumentController(Controller):
    path = "/api"
    include_in_schema = False

    @get("/v1/openapi.json", needs=PUBLIC)
    async def openapi(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        document: Document = request.app.state.document
        return Response(
            await document.text(request.app),
            media_type=OPENAPI,
            headers={"Cache-Control": "no-cache"},
        )

    @get("/v1/openapi", needs=anyone, summary="The document of this API with what the company's packs add")
    async def own_openapi(self, request: Request[Any, Any, Any], company: Company) -> Response[bytes]:
        document: Document = request.app.state.document
        text = await document.text(request.app, company.packs)
        return Response(text, media_type=OPENAPI, headers={"Cache-Control": "no-cache, private"})

    @get("/docs/style.css", needs=PUBLIC)
    async def style(self) -> Response[str]:
        return Response(STYLE, media_type=MediaType.CSS)


def _made(app: Litestar) -> dict[str, Any]:
    document = document_of(app)
    # The framework serves an address of its own from what it keeps: it shall say the same, and not make it in the event loop.
    app.plugins.get(OpenAPIPlugin)._openapi_schema = _without_packs(document, ())
    return document


def _text(document: dict[str, Any], packs: tuple[str, ...]) -> bytes:
    return encode_json(_without_packs(document, packs))


def _without_packs(document: dict[str, Any], packs: tuple[str, ...]) -> dict[str, Any]:
    """The document without the addresses of other packs than these, and without what only they name."""
    own = tuple(f"{ROUTES}{name}/" for name in packs)
    paths = {
        path: item for path, item in document["paths"].items() if not path.startswith(ROUTES) or path.startswith(own)
    }
    if len(paths) == len(document["paths"]):
        return document
    components, named = document["components"], set[str]()
    waiting = _references(paths)
    while waiting:
        named |= waiting
        waiting = set().union(*(_references(components["schemas"][name]) for name in waiting)) - named
    schemas = {name: schema for name, schema in components["schemas"].items() if name in named}
    return document | {"paths": paths, "components": components | {"schemas": schemas}}


def _references(value: Any) -> set[str]:
    """The schemas that are named within."""
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(each) for each in value.values()))
    return set().union(*(_references(each) for each in value)) if isinstance(value, list) else set()
