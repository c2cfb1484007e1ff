"""What only browsers do: requests that another site's page made them send, and addresses without encryption."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType
from litestar.handlers.base import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.types import Scope

from guibin.console.shell import PREFIX
from guibin.web.public_address import public_address
from guibin_tenants.refusals import Forbidden, Refusal

API = "/api/v1/"
DIRECTORIES = "/scim/v2/"
# The session of a signed-in browser.
COOKIE = "guibin_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What a browser says of a request that a page of this very site, or its user, made it send.
FOREIGN = b"cross-site"
_OWN_SITES = frozenset({"same-origin", "none"})


class NotJson(Refusal):
    """This address takes JSON. The body is of another kind. A form of another site cannot send JSON."""

    kind = "unsupported-media-type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class ForeignSite(Forbidden):
    """A page of another site cannot change anything here."""


async def own_pages_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises ForeignSite and NotJson, before the body is read. A key is nothing a foreign page's browser adds by itself."""
    method = str(connection.scope.get("method", ""))
    path = connection.scope["path"]
    if not path.startswith((API, PREFIX, DIRECTORIES)) or method in _SAFE_METHODS:
        return
    headers = connection.headers
    if "authorization" not in headers:
        _refuse_foreign(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host", ""))
    if not path.startswith(API):
        return
    kind = headers.get("content-type")
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if isinstance(handler, HTTPRouteHandler) and (kind is not None or has_body) and _takes_json(handler):
        _refuse_other_kinds(kind or "")


def is_encrypted(scope: Scope) -> bool:
    """Whether the browser reaches us by TLS, here or at what stands before us."""
    return scope.get("scheme") == "https" or public_address().startswith("https://")


def _takes_json(handler: HTTPRouteHandler) -> bool:
    body = handler.parsed_data_field
    if body is None:
        return False
    declared = getattr(body.kwarg_definition, "media_type", None) or RequestEncodingType.JSON
    return str(declared) == str(RequestEncodingType.JSON)


def _refuse_other_kinds(kind: str) -> None:
    essence = kind.partition(";")[0].strip().lower()
    if essence != "application/json":
        raise NotJson("Send the header Content-Type: application/json")


def _refuse_foreign(site: str | None, origin: str | None, host: str) -> None:
    if site is not None and site not in _OWN_SITES:
        raise ForeignSite()
    if origin is None:
        return
    ours = {host.lower(), urlsplit(public_address()).netloc.lower()}
    if urlsplit(origin).netloc.lower() not in ours - {""}:
        raise ForeignSite()
