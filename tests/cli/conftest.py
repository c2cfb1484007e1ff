"""The command line as an operator types it, over this worker's database."""

import asyncio
import os
import sys

import pytest


@pytest.fixture
def guibin(database, tmp_path):
    """Run the command; exit code, standard output and error."""
    environment = os.environ | {
        "GUIBIN_HOME": str(tmp_path),
        "GUIBIN_DATABASE_URL": database.app,
        "GUIBIN_OWNER_URL": database.owner,
        "GUIBIN_RELAY_URL": database.relay,
        "GUIBIN_REDIS_URL": database.redis,
    }

    async def run(*words):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "guibin.cli", *words, env=environment, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run
