"""An answer that waits: until its transaction has committed, and for whoever reads it slowly."""

import asyncio
from typing import TYPE_CHECKING

import msgspec

from guibin_tenants.refusals import Refusal, Unauthenticated

from .problems import PROBLEM, Problem

if TYPE_CHECKING:
    # What only names what serves does not load it.
    from litestar.types import Message, Send

CHUNK_BYTES = 64 * 1024


class Held:
    """An answer that waits for the commit."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, message: "Message") -> None:
        """As ASGI's send."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self.headers]
        self.messages.append(message)

    def say(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Say this instead of whatever was held."""
        self.status = status
        self.messages = [
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*headers, (b"content-length", str(len(body)).encode())],
            },
            {"type": "http.response.body", "body": body, "more_body": False},
        ]

    def replace(self, refusal: Refusal, problem: Problem) -> None:
        """Tell a refusal, in the words of this problem, instead of whatever was held."""
        headers = [(b"content-type", PROBLEM.encode()), (b"cache-control", b"no-store")]
        if refusal.retry_after is not None:
            headers.append((b"retry-after", str(refusal.retry_after).encode()))
        if isinstance(refusal, Unauthenticated):
            headers.append((b"www-authenticate", b'Bearer realm="guibin"'))
        self.say(problem.status, headers, msgspec.json.encode(problem))

    async def release(self, send: "Send", *, within_s: float, goes_on: bool = False) -> bool:
        """Send it, piece by piece as the caller reads; who does not read it in time gets no more of it. Whether all was sent;
        what `goes_on` has no end yet and no length."""
        try:
            async with asyncio.timeout(within_s):
                for message in self.messages:
                    await _send(_open_ended(message) if goes_on else message, send)
        except TimeoutError:
            return False
        return True


def _open_ended(message: "Message") -> "Message":
    if message["type"] == "http.response.start":
        headers = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
        return {**message, "headers": headers}
    return {**message, "more_body": True} if message["type"] == "http.response.body" else message


async def _send(message: "Message", send: "Send") -> None:
    if message["type"] != "http.response.body":
        await send(message)
        return
    body, more = message.get("body", b""), message.get("more_body", False)
    for start in range(0, max(len(body), 1), CHUNK_BYTES):
        piece = body[start : start + CHUNK_BYTES]
        await send({"type": "http.response.body", "body": piece, "more_body": more or start + CHUNK_BYTES < len(body)})
