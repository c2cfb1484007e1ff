"""The API as a process of its own, over this worker's database, and callers that speak HTTP by the byte."""

import asyncio
import base64
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import asyncpg

ADDRESSES = ("GUIBIN_DATABASE_URL", "GUIBIN_OWNER_URL", "GUIBIN_RELAY_URL", "GUIBIN_REDIS_URL")
IN_TRANSACTION = (
    "select count(*) from pg_stat_activity where datname = $1 and application_name = 'guibin api'"
    " and state <> 'idle' and xact_start is not null"
)


class Server:
    """One `guibin serve`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, database: str, superuser: str) -> None:
        self.process = process
        self.port = port
        self.database = database
        self.superuser = superuser

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which nothing was said yet."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def until_in_transaction(self, number: int) -> int:
        """Wait, for at most ten seconds, until so many are; how many are then."""
        found = -1
        for _ in range(200):
            found = await self.in_transaction()
            if found == number:
                break
            await asyncio.sleep(0.05)
        return found

    async def in_transaction(self) -> int:
        """How many of its connections to PostgreSQL are in a transaction. Only the superuser is told."""
        connection = await asyncpg.connect(self.superuser)
        try:
            found: int = await connection.fetchval(IN_TRANSACTION, self.database)
        finally:
            await connection.close()
        return found


@contextlib.contextmanager
def serving(database, superuser: str, home: Path, words: Sequence[str] = (), **settings: object) -> Iterator[Server]:
    """Serve, with more words of the command; `settings` are bounds, by the end of their names (`body_within_s=1`). Ends with
    the context."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name not in ADDRESSES} | {
        "GUIBIN_HOME": str(home),
        "GUIBIN_ROOT_KEY": base64.b64encode(b"\x07" * 32).decode(),
        "GUIBIN_DATABASE_URL": database.app,
        "GUIBIN_LOG_LEVEL": "critical",
    }
    for name, value in settings.items():
        environment[f"GUIBIN_API_{name.upper()}"] = str(value)
    command = [sys.executable, "-m", "guibin.cli", "serve", "--port", str(port), *words]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        await_ready(process, port)
        yield Server(process, port, urlsplit(database.app).path.lstrip("/"), superuser)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers, for at most two minutes: several processes begin beside others. Raises AssertionError when it ends before."""
    for _ in range(1_200):
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            if answer.status == 200:
                return
        if process.poll() is not None:
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    raise AssertionError("the API did not start")


def head(method: str, path: str, token: str = "", **headers: str) -> bytes:
    """The first lines of a request, up to the body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: guibin.test"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def status_of(reader: asyncio.StreamReader) -> int:
    """The status of the next answer; 0 when the connection ends first."""
    try:
        line = await reader.readline()
    except ConnectionError:
        return 0
    return int(line.split()[1]) if line else 0
