"""Optimistic locking at the door: the answer that is one thing names its version, a change may name that it was made from.

An address that `shows` the row of a table says so; every change of the address itself and of those below it takes
`If-Match`. The row is locked and compared before the action begins. Anywhere else the header is refused, not passed over.
"""

from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Response
from litestar.routes import HTTPRoute
from msgspec import Struct

from guibin.web.etags import etag, expect
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import locked
from guibin_tenants.tables import TenantTable

from .costs import SAFE_METHODS

_HEADER = "if-match"
# Of a handler that shows one row: its table.
SHOWS = "shows"
_SUBJECT = "subject"


class Subject(Struct, frozen=True):
    """What a handler changes: the row of `table` whose id stands in the path as `name`."""

    table: type[TenantTable]
    name: str


def note_subjects(app: Litestar) -> None:
    """Note for each handler that changes something which row with a version stands in its path."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    known = {route.path_format: subject for route in routes if (subject := _shown(route)) is not None}
    for route in routes:
        subject = next((each for path, each in known.items() if f"{route.path_format}/".startswith(f"{path}/")), None)
        for method, (handler, _) in route.route_handler_map.items():
            if method not in SAFE_METHODS and subject is not None:
                handler.opt[_SUBJECT] = subject


def subject_of(handler: BaseRouteHandler) -> Subject | None:
    """The row with a version that the handler changes."""
    subject = handler.opt.get(_SUBJECT)
    return subject if isinstance(subject, Subject) else None


async def version_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises LostRace for another version than `If-Match` names, Invalid for one that is no ETag or belongs nowhere."""
    given = connection.headers.get(_HEADER)
    if given is None or connection.scope.get("guibin") is None:
        return
    subject = subject_of(handler)
    if subject is None:
        raise Invalid.at("If-Match", "left out: this address changes nothing that has an ETag", value=given[:40])
    row = await locked(subject.table, UUID(str(connection.path_params[subject.name])))
    expect(given, row["version"])


def tagged(response: Response[Any]) -> Response[Any]:
    """With the `ETag` of the one thing it shows, if that has a version."""
    content = response.content
    if isinstance(content, Struct) and {"id", "version"} <= set(content.__struct_fields__):
        response.headers.setdefault("ETag", etag(content.version))  # type: ignore[attr-defined]  # it has the field
    return response


def _shown(route: HTTPRoute) -> Subject | None:
    handler, _ = route.route_handler_map.get("GET", (None, None))
    table = handler.opt.get(SHOWS) if handler is not None else None
    if table is None:
        return None
    name = route.path_components[-1]
    assert not isinstance(name, str), f"{route.path_format} shows one row of {table.__name__}, and ends with its id"
    return Subject(table, name.name)
