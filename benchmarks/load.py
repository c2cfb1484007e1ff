"""A bounded load: some connections, each asking again as soon as it is answered, for some seconds."""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec


class Result(msgspec.Struct):
    """What a load measured; times in milliseconds."""

    requests: int
    failures: int
    per_second: float
    p50_ms: float
    p99_ms: float


async def run(url: str, make: Callable[[int], bytes], *, connections: int, seconds: float) -> Result:
    """Load the server at `url` with the requests that `make` makes from a running number."""
    parts = urlsplit(url)
    numbers = iter(range(sys.maxsize))
    until = time.perf_counter() + seconds
    times: list[float] = []
    failures = 0

    async def one() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() < until:
            begun = time.perf_counter()
            writer.write(make(next(numbers)))
            status = await _answer(reader)
            times.append(time.perf_counter() - begun)
            failures += status >= 400
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    took = time.perf_counter() - begun
    times.sort()
    return Result(
        requests=len(times),
        failures=failures,
        per_second=round(len(times) / took, 1),
        p50_ms=round(statistics.median(times) * 1000, 2),
        p99_ms=round(times[int(len(times) * 0.99)] * 1000, 2),
    )


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    head = f"{method} {path} HTTP/1.1\r\nHost: guibin\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length:
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
