"""`guibin pack dev`, as an author has it in a terminal beside the editor."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest
from serving import free_port

from guibin.testing.projects import make

WITHIN_S = 150.0


class Terminal:
    """What the command wrote so far, and its end."""

    def __init__(self, *words):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("GUIBIN_", "PYTEST_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "guibin.cli", "pack", "dev", *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(one) for one in self.process.stderr], daemon=True).start()

    def until(self, said):
        """Everything up to the line that says this."""
        seen, ends = "", time.monotonic() + WITHIN_S
        while said not in seen:
            try:
                seen += self.lines.get(timeout=max(ends - time.monotonic(), 0.01))
            except queue.Empty:
                pytest.fail(f"{said!r} was not said: {seen}")
        return seen


@pytest.fixture
def terminal(tmp_path):
    make("tea_house", tmp_path)
    port = free_port()
    running = Terminal(str(tmp_path), "--port", str(port))
    running.url = f"http://127.0.0.1:{port}/api/v1/policy"
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(60)


def test_a_pack_is_served_read_anew_on_a_save_and_told_where_it_is_broken(terminal, tmp_path):
    code = tmp_path / "guibin_tea_house" / "__init__.py"
    sound = code.read_text(encoding="utf-8")
    key = re.search(r"Key: (\S+)", terminal.until("Served: "))[1]

    def hours():
        policy = httpx.get(terminal.url, headers={"Authorization": f"Bearer {key}"}, timeout=60).json()
        return next(
            one["resolve_within"]["count"] for one in policy["complaints"]["levels"] if one["name"] == "ordinary"
        )

    first = hours()
    code.write_text(sound.replace("Hours(4)", "Hours(9)"), encoding="utf-8")
    terminal.until("Served: ")
    changed = hours()
    code.write_text(sound.replace("Hours(4)", "Hours(4"), encoding="utf-8")
    broken = terminal.until("what was served before goes on")
    still = hours()
    code.write_text(sound.replace("Hours(4)", "Hours(5)"), encoding="utf-8")
    terminal.until("Served: ")
    mended = hours()
    terminal.process.send_signal(signal.SIGINT)
    code = terminal.process.wait(60)

    assert (first, changed, still, mended, code) == (4, 9, 9, 5, 0)
    assert all(said in broken for said in ("tea_house", "__init__.py:", "SyntaxError"))
    with pytest.raises(httpx.ConnectError):
        hours()
