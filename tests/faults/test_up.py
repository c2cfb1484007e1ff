"""`guibin up` from its first start to Ctrl-C: what it leaves on the disk is its owner's alone, and it runs once."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

READY_WITHIN_S, STOPS_WITHIN_S = 120.0, 30.0


def _guibin(home, *words):
    """The command in a process of its own, with the rights that new files usually get."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUIBIN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "guibin.cli", *words],
        env=environment | {"GUIBIN_HOME": str(home)},
        cwd=home.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o022,
    )


def _answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def up():
    """The running command, its port and its folder: one that the server's own user reaches, too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="guibin-up-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        process = _guibin(home, "up", "--no-demo", "--port", str(port))
        try:
            until = time.monotonic() + READY_WITHIN_S
            while not _answers(port) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.2)
            yield process, port, home
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=STOPS_WITHIN_S)


def test_secrets_are_readable_by_their_owner_only(up):
    _, port, home = up

    found = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir() if path.is_file()}

    assert _answers(port)
    assert {name: found[name] for name in ("root.key", "passwords.json")} == {
        "root.key": 0o600,
        "passwords.json": 0o600,
    }
    assert not home.stat().st_mode & 0o066


def test_a_second_one_is_refused_with_the_process_that_runs(up):
    process, port, home = up

    second = _guibin(home, "up", "--no-demo", "--port", str(port))
    said, _ = second.communicate(timeout=READY_WITHIN_S)

    assert (second.returncode, f"(process {process.pid})" in said) == (1, True), said
    assert _answers(port)


def test_it_ends_with_ctrl_c_and_lets_go_of_its_port(up):
    process, port, home = up

    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=STOPS_WITHIN_S)

    assert (process.returncode, "Stopping" in said, "Traceback" in said) == (0, True, False), said
    assert not _answers(port)
    assert not (home / "up.pid").exists()
