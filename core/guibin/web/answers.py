"""An answer that waits: until its transaction has committed, and for whoever reads it slowly."""

import asyncio

import msgspec
from litestar.types import Message, Send

from guibin_tenants.refusals import Refusal, Unauthenticated

from .problems import PROBLEM, of_refusal

CHUNK_BYTES = 64 * 1024


class Held:
    """An answer that waits for the commit."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, message: Message) -> None:
        """As ASGI's send."""
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
        if refusal.retry_after is not None:
            headers.append((b"retry-after", str(refusal.retry_after).encode()))
        if isinstance(refusal, Unauthenticated):
            headers.append((b"www-authenticate", b'Bearer realm="guibin"'))
        self.status = problem.status
        self.messages = [
            {"type": "http.response.start", "status": problem.status, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]

    async def release(self, send: Send, *, within_s: float) -> None:
        """Send it, piece by piece as the caller reads; who does not read it in time gets no more of it."""
        try:
            async with asyncio.timeout(within_s):
                for message in self.messages:
                    await _send(message, send)
        except TimeoutError:
            return


async def _send(message: Message, send: Send) -> None:
    if message["type"] != "http.response.body":
        await send(message)
        return
    body, more = message.get("body", b""), message.get("more_body", False)
    for start in range(0, max(len(body), 1), CHUNK_BYTES):
        piece = body[start : start + CHUNK_BYTES]
        await send({"type": "http.response.body", "body": piece, "more_body": more or start + CHUNK_BYTES < len(body)})
