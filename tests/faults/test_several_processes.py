"""`guibin serve --workers 2`: two processes share the port, are replaced while they serve, and leave with their first one."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import pytest
from serving import free_port, serving

BEGINS_WITHIN_S = 120.0


@pytest.fixture(scope="module")
def several(database, servers, tmp_path_factory):
    """The server, and where its figures are. Two processes take long to begin: one server for all tests, the last ends it."""
    figures, home = free_port(), tmp_path_factory.mktemp("home")
    with serving(database, servers["superuser"], home, ("--workers", "2", "--metrics-port", str(figures))) as server:
        yield server, figures


def _serving(server):
    """Its processes that answer."""
    children = [each for each in psutil.Process(server.process.pid).children() if each.status() != psutil.STATUS_ZOMBIE]
    return {child.pid for child in children if "spawn_main" in " ".join(child.cmdline())}


async def _until(true, what):
    until = time.monotonic() + BEGINS_WITHIN_S
    while not true():
        assert time.monotonic() < until, what
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def _asked(server):
    """Asked all the time, each time on a connection of its own; what was answered, or why not."""
    answers, goes_on = [], True

    async def ask():
        while goes_on:
            try:
                async with httpx.AsyncClient(trust_env=False, timeout=20) as caller:
                    answers.append((await caller.get(f"http://127.0.0.1:{server.port}/health/ready")).status_code)
            except httpx.HTTPError as error:
                answers.append(repr(error))

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    yield answers
    goes_on = False
    await asyncio.gather(*asking)


async def _counted(figures):
    async with httpx.AsyncClient(trust_env=False) as caller:
        text = (await caller.get(f"http://127.0.0.1:{figures}/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith("guibin_request_seconds_count") and "2xx" in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


async def test_processes_are_replaced_without_an_error_and_one_that_dies_is_begun_again(several):
    server, _ = several
    await _until(lambda: len(_serving(server)) == 2, "two processes")
    first = _serving(server)

    async with _asked(server) as answers:
        server.process.send_signal(signal.SIGHUP)
        await _until(lambda: len(_serving(server)) == 2 and not _serving(server) & first, "both replaced")
        await asyncio.sleep(0.5)
    assert set(answers) == {200}
    assert len(answers) > 20

    killed, left = sorted(_serving(server))
    os.kill(killed, signal.SIGKILL)
    await _until(lambda: len(_serving(server)) == 2 and killed not in _serving(server), "begun again")
    assert left in _serving(server)


async def test_figures_of_all_processes_are_added_up(several):
    server, figures = several
    await _until(lambda: len(_serving(server)) == 2, "two processes")
    before = await _counted(figures)

    async with _asked(server) as answers:
        await _until(lambda: len(answers) >= 60, "answers")

    assert await _counted(figures) == before + len(answers)


async def test_all_leave_with_the_first_one(several):
    server, _ = several
    await _until(lambda: len(_serving(server)) == 2, "two processes")
    children = _serving(server)

    server.process.kill()

    await _until(lambda: not any(map(psutil.pid_exists, children)), "left")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", server.port))


@pytest.mark.parametrize(
    ("words", "proxies"),
    [
        (("--workers", "0"), ""),
        (("--host", "203.0.113.9"), ""),
        # Before any process begins: each would say it only to its log, and be begun again.
        (("--workers", "2"), "nowhere"),
    ],
)
def test_what_cannot_be_served_so_is_refused(words, proxies, database, tmp_path):
    environment = os.environ | {
        "GUIBIN_HOME": str(tmp_path),
        "GUIBIN_DATABASE_URL": database.app,
        "GUIBIN_TRUSTED_PROXIES": proxies,
    }
    command = [sys.executable, "-m", "guibin.cli", "serve", "--port", str(free_port()), *words]

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    assert ended.returncode != 0
    assert (proxies or words[1]) in ended.stderr + ended.stdout
