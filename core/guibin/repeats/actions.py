"""`Idempotency-Key` on POST: the same request twice has one effect and gets the same answer."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import msgspec

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Request
from guibin.web.answers import Held
from guibin.web.bodies import Body
from guibin.web.uploads import boundary_of
from guibin_tenants import keyring
from guibin_tenants.above import FromAbove
from guibin_tenants.keyring import Place
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import Conflict, Invalid, Refusal
from guibin_tenants.scope import current_scope, execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

if TYPE_CHECKING:
    # What only names what serves does not load it.
    from litestar.handlers.base import BaseRouteHandler
    from litestar.types import ASGIApp, HTTPScope

KEY_CHARS_MAX = 128
# Only these come back with a kept answer: of a page also what happened and where it leads.
_KEPT_HEADERS = (
    *(b"content-type", b"etag", b"location"),
    *(b"hx-trigger", b"hx-redirect", b"cache-control", b"content-security-policy", b"referrer-policy", b"vary"),
)
_UUID = re.compile(rb"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A handler's option: its answer holds a secret, shown this once.
SHOWN_ONCE = "shown_once"
# Of these customers, those to be seen from here who are not erased.
TO_BE_SEEN: FromAbove[Callable[[Collection[UUID]], Awaitable[set[UUID]]]] = FromAbove("customers to be seen")
_DONE = "The request had its effect; do not send it again. Its answer is not shown any more"


class InFlight(Conflict):
    """A request with this Idempotency-Key is in progress."""

    kind = "idempotency-in-flight"


class KeyReused(Refusal):
    """This Idempotency-Key belongs to another request."""

    kind = "idempotency-key-reused"


class NotAgain(Refusal):
    """The answer to this Idempotency-Key is not given again. The request had its effect."""

    kind = "answer-not-repeated"
    status = HTTPStatus.GONE


async def once(
    app: "ASGIApp", scope: "HTTPScope", body: Body, answer: Held, request: Request, headers: dict[bytes, bytes]
) -> None:
    """Run the application, or give the kept answer. Raises InFlight, KeyReused, Invalid."""
    key = headers.get(b"idempotency-key")
    if key is None or scope["method"] != "POST":
        await app(scope, body.receive, answer.send)
        return
    name = _name(key, request)
    if not await fetch_value(
        "select pg_try_advisory_xact_lock(hashtextextended(current_setting('guibin.tenant') || $1, 0))", name
    ):
        raise InFlight("Wait for its answer, then repeat")
    # What stands between the parts of a form is drawn anew for each request.
    boundary = boundary_of(headers.get(b"content-type", b"").decode("latin-1"))
    said = body.whole.replace(boundary, b"") if boundary else body.whole
    fingerprint = hashlib.sha256(b"\n".join((scope["path"].encode(), scope.get("query_string", b""), said))).digest()
    kept = await fetch_one(
        "select id, fingerprint, permissions, customer_ids, status, headers, body from idempotency_record where key = $1",
        name,
    )
    if kept is None:
        await app(scope, body.receive, answer.send)
        # Litestar says in the scope whom it asked.
        handler: BaseRouteHandler | None = scope.get("route_handler")
        shown_once = handler is not None and bool(handler.opt.get(SHOWN_ONCE))
        await _keep(name, fingerprint, answer, request, scope["path"], shown_once=shown_once)
        return
    if bytes(kept["fingerprint"]) != fingerprint:
        raise KeyReused("Use a new key for a new request")
    text = await _again(kept, request)
    headers_kept = msgspec.msgpack.decode(kept["headers"], type=list[tuple[bytes, bytes]])
    await answer.send({"type": "http.response.start", "status": kept["status"], "headers": [*headers_kept]})
    await answer.send({"type": "http.response.body", "body": text, "more_body": False})


async def _keep(name: str, fingerprint: bytes, answer: Held, request: Request, path: str, *, shown_once: bool) -> None:
    # What is refused is rolled back, this record with it: the caller mends the request and may keep the key.
    if answer.status >= 400:
        return
    start, *rest = answer.messages
    kept = [(k, v) for k, v in start["headers"] if k.lower() in _KEPT_HEADERS]  # type: ignore[typeddict-item]
    record_id, body = new_id(), b"".join(message.get("body", b"") for message in rest)  # type: ignore[misc]
    keys = await keyring.subject_keys(await _shown(path, body))
    # An answer may show a number in clear: sealed, and for each customer, whose erasure closes it. A secret is not kept at all.
    sealed = (
        b"" if shown_once else keyring.seal(await keyring.joint_key(keys), _place(record_id), body.decode("latin-1"))
    )
    # A request that went outside in between lost its lock there: of two such, the first answer is kept.
    await execute(
        "insert into idempotency_record (id, key, fingerprint, permissions, customer_ids, status, headers, body,"
        " created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant_id, key) do nothing",
        record_id,
        name,
        fingerprint,
        _digest(request.by),
        list(keys),
        answer.status,
        msgspec.msgpack.encode(kept),
        sealed,
        request.now,
    )


async def _shown(path: str, body: bytes) -> set[UUID]:
    """The customers whom the answer, or what it was asked for, is about."""
    named = {UUID(found.decode()) for found in _UUID.findall(path.encode() + b" " + body)}
    return await TO_BE_SEEN()(named) | current_scope().opened


async def _again(kept: asyncpg.Record, request: Request) -> bytes:
    """The kept answer; giving it again is a look at its customers like the first. Raises NotAgain."""
    if not kept["body"]:
        raise NotAgain(f"{_DONE}: it held a secret, which is shown once")
    if bytes(kept["permissions"]) != _digest(request.by):
        raise NotAgain(f"{_DONE}: what you may do has changed since")
    customer_ids = kept["customer_ids"]
    keys = await keyring.known_subject_keys(await TO_BE_SEEN()(customer_ids))
    if len(keys) < len(customer_ids):
        raise NotAgain(f"{_DONE}: a customer it shows was erased, or is not yours to see any more")
    if customer_ids:
        await done(
            "repeat",
            Case("answer", kept["id"]),
            Signature(by=request.by, now=request.now),
            customer_ids=tuple(customer_ids),
            shown=len(customer_ids),
        )
    text = keyring.unseal(await keyring.joint_key(keys), _place(kept["id"]), bytes(kept["body"]))
    return text.encode("latin-1")


def _digest(by: Principal) -> bytes:
    """What whoever asks may do, and sees of files."""
    sees = [msgspec.json.encode(one, order="sorted").decode() for one in by.sees]
    return hashlib.sha256("\n".join((*sorted(by.permissions), *sees)).encode()).digest()


def _place(record_id: UUID) -> Place:
    return Place("idempotency_record", "body", record_id)


def _name(key: bytes, request: Request) -> str:
    text = key.decode("latin-1")
    if not 1 <= len(text) <= KEY_CHARS_MAX or not text.isprintable():
        raise Invalid.at("Idempotency-Key", f"1 to {KEY_CHARS_MAX} printable characters", value=text[:40])
    return f"{request.by.id}:{text}"
