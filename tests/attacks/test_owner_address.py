"""The processes that answer and work for companies do not hold what switches row security off."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from serving import free_port

from guibin.operation import supervisor

READY_WITHIN_S = 180
# Read piece by piece: a process has more address space than memory.
PIECE_BYTES = 1 << 22


@pytest.fixture
def up(database, tmp_path):
    """`guibin up` over this test's database, whose addresses its environment holds; its port."""
    port = free_port()
    environment = os.environ | {
        "GUIBIN_HOME": str(tmp_path),
        "GUIBIN_ROOT_KEY": base64.b64encode(b"\x07" * 32).decode(),
        "GUIBIN_DATABASE_URL": database.app,
        "GUIBIN_OWNER_URL": database.owner,
        "GUIBIN_RELAY_URL": database.relay,
        "GUIBIN_REDIS_URL": database.redis,
        "GUIBIN_PRESENCE_URL": database.redis,
    }
    command = [sys.executable, "-m", "guibin.cli", "up", "--no-demo", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    yield process, port
    process.terminate()
    process.wait(30)


async def _children(process, port):
    """The processes of `guibin up` when the API answers, by command."""
    async with httpx.AsyncClient(trust_env=False, timeout=2) as caller:
        for _ in range(READY_WITHIN_S * 10):
            children = {child.cmdline()[-1]: child for child in psutil.Process(process.pid).children()}
            if set(children) == {"serve", "worker"} and await _answers(caller, port):
                return children
            await asyncio.sleep(0.1)
    raise AssertionError("`guibin up` did not start")


async def _answers(caller, port):
    try:
        return (await caller.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


def _held(process, secrets: dict[str, bytes]) -> set[str]:
    """Which of the secrets stand anywhere in its memory."""
    found: set[str] = set()
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
            span, mode, *_ = line.split()
            if mode.startswith("rw"):
                for piece in _pieces(memory, *(int(edge, 16) for edge in span.split("-"))):
                    found |= {name for name, secret in secrets.items() if secret in piece}
    return found


def _pieces(memory, start: int, end: int):
    before = b""
    while start < end:
        try:
            memory.seek(start)
            piece = memory.read(min(PIECE_BYTES, end - start))
        except (OSError, ValueError):
            return
        if not piece:
            return
        yield before + piece
        before, start = piece[-100:], start + len(piece)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc")
async def test_neither_the_api_nor_the_worker_holds_the_owner_s_address(up, database):
    process, port = up
    children = await _children(process, port)
    passwords = {name: urlsplit(getattr(database, name)).password.encode() for name in ("owner", "app", "relay")}

    held = {command: _held(child, passwords) for command, child in children.items()}
    told = {
        command: {name for name in supervisor.ADDRESSES if name in child.environ()}
        for command, child in children.items()
    }

    assert held == {"serve": {"app"}, "worker": {"app", "relay"}}
    assert told == {command: set(needed) for command, needed in supervisor.NEEDS.items()}


def test_a_server_started_with_more_begins_again_without_it(monkeypatch):
    begun = []
    monkeypatch.setattr(os, "execve", lambda *arguments: begun.append(arguments))
    monkeypatch.setattr(sys, "argv", ["guibin", "serve", "--port", "8123"])
    for name in supervisor.ADDRESSES:
        monkeypatch.setenv(name, "somewhere")

    supervisor.hold_what_is_needed("serve")
    ((_, words, environment),) = begun
    monkeypatch.setattr(os, "environ", environment)
    supervisor.hold_what_is_needed("serve")

    assert len(begun) == 1
    assert words[-3:] == ["serve", "--port", "8123"]
    assert [name for name in supervisor.ADDRESSES if name in environment] == [
        "GUIBIN_DATABASE_URL",
        "GUIBIN_PRESENCE_URL",
    ]
