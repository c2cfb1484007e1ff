"""`/api/v1/sessions`: staff sign in and out."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, delete, post
from msgspec import Struct

from guibin.context import Root
from guibin_tenants import staff
from guibin_tenants.authentication import recognise
from guibin_tenants.credentials import parse
from guibin_tenants.database import borrowed
from guibin_tenants.refusals import NotFound, Suspended
from guibin_tenants.registry import by_slug
from guibin_tenants.scope import tenant_scope
from guibin_tenants.staff import StaffView

from .guards import PUBLIC
from .scope_middleware import COOKIE


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which company, who, and their password."""

    company: str
    login: str
    password: str


class Session(Struct, frozen=True):
    """Send `csrf` as the header `X-CSRF-Token` with every change. The session itself is the cookie."""

    csrf: str
    expires_at: datetime
    staff: StaffView


class SessionController(Controller):
    path = "/api/v1/sessions"
    tags = ("session",)

    @post("/", needs=PUBLIC, summary="Sign in; sets the session cookie")
    async def sign_in(self, data: SignIn, request: Request[Any, Any, Any]) -> Response[Session]:
        root: Root = request.app.state.root
        now = root.clock()
        address = request.client.host if request.client else ""
        try:
            async with borrowed() as connection:
                tenant = await by_slug(connection, data.company)
        except NotFound:
            # An unknown company costs the same and says the same as a wrong password.
            staff.verify_nobody(data.password)
            raise staff.wrong_password() from None
        async with tenant_scope(tenant.id):
            signed_in = await staff.sign_in(login=data.login, password=data.password, address=address, now=now)
        if signed_in is None:
            raise staff.wrong_password()
        if tenant.suspended_at is not None:
            raise Suspended()
        response = Response(Session(signed_in.csrf, signed_in.expires_at, signed_in.staff))
        response.set_cookie(
            COOKIE,
            signed_in.token,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            expires=int((signed_in.expires_at - now).total_seconds()),
            path="/",
        )
        return response

    @delete("/", needs=PUBLIC, summary="Sign out")
    async def sign_out(self, request: Request[Any, Any, Any]) -> None:
        root: Root = request.app.state.root
        credential = parse(request.cookies.get(COOKIE, ""))
        if credential is None:
            return
        async with tenant_scope(credential.tenant_id):
            found = await recognise(credential, now=root.clock())
            if request.headers.get("x-csrf-token") == found.csrf:
                await staff.sign_out(credential.digest)
        request.app.state.scope_middleware.forget(credential.digest)
