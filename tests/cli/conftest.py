"""The command line as an operator types it, over this worker's database."""

import asyncio
import base64
import contextlib
import io
import os
import sys

import pytest

from guibin import cli
from guibin_tenants.database import ENGINE


@pytest.fixture
def addresses(database, tmp_path):
    """What tells the command where everything is."""
    return {
        "GUIBIN_HOME": str(tmp_path),
        "GUIBIN_ROOT_KEY": base64.b64encode(b"\x07" * 32).decode(),
        "GUIBIN_DATABASE_URL": database.app,
        "GUIBIN_OWNER_URL": database.owner,
        "GUIBIN_RELAY_URL": database.relay,
        "GUIBIN_REDIS_URL": database.redis,
    }


@pytest.fixture
def guibin(addresses, world, tmp_path, monkeypatch):
    """Run the command within this process; exit code, standard output and error. The folder it runs in is `tmp_path`."""
    for name, value in addresses.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("guibin.cli.environment.packs", lambda: world.packs)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)
    one_at_a_time = asyncio.Lock()

    async def run(*words):
        async with one_at_a_time:
            # The command opens a pool of its own, as a process would; the running application's is put aside.
            pool, ENGINE.pool = ENGINE.pool, None
            try:
                return await asyncio.to_thread(_typed, words)
            finally:
                ENGINE.pool = pool

    return run


@pytest.fixture
def process(addresses):
    """Run the command as a process of its own, as operators do."""

    async def run(*words):
        found = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "guibin.cli", *words, env=os.environ | addresses, stdout=-1, stderr=-1
        )
        out, err = await found.communicate()
        return found.returncode, out.decode(), err.decode()

    return run


def _typed(words):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(words)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                err.write(end.code)
    return code, out.getvalue(), err.getvalue()
