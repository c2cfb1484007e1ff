"""`/api/v1/sessions` and `/api/v1/me/password`: staff sign in and out, and choose their password.

Neither is answered inside a scope that the middleware opened: while a password is hashed no connection is held, and what
was counted and recorded stays when the answer is a refusal.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from litestar import Controller, Request, Response, delete, post, put
from litestar.datastructures import Cookie
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.administration import signing_in
from guibin.administration.signing_in import Attempt, OwnSession
from guibin.context import Root
from guibin.policy.words import Password, up_to
from guibin_tenants.credentials import parse
from guibin_tenants.database import borrowed
from guibin_tenants.devices import KNOWN_FOR
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import NotFound, Unauthenticated
from guibin_tenants.registry import by_slug
from guibin_tenants.sign_in_limits import network_of
from guibin_tenants.staff import StaffView

from .browsers import is_encrypted
from .guards import PUBLIC
from .scope_middleware import COOKIE

# By this a browser is recognised that somebody signed in with before; it opens nothing.
DEVICE = "guibin_device"
# From one address, before anything is looked up: an office that starts its day, and not much more.
ALLOWANCE = Allowance(per_second=5, burst=100)
Incoming = Request[Any, Any, Any]
_Name = Annotated[str, up_to(100)]


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which company, who, and their password."""

    company: _Name
    login: _Name
    password: Password


class Session(Struct, frozen=True):
    """Send `csrf` as the header `X-CSRF-Token` with every change. The session itself is the cookie.

    `chooses_password`: somebody else set the password; until another is chosen, everything else is refused.
    """

    csrf: str
    expires_at: datetime
    staff: StaffView
    chooses_password: bool


class OwnPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """The password as it is, and as it shall be. Every other session of yours ends."""

    present: Password
    new: Password


class SessionController(Controller):
    path = "/api/v1/sessions"
    tags = ("session",)

    @post("/", needs=PUBLIC, summary="Sign in; sets the session cookie")
    async def sign_in(self, data: SignIn, request: Incoming) -> Response[Session]:
        address = _address(request)
        limits: RateLimits = request.app.state.sign_in_limits
        limits.take(uuid5(NAMESPACE_URL, f"sign-in/{network_of(address)}"), "read")
        try:
            async with borrowed() as connection:
                tenant = await by_slug(connection, data.company)
        except NotFound:
            raise await signing_in.sign_in_nowhere(data.password) from None
        attempt = Attempt(data.login, data.password, address, request.cookies.get(DEVICE, ""))
        entered = await signing_in.sign_in(attempt, tenant, now=_now(request))
        session = entered.session
        lasts = int((session.expires_at - _now(request)).total_seconds())
        response = Response(Session(session.csrf, session.expires_at, session.staff, session.chooses_password))
        response.set_cookie(_cookie(request, COOKIE, session.token, path="/", lasts_s=lasts))
        known_s = int(KNOWN_FOR.total_seconds())
        response.set_cookie(_cookie(request, DEVICE, entered.device, path=self.path, lasts_s=known_s))
        return response

    @delete("/", needs=PUBLIC, summary="Sign out; the session ends at once and its cookie goes")
    async def sign_out(self, request: Incoming) -> Response[None]:
        own = _own_session(request)
        if own is not None:
            await signing_in.sign_out(own, now=_now(request))
        response = Response(None, status_code=HTTP_204_NO_CONTENT)
        response.set_cookie(_cookie(request, COOKIE, "", path="/", lasts_s=0))
        return response


class OwnPasswordController(Controller):
    path = "/api/v1/me/password"
    tags = ("session",)

    @put("/", needs=PUBLIC, status_code=HTTP_204_NO_CONTENT, summary="Choose another password; your other sessions end")
    async def change(self, data: OwnPassword, request: Incoming) -> None:
        own = _own_session(request)
        if own is None:
            raise Unauthenticated("Sign in: a key has no password")
        await signing_in.change_own_password(own, present=data.present, new=data.new, now=_now(request))


def _own_session(request: Incoming) -> OwnSession | None:
    credential = parse(request.cookies.get(COOKIE, ""))
    if credential is None or credential.kind != "session":
        return None
    csrf = request.headers.get("x-csrf-token", "")
    return OwnSession(credential.tenant_id, credential.digest, csrf, _address(request))


def _cookie(request: Incoming, name: str, value: str, *, path: str, lasts_s: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path=path,
        max_age=lasts_s,
        httponly=True,
        samesite="strict",
        secure=is_encrypted(request.scope),
    )


def _address(request: Incoming) -> str:
    return request.client.host if request.client else ""


def _now(request: Incoming) -> datetime:
    root: Root = request.app.state.root
    return root.clock()
