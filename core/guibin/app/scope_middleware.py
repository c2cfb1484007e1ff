"""One request, one transaction, one tenant: authenticate, open the scope, hold the answer until it has committed."""

import asyncio
import contextlib
import hashlib
import math
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar import Request as Asked
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Receive, Send
from litestar.types import Scope as AsgiScope

from guibin.context import Company, Request, Root, now_of
from guibin.emergencies.looks import lend_file, may_be_asked_for
from guibin.live.api import LISTENER
from guibin.live.hub import Hub, Listener
from guibin.packs import Packs
from guibin.periods.days import local_day
from guibin.repeats import actions as repeats
from guibin.scim import answers as directories
from guibin.watch import failpoints
from guibin.watch.logs import about
from guibin.web import bodies
from guibin.web.answers import Held
from guibin.web.bodies import Body, Left
from guibin.web.problems import of_refusal
from guibin_tenants.authentication import Recognised, check_address, recognise
from guibin_tenants.counts import PEOPLE, Counted
from guibin_tenants.credentials import Credential, parse
from guibin_tenants.database import UNREACHABLE
from guibin_tenants.displays import display_used
from guibin_tenants.keys import key_used
from guibin_tenants.principals import Signature
from guibin_tenants.rate_limits import BULK, Allowance, RateLimits
from guibin_tenants.refusals import (
    Forbidden,
    NotFound,
    Refusal,
    SessionLocked,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from guibin_tenants.remembering import REMEMBERED_FOR_S, Remembered
from guibin_tenants.scope import ALL_UNITS, NotCommitted, NotOnRecord, Scope, see_fields, see_units, tenant_scope
from guibin_tenants.sign_in_limits import network_of
from guibin_tenants.staff import session_used
from guibin_tenants.violations import VIOLATIONS

from . import pages
from .admission import Admission
from .bounds import Bounds
from .browsers import COOKIE, FOREIGN
from .companies import HOST, Hosts
from .costs import SAFE_METHODS, costs_of
from .counts import RequestCounts
from .frozen import refuse_frozen
from .problems import Incoming, in_words, not_on_record, unreachable_database, violation

API = "/api/v1/"
DOCS = "/api/docs"
# Answered whatever else is going on: whoever watches over the process asks here.
HEALTH = "/health/"
# Answered without a credential, or without a scope around them.
PUBLIC = frozenset(
    {
        "/api/v1/openapi.json",
        "/api/v1/me/password",
        "/api/v1/password-resets",
        "/api/v1/sessions/second-factor",
        "/api/v1/sessions/confirmation",
        "/api/v1/sessions/confirmation/challenges",
        "/api/v1/sessions/confirmation/passkey",
        "/api/v1/sessions/second-factor/challenges",
        "/api/v1/sessions/second-factor/passkey",
        "/api/v1/sessions/passkey/challenges",
        "/api/v1/sessions/passkey",
    }
)
# Signing in and out; whoever asks where they are signed in says who they are.
SESSIONS = ("POST", "DELETE")
# What the browser asks by itself says so: nobody did anything.
PASSIVE = b"x-guibin-passive"
USED_EVERY = timedelta(minutes=1)


class TookTooLong(Unavailable):
    """The request took too long. The deadline of the whole request passed."""

    retry_after = 1


@dataclass
class _Exchange:
    """One request under way. `turns` end when its answer has been read, `deadline` when it has committed."""

    scope: HTTPScope
    receive: Receive
    answer: Held
    turns: AsyncExitStack
    deadline: asyncio.Timeout
    committing: bool = False

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.scope["headers"])

    @property
    def address(self) -> str:
        client = self.scope["client"]
        return client[0] if client else ""

    def allow(self, seconds: float | None) -> None:
        """Let the deadline be that many seconds from now, or none."""
        if not self.deadline.expired():
            self.deadline.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


class ScopeMiddleware:
    """Wraps the whole application, so that mapped errors arrive here as the answers they became.

    In this order, so that nothing scarce is held while a caller is waited for: who asks, how much they may ask, the
    body, their turn and a connection, the work, the commit. The connection is given back before the answer is sent.
    """

    def __init__(self, app: Litestar, root: Root, bounds: Bounds) -> None:
        self.app = app
        self.costs = costs_of(app)
        self.root = root
        self.bounds = bounds
        self.limits = RateLimits(bounds.company)
        self.admission = Admission(bounds)
        self.remembered = Remembered()
        self.hosts = Hosts()
        self.counts = RequestCounts()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(HEALTH):
            await self.app(scope, receive, send)
            return
        async with contextlib.AsyncExitStack() as turns:
            deadline = asyncio.timeout(self.bounds.request_within_s)
            exchange = _Exchange(scope, receive, Held(), turns, deadline)
            try:
                await self._within_deadline(exchange)
            except Left:
                return
            if pages.is_page(scope["path"]):
                pages.present(exchange.answer, scope, self.app.state.studio)
            if directories.is_directorys(scope["path"]):
                directories.present(exchange.answer)
            await self._release(exchange, send)

    async def _release(self, exchange: _Exchange, send: Send) -> None:
        """Send the answer. A stream goes on after it for as long as it is listened to, and holds nothing meanwhile."""
        listener: Listener | None = exchange.scope.get(LISTENER)  # type: ignore[assignment]  # our own key in the ASGI scope
        within_s = self.bounds.sent_within_s
        if listener is None:
            await exchange.answer.release(send, within_s=within_s)
            return
        goes_on = exchange.answer.status == HTTPStatus.OK and exchange.scope["method"] == "GET"
        hub: Hub = self.app.state.hub
        try:
            if await exchange.answer.release(send, within_s=within_s, goes_on=goes_on) and goes_on:
                await exchange.turns.aclose()
                await hub.send_to(listener, exchange.receive, send, within_s=within_s)
        finally:
            hub.leave(listener)

    async def _within_deadline(self, exchange: _Exchange) -> None:
        try:
            async with exchange.deadline:
                await self._answer(exchange)
        except Refusal as refusal:
            self._tell(exchange, refusal)
            if type(refusal) is TooManyRequests:
                await asyncio.sleep(self.bounds.refused_after_s)
        except (*UNREACHABLE, NotCommitted) as error:
            self._tell(exchange, _too_long(exchange) if exchange.deadline.expired() else unreachable_database(error))
        except VIOLATIONS as error:
            self._tell(exchange, violation(error))
        except NotOnRecord as error:
            self._tell(exchange, not_on_record(error))

    def _tell(self, exchange: _Exchange, refusal: Refusal) -> None:
        request: Incoming = Asked(exchange.scope)
        exchange.answer.replace(refusal, in_words(of_refusal(refusal), request, self.app.state.studio))

    async def _answer(self, exchange: _Exchange) -> None:
        path = exchange.scope["path"]
        if "//" in path:
            raise NotFound("No address has two slashes in a row")
        await self._narrow(exchange.scope)
        if _is_public(exchange.scope["method"], path):
            await self._serve_anybody(exchange)
            return
        credential = None if _follows_a_link(exchange) else _credential(exchange.headers)
        if credential is None:
            raise Unauthenticated()
        with about(credential.tenant_id):
            await self._serve(exchange, credential)

    async def _narrow(self, scope: HTTPScope) -> None:
        """At a company's own host whoever is of another company is nobody."""
        company = await self.hosts.company_of(scope)
        if company is None:
            return
        scope[HOST] = company  # type: ignore[literal-required]  # our own key in the ASGI scope
        headers = dict(scope["headers"])
        bearer = parse(headers.get(b"authorization", b"").decode("latin-1").partition(" ")[2].strip())
        session = parse(cookie_named(COOKIE, headers))
        if any(one is not None and one.tenant_id != company for one in (bearer, session)):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in (b"cookie", b"authorization")]

    async def _serve_anybody(self, exchange: _Exchange) -> None:
        await exchange.turns.enter_async_context(self.admission.addresses.turn(network_of(exchange.address)))
        body = await self._body(exchange, self.bounds.public_body_bytes)
        if exchange.scope["path"].startswith(DOCS):
            await self.app.state.document.text(self.app)
        await self.app(exchange.scope, body.receive, exchange.answer.send)
        exchange.allow(None)

    async def _serve(self, exchange: _Exchange, credential: Credential) -> None:
        acquainted = await self._acquainted(exchange, credential)
        cost = self.costs.of(exchange.scope["method"], exchange.scope["path"], exchange.scope["query_string"])
        counted = self._counted(acquainted, credential)
        try:
            turn = self.admission.of_company(credential.tenant_id, acquainted.principal.id)
            await exchange.turns.enter_async_context(turn)
            exchange.answer.headers = self._take(acquainted, credential, cost)
        except TooManyRequests:
            counted.refused += 1
            raise
        counted.requests += 1
        body = await self._body_of(exchange, credential.tenant_id)
        async with self.admission.bulk.turn(credential.tenant_id) if cost == BULK else contextlib.nullcontext():
            await self._in_scope(exchange, credential, body)

    async def _in_scope(self, exchange: _Exchange, credential: Credential, body: Body) -> None:
        scope, answer, headers = exchange.scope, exchange.answer, exchange.headers
        known = self.remembered.find(credential)
        async with tenant_scope(credential.tenant_id, units=known.principal.units if known else ()) as tenant:
            found = known or await self._recognise(credential, tenant)
            see_fields(found.principal.sees)
            request = await self._request(found, credential, exchange.address)
            _check_csrf(found, credential, scope["method"], headers)
            await self._refuse_locked(found, credential, exchange)
            if found.frozen:
                refuse_frozen(scope["method"], scope["path"])
            await self._note_key(found, credential)
            signature = Signature(by=request.by, now=request.now)
            await lend_file(scope["method"], scope["path"], signature)
            scope["guibin"] = request  # type: ignore[typeddict-unknown-key]  # our own key in the ASGI scope
            await repeats.once(self.app, scope, body, answer, request, headers)
            if answer.status == HTTPStatus.NOT_FOUND and pages.is_page(scope["path"]):
                scope[pages.WAY_IN] = await may_be_asked_for(  # type: ignore[literal-required]  # our own key in the ASGI scope
                    scope["path"], signature, request.company, self.root.packs
                )
            tenant.rollback_only = answer.status >= 400
            failpoints.reach("api.committing")
            exchange.committing = not tenant.rollback_only
            exchange.allow(self.bounds.commit_within_s)
        exchange.allow(None)
        failpoints.reach("api.committed")

    async def _body_of(self, exchange: _Exchange, company: UUID) -> Body:
        """A file is larger and comes by slower lines than anything else: it has bounds, time and turns of its own."""
        bounds = self.bounds
        if not self.costs.takes_file(exchange.scope["method"], exchange.scope["path"]):
            return await self._body(exchange, bounds.body_bytes)
        await exchange.turns.enter_async_context(self.admission.of_file(company))
        exchange.allow(bounds.file_body_within_s + bounds.request_within_s)
        return await self._body(exchange, bounds.file_body_bytes, bounds.file_body_within_s)

    async def _body(self, exchange: _Exchange, bytes_max: int, within_s: float | None = None) -> Body:
        within_s = self.bounds.body_within_s if within_s is None else within_s
        return await bodies.read(exchange.scope, exchange.receive, bytes_max=bytes_max, within_s=within_s)

    async def _refuse_locked(self, found: Recognised, credential: Credential, exchange: _Exchange) -> None:
        """Raises SessionLocked where nothing was done for too long; else somebody does something now, which is written down."""
        now, locks_at = self.root.clock(), found.locks_at(self.bounds.idle_minutes)
        if locks_at is None or found.used_at is None:
            return
        if locks_at <= now:
            raise SessionLocked()
        if PASSIVE not in exchange.headers and now - found.used_at >= USED_EVERY:
            await session_used(credential.digest, now=now)
            self.remembered.outdated(credential)

    async def _note_key(self, found: Recognised, credential: Credential) -> None:
        """Something is done with a key now, or shown on a wall, which is written down by the minute."""
        now = self.root.clock()
        if credential.kind == "session" or (found.key_used_at is not None and now - found.key_used_at < USED_EVERY):
            return
        if credential.kind == "key":
            await key_used(found.principal.id, now=now)
        else:
            await display_used(credential.digest, now=now)
        self.remembered.outdated(credential)

    async def _acquainted(self, exchange: _Exchange, credential: Credential) -> Recognised:
        """Whom the credential belonged to when it was last looked at: it tells whose turn is taken, nothing more."""
        known = self.remembered.acquainted(credential)
        if known is not None:
            return known
        async with self.admission.of_stranger(exchange.address), tenant_scope(credential.tenant_id, units=()) as tenant:
            return await self._recognise(credential, tenant)

    async def _recognise(self, credential: Credential, tenant: Scope) -> Recognised:
        begun = self.remembered.begin()
        try:
            found = await recognise(credential, now=self.root.clock())
        except Refusal:
            self.remembered.drop(credential)
            raise
        if found.principal.units == ALL_UNITS:
            await tenant.connection.execute(f"SET LOCAL guibin.units = '{ALL_UNITS}'")
            tenant.units = ALL_UNITS
        elif isinstance(found.principal.units, tuple):
            await see_units(found.principal.units)
        lasts_s = REMEMBERED_FOR_S
        if found.expires_at is not None:
            lasts_s = min(lasts_s, (found.expires_at - self.root.clock()) / timedelta(seconds=1))
        self.remembered.keep(credential, found, begun=begun, for_s=lasts_s)
        return found

    def _counted(self, acquainted: Recognised, credential: Credential) -> Counted:
        """Where it is counted: on the company's day, by its key or with all that people ask."""
        key_id = acquainted.principal.id if credential.kind == "key" else PEOPLE
        return self.counts.of(credential.tenant_id, local_day(self.root.clock(), acquainted.time_zone), key_id)

    def _take(self, acquainted: Recognised, credential: Credential, cost: str) -> list[tuple[bytes, bytes]]:
        own = self.limits.allowance.of(acquainted.requests_per_s)
        left = {
            "caller": self.admission.caller_limits.take(acquainted.principal.id, cost),
            "company": self.limits.take(credential.tenant_id, cost, own),
        }
        said = ", ".join(f'"{whose}";r={tokens};t={seconds}' for whose, (tokens, seconds) in left.items())
        policy = f"{_said('caller', self.bounds.caller)}, {_said('company', own)}"
        return [(b"ratelimit", said.encode()), (b"ratelimit-policy", policy.encode())]

    async def _request(self, found: Recognised, credential: Credential, address: str) -> Request:
        check_address(found, address)
        company = Company(
            id=credential.tenant_id,
            slug=found.slug,
            packs=found.packs,
            time_zone=found.time_zone,
            language=found.language,
            simulated=found.simulated,
        )
        now: datetime = await now_of(company, self.root.clock)
        permissions = held(self.root.packs, found)
        by = msgspec.structs.replace(found.principal, address=address, permissions=permissions)
        idle_minutes = found.idle_minutes or self.bounds.idle_minutes
        confirmed = found.is_confirmed(self.bounds.confirm_minutes, now=self.root.clock())
        return Request(company, by, now, found.csrf, credential, found.expires_at, idle_minutes, confirmed)


def held(packs: Packs, found: Recognised) -> frozenset[str]:
    """What whoever was recognised may do at their company, with the permissions of its packs."""
    return packs.hooks_of(found.packs).held_by(found.principal)


def _is_public(method: str, path: str) -> bool:
    if not (_is_asked_by_programs(path) or pages.is_page(path)) or path.rstrip("/") in PUBLIC | pages.PUBLIC:
        return True
    return path.rstrip("/") == f"{API}sessions" and method in SESSIONS


def _is_asked_by_programs(path: str) -> bool:
    return path.startswith(API) or directories.is_directorys(path)


def _follows_a_link(exchange: _Exchange) -> bool:
    """Another site's link leads to pages: at the API the cookie that came along is as if it had not (docs/decisions/0028)."""
    headers, scope = exchange.headers, exchange.scope
    foreign = _is_asked_by_programs(scope["path"]) and headers.get(b"sec-fetch-site") == FOREIGN
    return foreign and scope["method"] in SAFE_METHODS and b"authorization" not in headers


def _credential(headers: dict[bytes, bytes]) -> Credential | None:
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer":
        found = parse(token.strip())
        return found if found is not None and found.kind == "key" else None
    found = parse(cookie_named(COOKIE, headers))
    return found if found is not None and found.kind in ("session", "display") else None


def _check_csrf(found: Recognised, credential: Credential, method: str, headers: dict[bytes, bytes]) -> None:
    if credential.kind == "key" or method in SAFE_METHODS:
        return
    if credential.kind == "display":
        raise Forbidden("A wall display shows the board and does nothing")
    given = hashlib.sha256(headers.get(b"x-csrf-token", b"")).digest()
    if given != hashlib.sha256(found.csrf.encode()).digest():
        raise Forbidden("A change by a signed-in browser must send the header X-CSRF-Token it got at sign-in")


def cookie_named(name: str, headers: dict[bytes, bytes]) -> str:
    """What the cookie holds, empty when there is none. Whatever else the header holds is not looked at."""
    for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        given, _, value = pair.strip().partition("=")
        if given == name:
            return value
    return ""


def _too_long(exchange: _Exchange) -> TookTooLong:
    if exchange.committing:
        return TookTooLong("Whether it was written is not known: repeat it with the same Idempotency-Key, or look")
    return TookTooLong("It was ended; nothing was written")


def _said(whose: str, allowance: Allowance) -> str:
    """So many tokens in so many seconds, as a `RateLimit-Policy` says it."""
    return f'"{whose}";q={int(allowance.burst)};w={math.ceil(allowance.burst / allowance.per_second)}'
