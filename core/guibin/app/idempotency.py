"""`Idempotency-Key` on POST: the same request twice has one effect and gets the same answer."""

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, HTTPRequestEvent, HTTPScope, Receive

from guibin.context import Request
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import Conflict, FieldError, Invalid, Refusal
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

if TYPE_CHECKING:  # the middleware uses this module
    from .scope_middleware import Held

KEY_CHARS_MAX = 128
# Only these come back with a kept answer.
_KEPT_HEADERS = (b"content-type", b"etag", b"location")


class InFlight(Conflict):
    """The first request with this key has not been answered yet."""

    kind = "idempotency-in-flight"
    title = "A request with this Idempotency-Key is in progress"


class KeyReused(Refusal):
    """The key was used for another request."""

    kind = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class TooLarge(Refusal):
    """The body is larger than is accepted."""

    kind = "too-large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The request body is too large"


class Body:
    """A request's body, read at most once and at most `bytes_max` of it."""

    def __init__(self, receive: Receive, bytes_max: int) -> None:
        self._receive = receive
        self._bytes_max = bytes_max
        self._read = 0
        self._whole: bytes | None = None
        self._replayed = False

    async def whole(self) -> bytes:
        """All of it, kept for `receive`."""
        chunks = []
        while self._whole is None:
            message = await self.receive()
            if message["type"] != "http.request":
                break
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._whole = b"".join(chunks)
        return self._whole or b""

    async def receive(self) -> HTTPRequestEvent:
        """As ASGI's receive."""
        if self._whole is not None and not self._replayed:
            self._replayed = True
            return {"type": "http.request", "body": self._whole, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._bytes_max:
                raise TooLarge(f"At most {self._bytes_max} bytes are accepted")
        return message  # type: ignore[return-value]  # also a disconnect, as ASGI allows


async def once(
    app: ASGIApp, scope: HTTPScope, body: Body, answer: "Held", request: Request, headers: dict[bytes, bytes]
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
    fingerprint = hashlib.sha256(
        b"\n".join((scope["path"].encode(), scope.get("query_string", b""), await body.whole()))
    ).digest()
    kept = await fetch_one("select id, fingerprint, status, headers, body from idempotency_record where key = $1", name)
    if kept is None:
        await app(scope, body.receive, answer.send)
        await _keep(name, fingerprint, answer, request)
        return
    if bytes(kept["fingerprint"]) != fingerprint:
        raise KeyReused("Use a new key for a new request")
    await answer.send(
        {
            "type": "http.response.start",
            "status": kept["status"],
            "headers": [*msgspec.msgpack.decode(kept["headers"], type=list[tuple[bytes, bytes]])],
        }
    )
    text = keyring.unseal(await keyring.tenant_key(), _place(kept["id"]), bytes(kept["body"]))
    await answer.send({"type": "http.response.body", "body": text.encode("latin-1"), "more_body": False})


async def _keep(name: str, fingerprint: bytes, answer: "Held", request: Request) -> None:
    # What is refused is rolled back, this record with it: the caller mends the request and may keep the key.
    if answer.status >= 400:
        return
    start, *rest = answer.messages
    kept = [(k, v) for k, v in start["headers"] if k.lower() in _KEPT_HEADERS]  # type: ignore[typeddict-item]
    record_id, body = new_id(), b"".join(message.get("body", b"") for message in rest)  # type: ignore[misc]
    # Sealed: an answer may show a secret once, or a number in clear.
    sealed = keyring.seal(await keyring.tenant_key(), _place(record_id), body.decode("latin-1"))
    await execute(
        "insert into idempotency_record (id, key, fingerprint, status, headers, body, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        record_id,
        name,
        fingerprint,
        answer.status,
        msgspec.msgpack.encode(kept),
        sealed,
        request.now,
    )


def _place(record_id: UUID) -> Place:
    return Place("idempotency_record", "body", record_id)


def _name(key: bytes, request: Request) -> str:
    text = key.decode("latin-1")
    if not 1 <= len(text) <= KEY_CHARS_MAX or not text.isprintable():
        raise Invalid(
            fields=(FieldError("Idempotency-Key", f"1 to {KEY_CHARS_MAX} printable characters", value=text[:40]),)
        )
    return f"{request.by.id}:{text}"
