"""A caller in a process of its own: so many connections, each asks again when it was answered, or so many times a second.

`python calling.py PORT TOKEN CONNECTIONS PER_S SECONDS PATH…`; prints what it saw as JSON. PER_S 0 is as often as it can.
"""

import asyncio
import itertools
import json
import sys
import time
from collections import Counter

PATHS_MAX = 100


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bool]:
    """The status of the answer, and whether the connection goes on."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    return int(head.split()[1]), b"connection: close" not in head.lower()


async def call(port: int, requests: list[bytes], per_s: float, until: float, seen: list[tuple[int, float]]) -> None:
    """Ask until then, on one connection as long as it lasts."""
    connection = None
    for request in itertools.cycle(requests):
        began = time.monotonic()
        if began >= until:
            break
        try:
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", port)
            status, goes_on = await ask(*connection, request)
        except (OSError, asyncio.IncompleteReadError):
            status, goes_on = 0, False
        seen.append((status, time.monotonic() - began))
        if not goes_on:
            connection = None
        if per_s:
            await asyncio.sleep(max(0.0, began + 1 / per_s - time.monotonic()))


async def main(port: int, token: str, connections: int, per_s: float, seconds: float, paths: list[str]) -> None:
    """All connections at once."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: guibin.test\r\nAuthorization: Bearer {token}\r\n\r\n".encode() for path in paths
    ]
    seen: list[tuple[int, float]] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(call(port, requests, per_s, until, seen) for _ in range(connections)))
    took = sorted(seconds * 1000 for status, seconds in seen if status == 200)
    print(
        json.dumps(
            {
                "statuses": Counter(status for status, _ in seen),
                "median_ms": took[len(took) // 2] if took else None,
                "p95_ms": took[int(len(took) * 0.95)] if took else None,
            }
        )
    )


if __name__ == "__main__":
    port, token, connections, per_s, seconds, *paths = sys.argv[1:]
    asyncio.run(main(int(port), token, int(connections), float(per_s), float(seconds), paths))
