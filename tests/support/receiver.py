"""A real HTTP receiver on loopback that answers as it is told: rightly, wrongly, slowly, endlessly or not at all."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

HANG, CLOSE, HUGE, TRICKLE = "hang", "close", "huge", "trickle"
TRICKLE_EVERY_S = 0.02


@dataclass
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answer` is a status, a status with headers, HANG, CLOSE, HUGE or TRICKLE; or says which for each request.

    `says` is the body of a status; TRICKLE sends a byte of an endless answer every now and then.
    """

    port: int = 0
    scheme: str = "http"
    answer: int | str | tuple[int, dict[str, str]] | Callable[[Received], int | str] = 200
    says: bytes = b"ok"
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    at_once_max: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/hook") -> str:
        return f"{self.scheme}://{self.host}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, as many requests as come."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *rest = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
                if "chunked" in headers.get("transfer-encoding", ""):
                    body = await _chunks(reader)
                else:
                    body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = line.split(" ", 2)
                self.at_once += 1
                self.at_once_max = max(self.at_once, self.at_once_max)
                try:
                    if not await self._answer(Received(method, path, headers, body), writer):
                        break
                finally:
                    self.at_once -= 1
        writer.close()

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> bool:
        self.received.append(request)
        answer = self.answer(request) if callable(self.answer) else self.answer
        extra: dict[str, str] = {}
        if isinstance(answer, tuple):
            answer, extra = answer
        if answer == CLOSE:
            return False
        if answer == HANG:
            await self.released.wait()
            return False
        if answer == HUGE:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"x" * 65_536)
                await writer.drain()
            return False
        if answer == TRICKLE:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(TRICKLE_EVERY_S)
            return False
        lines = "".join(f"{name}: {value}\r\n" for name, value in extra.items())
        head = f"HTTP/1.1 {answer} Answer\r\n{lines}Content-Length: {len(self.says)}\r\n\r\n"
        writer.write(head.encode() + self.says)
        await writer.drain()
        return True


@contextlib.asynccontextmanager
async def receiving(context: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """One that listens for as long as this lasts."""
    receiver = Receiver(scheme="https" if context else "http")
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.close()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        whole += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return whole
