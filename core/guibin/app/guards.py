"""Who may call a handler: what its `needs` says. A handler without one is closed to everybody."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from guibin.regulations.core import CORE
from guibin_tenants.principals import Predicate, require
from guibin_tenants.refusals import Forbidden, Unauthenticated

from .dependencies import provide_language

PUBLIC = "public"


class ChoosePassword(Forbidden):
    """Choose a password of your own first. Somebody else set the one the session was opened with."""


async def needs_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises Forbidden, or ChoosePassword, unless the principal satisfies the handler's `needs`. Async, or every request would hop to a thread."""
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
    if request.by.chooses_password:  # type: ignore[attr-defined]  # our own key in the ASGI scope
        raise ChoosePassword(
            CORE.texts["sign_in.choose_password"].in_language(provide_language(Request(connection.scope)))
        )
    require(request.by, needs)  # type: ignore[attr-defined]
