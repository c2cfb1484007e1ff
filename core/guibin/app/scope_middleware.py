"""One request, one transaction, one tenant: authenticate, open the scope, hold the answer until it has committed."""

import contextlib
import hashlib
import time
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from uuid import UUID

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send
from litestar.types import Scope as AsgiScope

from guibin import failpoints
from guibin.context import Company, Request, Root, now_of
from guibin.logs import about
from guibin_tenants.authentication import Recognised, check_address, recognise
from guibin_tenants.credentials import Credential, parse
from guibin_tenants.database import UNREACHABLE
from guibin_tenants.rate_limits import RateLimits
from guibin_tenants.refusals import Forbidden, Refusal, TooManyRequests, Unauthenticated
from guibin_tenants.scope import ALL_UNITS, NotCommitted, NotOnRecord, Scope, see_units, tenant_scope

from . import idempotency
from .problems import PROBLEM, not_on_record, of_refusal, unreachable_database

API = "/api/v1/"
# Answered without a credential.
PUBLIC = frozenset({"/api/v1/openapi.json", "/api/v1/sessions"})
COOKIE = "guibin_session"
# How long a process may go on accepting a credential that another process has revoked.
REMEMBERED_FOR_S = 2.0
REMEMBERED_MAX = 10_000
BODY_BYTES_MAX = 10 * 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ScopeMiddleware:
    """Wraps the whole application, so that mapped errors arrive here as the answers they became."""

    def __init__(self, app: ASGIApp, root: Root, limits: RateLimits) -> None:
        self.app = app
        self.root = root
        self.limits = limits
        self.remembered: dict[str, tuple[float, Recognised]] = {}

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(API) or scope["path"].rstrip("/") in PUBLIC:
            await self.app(scope, receive, send)
            return
        answer = Held()
        credential = _credential(dict(scope["headers"]))
        try:
            with about(credential.tenant_id) if credential else contextlib.nullcontext():
                await self._serve(scope, receive, answer, credential)
        except Refusal as refusal:
            answer.replace(refusal)
        except (*UNREACHABLE, NotCommitted) as error:
            answer.replace(unreachable_database(error))
        except NotOnRecord as error:
            answer.replace(not_on_record(error))
        for message in answer.messages:
            await send(message)

    async def _serve(self, scope: HTTPScope, receive: Receive, answer: "Held", credential: Credential | None) -> None:
        headers = dict(scope["headers"])
        if credential is None:
            raise Unauthenticated()
        body = idempotency.Body(receive, BODY_BYTES_MAX)
        known = self._remembered(credential)
        async with tenant_scope(credential.tenant_id, units=known.principal.units if known else ()) as tenant:
            found = known or await self._recognise(credential, tenant)
            answer.headers = self._take(credential, scope["method"], found)
            request = await self._request(found, credential.tenant_id, scope)
            _check_csrf(found, credential, scope["method"], headers)
            scope["guibin"] = request  # type: ignore[typeddict-unknown-key]  # our own key in the ASGI scope
            await idempotency.once(self.app, scope, body, answer, request, headers)
            tenant.rollback_only = answer.status >= 400
            failpoints.reach("api.committing")
        failpoints.reach("api.committed")

    def _remembered(self, credential: Credential) -> Recognised | None:
        entry = self.remembered.get(credential.digest)
        if entry is None or entry[0] < time.monotonic():
            return None
        return entry[1]

    async def _recognise(self, credential: Credential, tenant: Scope) -> Recognised:
        found = await recognise(credential, now=self.root.clock())
        if found.principal.units == ALL_UNITS:
            await tenant.connection.execute(f"SET LOCAL guibin.units = '{ALL_UNITS}'")
            tenant.units = ALL_UNITS
        elif isinstance(found.principal.units, tuple):
            await see_units(found.principal.units)
        until = REMEMBERED_FOR_S
        if found.expires_at is not None:
            until = min(until, (found.expires_at - self.root.clock()) / timedelta(seconds=1))
        if len(self.remembered) >= REMEMBERED_MAX:
            self.remembered.clear()
        self.remembered[credential.digest] = (time.monotonic() + until, found)
        return found

    def forget(self, digest: str) -> None:
        """Stop accepting a credential at once in this process."""
        self.remembered.pop(digest, None)

    def _take(self, credential: Credential, method: str, found: Recognised) -> list[tuple[bytes, bytes]]:
        cost = "read" if method in _SAFE_METHODS else "write"
        self.limits.take(found.principal.id, cost)
        left, reset = self.limits.take(credential.tenant_id, cost)
        return [(b"ratelimit", f'"tenant";r={left};t={reset}'.encode())]

    async def _request(self, found: Recognised, tenant_id: UUID, scope: HTTPScope) -> Request:
        client = scope["client"]
        address = client[0] if client else ""
        check_address(found, address)
        company = Company(
            id=tenant_id,
            slug=found.slug,
            packs=found.packs,
            time_zone=found.time_zone,
            language=found.language,
            simulated=found.simulated,
        )
        now: datetime = await now_of(company, self.root.clock)
        return Request(company, msgspec.structs.replace(found.principal, address=address), now)


class Held:
    """An answer that waits for the commit."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self.headers]
        self.messages.append(message)

    def replace(self, refusal: Refusal) -> None:
        """Say this instead of whatever was held."""
        problem = of_refusal(refusal)
        body = msgspec.json.encode(problem)
        headers = [
            (b"content-type", PROBLEM.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        if isinstance(refusal, TooManyRequests):
            headers.append((b"retry-after", str(refusal.retry_after).encode()))
        if isinstance(refusal, Unauthenticated):
            headers.append((b"www-authenticate", b'Bearer realm="guibin"'))
        self.status = problem.status
        self.messages = [
            {"type": "http.response.start", "status": problem.status, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]


def _credential(headers: dict[bytes, bytes]) -> Credential | None:
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer":
        found = parse(token.strip())
        return found if found is not None and found.kind == "key" else None
    cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE)
    if cookie is None:
        return None
    found = parse(cookie.value)
    return found if found is not None and found.kind == "session" else None


def _check_csrf(found: Recognised, credential: Credential, method: str, headers: dict[bytes, bytes]) -> None:
    if credential.kind != "session" or method in _SAFE_METHODS:
        return
    given = hashlib.sha256(headers.get(b"x-csrf-token", b"")).digest()
    if given != hashlib.sha256(found.csrf.encode()).digest():
        raise Forbidden("A change by a signed-in browser must send the header X-CSRF-Token it got at sign-in")
