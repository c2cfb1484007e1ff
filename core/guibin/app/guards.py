"""Who may call a handler: what its `needs` says. A handler without one is closed to everybody."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from guibin.packs import PACK
from guibin.regulations.core import CORE
from guibin_tenants.principals import Predicate, require
from guibin_tenants.refusals import (
    ConfirmAnew,
    Forbidden,
    NotFound,
    SecondFactorMissing,
    SecondFactorNeeded,
    Unauthenticated,
)

from .dependencies import provide_language

PUBLIC = "public"


class ChoosePassword(Forbidden):
    """Choose a password of your own first. Somebody else set the one the session was opened with."""


# What a session must settle first, and the option of a handler by which it is settled.
SETTLES = "settles"
# The option of a handler that is asked for only shortly after its caller proved who they are.
CONFIRMED = "confirmed"
_OWED = {"password": ChoosePassword, "second_factor": SecondFactorNeeded, "set_up": SecondFactorMissing}


async def needs_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises NotFound where its pack is not the company's; Forbidden, what the session owes, or ConfirmAnew, unless the principal satisfies the handler's `needs`. Async, or every request would hop to a thread."""
    if connection.scope["path"].startswith("/api/docs"):
        return
    needs, pack = handler.opt.get("needs"), handler.opt.get(PACK)
    if needs == PUBLIC and pack is None:
        return
    if not isinstance(needs, Predicate):
        raise Forbidden("This address is closed")
    request = connection.scope.get("guibin")
    if request is None:
        raise Unauthenticated()
    if pack is not None and pack not in request.company.packs:  # type: ignore[attr-defined]  # our own key in the ASGI scope
        raise NotFound("There is nothing at this address")
    owes = request.by.owes  # type: ignore[attr-defined]  # our own key in the ASGI scope
    if owes and handler.opt.get(SETTLES) != owes:
        said = CORE.texts[f"sign_in.owes.{owes}"].in_language(provide_language(Request(connection.scope)))
        raise _OWED[owes](said)
    require(request.by, needs)  # type: ignore[attr-defined]
    if handler.opt.get(CONFIRMED) and not request.confirmed:  # type: ignore[attr-defined]
        raise ConfirmAnew(CORE.texts["sign_in.confirm"].in_language(provide_language(Request(connection.scope))))
