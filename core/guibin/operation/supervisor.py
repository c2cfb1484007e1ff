"""`guibin up`: the servers and processes of the product, started together and ended together."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import psutil
from msgspec import Struct

from guibin_tenants import cells

from . import embedded

STOP_WITHIN_S = 8.0
READY_WITHIN_S = 60.0
SUPERVISOR = "GUIBIN_SUPERVISOR"
LOOKS_EVERY_S = 1.0
DATABASE, OWNER, RELAY, REDIS = "GUIBIN_DATABASE_URL", "GUIBIN_OWNER_URL", "GUIBIN_RELAY_URL", "GUIBIN_REDIS_URL"
PRESENCE = "GUIBIN_PRESENCE_URL"
ADDRESSES = (DATABASE, OWNER, RELAY, REDIS, PRESENCE, cells.VARIABLE)
# What a process that answers or works for companies may hold. The owner's address switches row security off.
NEEDS = {"serve": (DATABASE, PRESENCE), "worker": (DATABASE, RELAY, REDIS)}
RESTART_AFTER_S = (0.2, 1.0, 3.0, 10.0)


class AlreadyUp(Exception):
    """Another `guibin up` runs with this home."""


class PortTaken(Exception):
    """The API cannot listen where it should: another program does, or the machine has no such address."""


class Urls(Struct, frozen=True):
    """Where everything is."""

    database: str
    owner: str
    relay: str
    redis: str
    port: int
    presence: str = ""

    @property
    def api(self) -> str:
        """The address people use."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, command: str, home: Path) -> dict[str, str]:
        """The variables by which a child finds what it needs; of what it does not need it is not told."""
        addresses = {DATABASE: self.database, RELAY: self.relay, REDIS: self.redis, PRESENCE: self.presence}
        return {
            **{name: value for name, value in os.environ.items() if name not in ADDRESSES},
            **{name: addresses[name] for name in NEEDS[command] if addresses[name]},
            **_cells_for(command),
            "GUIBIN_HOME": str(home),
            "GUIBIN_PORT": str(self.port),
            SUPERVISOR: str(os.getpid()),
        }


Say = Callable[[str], None]


def hold_what_is_needed(command: str) -> None:
    """Begin again without the addresses that the command does not need, where the environment has them.

    Only so they are gone for good: what a process was started with is to be read beside it as long as it runs.
    """
    needed = _cells_for(command)
    unneeded = [name for name in ADDRESSES if name in os.environ and name not in (*NEEDS[command], *needed)]
    if unneeded or cells.cells_of(needed) != cells.used():
        kept = {name: value for name, value in os.environ.items() if name not in unneeded} | needed
        os.execve(sys.executable, [sys.executable, "-m", "guibin.cli", *sys.argv[1:]], kept)


def _cells_for(command: str) -> dict[str, str]:
    """The cells as the command may know them; empty where one address alone is served."""
    roles = [role for variable, role in cells.ALONE.items() if variable in NEEDS[command]]
    return {cells.VARIABLE: cells.narrowed(cells.used(), roles)} if cells.used() else {}


def leave_with_supervisor() -> None:
    """A child of `guibin up` ends when that one was killed: two APIs and two workers of two releases are worse than none."""
    supervisor = os.environ.get(SUPERVISOR, "")
    if supervisor.isdecimal():
        leave_with(int(supervisor))


def leave_with(parent: int) -> None:
    """End as soon as the process that began this one is gone."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(LOOKS_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)


async def run(
    home: Path, *, port: int, prepare: Callable[[Urls], Awaitable[None]], announce: Callable[[Urls], None], say: Say
) -> None:
    """Run until SIGINT or SIGTERM. `prepare` migrates and fills the database before the processes start.

    Raises AlreadyUp, PortTaken, and EmbeddedFailed when a server does not start.
    """
    with _only_one(home), _servers(home, port, say) as urls:
        await port_free(port)
        await prepare(urls)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        children = [asyncio.create_task(_keep(command, urls, home, stop, say)) for command in ("serve", "worker")]
        ready = asyncio.create_task(_ready(urls, stop))
        if await ready:
            announce(urls)
        elif not stop.is_set():
            say("The API is not ready after a minute: see the messages above. Still trying; Ctrl-C ends it.")
        await stop.wait()
        say("Stopping …")
        await asyncio.gather(*children)


async def beside_servers(command: str, home: Path, *, port: int, say: Say) -> int:
    """Run one command, its words as they were typed, as a child over the embedded servers; how it ended."""
    with embedded.running(home) as servers:
        urls = Urls(
            servers.app_url, servers.owner_url, servers.relay_url, servers.redis_url, port, servers.presence_url
        )
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "guibin.cli",
            *sys.argv[1:],
            env=urls.environment(command, home),
            start_new_session=True,
        )
        ended = asyncio.create_task(child.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            say("Stopping …")
            await _end(child)
        return await ended


async def port_free(port: int, host: str = "127.0.0.1") -> None:
    """Wait until nothing listens there. Raises PortTaken."""
    # The API of a killed `guibin up` takes a moment to leave.
    until = asyncio.get_running_loop().time() + STOP_WITHIN_S + LOOKS_EVERY_S
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise PortTaken(
                        f"{host}:{port} cannot be listened on: {error.strerror}; see GUIBIN_HOST and GUIBIN_PORT"
                    ) from None
                if asyncio.get_running_loop().time() > until:
                    raise PortTaken(
                        f"another program listens on port {port}: stop it, or set GUIBIN_PORT to a free port"
                    ) from None
        await asyncio.sleep(0.2)


@contextlib.contextmanager
def _only_one(home: Path):  # type: ignore[no-untyped-def]  # a generator of nothing
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = home / "up.pid"
    if lock.exists() and lock.read_text().isdecimal() and psutil.pid_exists(int(lock.read_text())):
        process = psutil.Process(int(lock.read_text()))
        if "guibin" in " ".join(process.cmdline()):
            raise AlreadyUp(f"`guibin up` runs already with {home} (process {process.pid})")
    lock.write_text(str(os.getpid()))
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


@contextlib.contextmanager
def _servers(home: Path, port: int, say: Say):  # type: ignore[no-untyped-def]  # a generator of Urls
    database = os.environ.get("GUIBIN_DATABASE_URL")
    redis = os.environ.get("GUIBIN_REDIS_URL")
    if database and redis:
        yield Urls(
            database,
            os.environ.get("GUIBIN_OWNER_URL", database),
            os.environ.get("GUIBIN_RELAY_URL", database),
            redis,
            port,
            os.environ.get(PRESENCE, ""),
        )
        return
    say("Starting PostgreSQL and Valkey …")
    with embedded.running(home, owned=True) as servers:
        yield Urls(
            database or servers.app_url,
            os.environ.get("GUIBIN_OWNER_URL", database or servers.owner_url),
            os.environ.get("GUIBIN_RELAY_URL", database or servers.relay_url),
            redis or servers.redis_url,
            port,
            os.environ.get(PRESENCE, servers.presence_url),
        )


async def _keep(command: str, urls: Urls, home: Path, stop: asyncio.Event, say: Say) -> None:
    failures = 0
    while not stop.is_set():
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "guibin.cli", command, env=urls.environment(command, home), start_new_session=True
        )
        ended = asyncio.create_task(child.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if stop.is_set():
            await _end(child)
            return
        pause = RESTART_AFTER_S[min(failures, len(RESTART_AFTER_S) - 1)]
        failures += 1
        say(f"`guibin {command}` ended with {child.returncode}; starting it again in {pause} s")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def _end(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), STOP_WITHIN_S)
        except TimeoutError:
            child.kill()
            await child.wait()


async def _ready(urls: Urls, stop: asyncio.Event) -> bool:
    until = asyncio.get_running_loop().time() + READY_WITHIN_S
    async with httpx.AsyncClient(base_url=urls.api, timeout=2, trust_env=False) as client:
        while not stop.is_set() and asyncio.get_running_loop().time() < until:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/health/ready")).status_code == 200:
                    return True
            await asyncio.sleep(0.1)
    return False
