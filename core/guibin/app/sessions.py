"""`/api/v1/sessions` and `/api/v1/me/password`: staff sign in and out, and choose their password.

Neither is answered inside a scope that the middleware opened: while a password is hashed no connection is held, and what
was counted and recorded stays when the answer is a refusal.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.datastructures import Cookie
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.administration import own_sessions, second_factors, signing_in
from guibin.administration.own_sessions import Ended, SessionView
from guibin.administration.second_factors import FactorCode, RecoveryCodes
from guibin.administration.signing_in import Attempt, Entered, OwnSession
from guibin.context import Act, Root
from guibin.context import Request as Ours
from guibin.policy.words import Password, up_to
from guibin.web.routing import deletes, gets, posts, puts
from guibin_tenants.credentials import parse
from guibin_tenants.devices import KNOWN_FOR
from guibin_tenants.principals import Owes, may, sees_all, staff_only
from guibin_tenants.rate_limits import Allowance, RateLimits
from guibin_tenants.refusals import NotFound, Unauthenticated
from guibin_tenants.sign_in_limits import network_of
from guibin_tenants.staff import StaffView

from . import companies
from .browsers import COOKIE, is_encrypted
from .guards import PUBLIC

# By this a browser is recognised that somebody signed in with before; it opens nothing.
DEVICE = "guibin_device"
# The company that was signed in to here, for the sign-in page.
COMPANY = "guibin_company"
# What was begun with the company's provider in this browser, until they come back.
GOING = "guibin_going"
# A link from a mail brings these along, or whoever is signed in would be asked to sign in (docs/decisions/0028).
SENT_BY_LINKS = frozenset({COOKIE, COMPANY, GOING})
# From one address, before anything is looked up: an office that starts its day, and not much more.
ALLOWANCE = Allowance(per_second=5, burst=100)
RULES = may("staff:write") & sees_all
Incoming = Request[Any, Any, Any]
_Name = Annotated[str, up_to(100)]


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which company, who, and their password. Left out, the company is found by the login where that is a mail address of a domain
    of the company's, or by the host that is asked."""

    company: _Name = ""
    login: _Name
    password: Password


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """Your password, or six digits of the app, or a recovery code; a passkey is told at `/sessions/confirmation/passkey`."""

    password: Annotated[str, up_to(200)] = ""
    code: Annotated[str, up_to(40)] = ""


class Session(Struct, frozen=True):
    """Send `csrf` as the header `X-CSRF-Token` with every change. The session itself is the cookie.

    Until what it `owes` is settled, everything else is refused: `second_factor` is told at `/sessions/second-factor`,
    `set_up` at `/me/second-factor`, `password` (somebody else set the present one, `chooses_password`) at `/me/password`.
    """

    csrf: str
    expires_at: datetime
    staff: StaffView
    chooses_password: bool
    owes: Owes = ""


class OwnPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """The password as it is, and as it shall be. Every other session of yours ends."""

    present: Password
    new: Password


class SessionController(Controller):
    path = "/api/v1/sessions"
    tags = ("session",)

    @post("/", needs=PUBLIC, summary="Sign in; sets the session cookie")
    async def sign_in(self, data: SignIn, request: Incoming) -> Response[Session]:
        entered = await enter(request, data.company, data.login, data.password)
        return answer_with(entered, request)

    @post("/second-factor", needs=PUBLIC, summary="Tell a code of your second factor; the session becomes whole")
    async def prove(self, data: FactorCode, request: Incoming) -> Response[Session]:
        return answer_with(await prove(request, data.code), request)

    @post(
        "/confirmation",
        needs=PUBLIC,
        status_code=HTTP_204_NO_CONTENT,
        summary="Tell your password or a code again, for what is done only shortly after that",
    )
    async def confirm(self, data: Confirmation, request: Incoming) -> None:
        await confirm(request, password=data.password, code=data.code)

    @delete("/", needs=PUBLIC, summary="Sign out; the session ends at once and its cookie goes")
    async def sign_out(self, request: Incoming) -> Response[None]:
        own = own_session(request)
        if own is not None:
            await signing_in.sign_out(own, now=real_now(request))
        response = Response(None, status_code=HTTP_204_NO_CONTENT)
        response.set_cookie(session_cookie(request, COOKIE, "", path="/", lasts_s=0))
        return response

    @get("/", needs=staff_only, summary="Where you are signed in: in what, from where, since when")
    async def mine(self, request: Incoming, act: Act) -> list[SessionView]:
        return await own_sessions.mine(digest_of(request), act, real_now(request))

    @delete("/others", needs=staff_only, status_code=HTTP_200_OK, summary="End all your sessions but this one")
    async def end_others(self, request: Incoming, act: Act) -> Ended:
        return await own_sessions.end_others(digest_of(request), act)

    @delete("/{session_id:uuid}", needs=staff_only, summary="End one of your sessions")
    async def end(self, session_id: UUID, act: Act) -> None:
        await own_sessions.end(session_id, act)


class SecondFactorController(Controller):
    path = "/api/v1/me/second-factor"
    tags = ("session",)

    show = gets("/", second_factors.own, "Your second factor", needs=staff_only, settles="set_up")
    begin = posts(
        "/",
        second_factors.begin,
        "Get a secret for an authenticator app, shown once",
        needs=staff_only,
        settles="set_up",
        confirmed=True,
        shown_once=True,
    )

    @post(
        "/confirmation",
        needs=staff_only,
        settles="set_up",
        shown_once=True,
        summary="Tell a code of the app: it is asked from now on; recovery codes are shown once",
    )
    async def confirm(self, data: FactorCode, request: Incoming, act: Act) -> RecoveryCodes:
        return await second_factors.confirm(data, digest_of(request), act, real_now(request))

    renew_codes = posts(
        "/recovery-codes",
        second_factors.renew_codes,
        "Get new recovery codes, shown once",
        needs=staff_only,
        confirmed=True,
        shown_once=True,
    )
    take_away = deletes(
        "/", second_factors.take_away, "Sign in by the password alone again", needs=staff_only, confirmed=True
    )


class SignInRulesController(Controller):
    path = "/api/v1/sign-in-rules"
    tags = ("session",)
    show = gets("/", second_factors.rules, "What the company asks of everybody who signs in", needs=RULES)
    change = puts(
        "/",
        second_factors.set_rules,
        "Set what the company asks of everybody who signs in",
        needs=RULES,
        confirmed=True,
    )


class OwnPasswordController(Controller):
    path = "/api/v1/me/password"
    tags = ("session",)

    @put("/", needs=PUBLIC, status_code=HTTP_204_NO_CONTENT, summary="Choose another password; your other sessions end")
    async def change(self, data: OwnPassword, request: Incoming) -> None:
        own = own_session(request)
        if own is None:
            raise Unauthenticated("Sign in: a key has no password")
        await signing_in.change_own_password(own, present=data.present, new=data.new, now=real_now(request))


async def prove(request: Incoming, code: str) -> Entered:
    """Tell a code in the caller's session, for the API and for pages alike. Raises what `signing_in.prove` raises."""
    own = own_session(request)
    if own is None:
        raise Unauthenticated()
    take(request)
    return await signing_in.prove(own, code=code, device=request.cookies.get(DEVICE, ""), now=real_now(request))


async def confirm(request: Incoming, *, password: str = "", code: str = "") -> None:
    """Tell it again in the caller's session, for the API and for pages alike. Raises what `signing_in.confirm` raises."""
    own = own_session(request)
    if own is None:
        raise Unauthenticated("Sign in: a key needs no confirmation")
    take(request)
    await signing_in.confirm(own, password=password, code=code, now=real_now(request))


async def enter(request: Incoming, company: str, login: str, password: str) -> Entered:
    """Sign somebody in, for the API and for pages alike. Raises what `signing_in.sign_in` raises, and TooManyRequests."""
    address = address_of(request)
    take(request)
    try:
        tenant = await companies.company_of(request, company, login)
    except NotFound:
        raise await signing_in.sign_in_nowhere(password) from None
    login = await companies.login_of(tenant, login)
    agent = request.headers.get("user-agent", "")
    attempt = Attempt(login, password, address, request.cookies.get(DEVICE, ""), agent)
    return await signing_in.sign_in(attempt, tenant, now=real_now(request))


def keep(response: Response[Any], request: Incoming, entered: Entered, *, known_at: tuple[str, ...]) -> None:
    """Let the browser keep the session, and under these paths by what it is known the next time."""
    lasts = int((entered.session.expires_at - real_now(request)).total_seconds())
    response.set_cookie(session_cookie(request, COOKIE, entered.session.token, path="/", lasts_s=lasts))
    known_s = int(KNOWN_FOR.total_seconds())
    for path in known_at if entered.device else ():
        response.set_cookie(session_cookie(request, DEVICE, entered.device, path=path, lasts_s=known_s))


def own_session(request: Incoming) -> OwnSession | None:
    """The session whose cookie the browser sent, whether or not it still holds."""
    credential = parse(request.cookies.get(COOKIE, ""))
    if credential is None or credential.kind != "session":
        return None
    csrf = request.headers.get("x-csrf-token", "")
    return OwnSession(credential.tenant_id, credential.digest, csrf, address_of(request))


def digest_of(request: Incoming) -> str:
    """Which of the caller's sessions asks."""
    ours: Ours = request.scope["guibin"]  # type: ignore[typeddict-item]  # our own key in the ASGI scope
    return ours.credential.digest if ours.credential else ""


def session_cookie(request: Incoming, name: str, value: str, *, path: str, lasts_s: int) -> Cookie:
    """A cookie that no script reads; no other site's page sends it, but for a link that somebody follows to a page of ours."""
    return Cookie(
        key=name,
        value=value,
        path=path,
        max_age=lasts_s,
        httponly=True,
        samesite="lax" if name in SENT_BY_LINKS else "strict",
        secure=is_encrypted(request.scope),
    )


def answer_with(entered: Entered, request: Incoming) -> Response[Session]:
    """The new session, its cookie and by what the browser is known."""
    session = entered.session
    answer = Session(session.csrf, session.expires_at, session.staff, session.owes == "password", session.owes)
    response = Response(answer)
    keep(response, request, entered, known_at=(SessionController.path,))
    return response


def take(request: Incoming) -> None:
    """Raises TooManyRequests for an address that asks too often, before anything is looked up."""
    limits: RateLimits = request.app.state.sign_in_limits
    limits.take(uuid5(NAMESPACE_URL, f"sign-in/{network_of(address_of(request))}"), "read")


def address_of(request: Incoming) -> str:
    """From where somebody asks."""
    return request.client.host if request.client else ""


def real_now(request: Incoming) -> datetime:
    """Sign-ins know no simulated time."""
    root: Root = request.app.state.root
    return root.clock()
