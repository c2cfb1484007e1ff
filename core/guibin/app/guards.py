"""Who may call a handler: what its `needs` says. A handler without one is closed to everybody."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from guibin_tenants.principals import Predicate, require
from guibin_tenants.refusals import Forbidden, Unauthenticated

PUBLIC = "public"


async def needs_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises Forbidden unless the principal satisfies the handler's `needs`. Async, or every request would hop to a thread."""
    if connection.scope["path"].startswith("/api/docs"):
        return
    needs = handler.opt.get("needs")
    if needs == PUBLIC:
        return
    if not isinstance(needs, Predicate):
        raise Forbidden("This address is closed")
    request = connection.scope.get("guibin")
    if request is None:
        raise Unauthenticated()
    require(request.by, needs)  # type: ignore[attr-defined]  # our own key in the ASGI scope
