"""`guibin up` is killed: what it started leaves too, and the next start says what is in its way."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from guibin.operation import embedded, supervisor

CHILD = "from guibin.operation.supervisor import leave_with_supervisor as leave; leave(); import time; time.sleep(60)"
PARENT = f"""
import os, subprocess, sys, time
environment = os.environ | {{"GUIBIN_SUPERVISOR": str(os.getpid())}}
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], env=environment, start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_children_of_a_killed_supervisor_leave():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    there = alive(child)

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until = time.monotonic() + 20
    while alive(child) and time.monotonic() < until:
        time.sleep(0.1)

    assert (there, alive(child)) == (True, False)


@pytest.fixture
def home():
    """A folder that the server's own user reaches, too."""
    with tempfile.TemporaryDirectory(prefix="guibin-home-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_servers_that_outlived_a_killed_supervisor_stop_with_the_next_but_not_with_a_command(home):
    left = embedded.start(home, settings=embedded.FORGETFUL)

    with embedded.running(home, settings=embedded.FORGETFUL):
        pass
    after_a_command = (alive(left.postgres_pid), alive(left.valkey_pid))
    with embedded.running(home, settings=embedded.FORGETFUL, owned=True) as found:
        same = (found.postgres_pid, found.valkey_pid) == (left.postgres_pid, left.valkey_pid)

    assert (after_a_command, same) == ((True, True), True)
    assert (alive(left.postgres_pid), alive(left.valkey_pid)) == (False, False)


async def test_a_port_that_another_program_holds_is_named(monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_WITHIN_S", 0.0)
    monkeypatch.setattr(supervisor, "LOOKS_EVERY_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(supervisor.PortTaken, match=f"port {port}: stop it, or set GUIBIN_PORT"):
            await supervisor.port_free(port)
