"""PostgreSQL stopped and started under a working worker. Servers of its own, as others share the usual ones."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.faults.conftest import Workers
from working import Effect, effects, unfinished

from guibin.jobs.actions import enqueue
from guibin.operation import embedded, migrations, provisioning
from guibin_tenants import keyring
from guibin_tenants.database import connected
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import tenant_scope
from support import pool_put_aside


class Urls:
    """As the fixture `database` has them."""

    def __init__(self, servers):
        self.owner, self.app, self.relay = servers.owner_url, servers.app_url, servers.relay_url
        self.redis = servers.redis_url


@pytest.fixture(autouse=True)
def no_pool():
    with pool_put_aside():
        yield


@pytest.fixture
def home(tmp_path_factory):
    # A short path: the server's socket lies in it. Readable for the user the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="guibin-restart-"))
    folder.chmod(0o755)
    yield folder
    embedded.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


async def test_postgresql_restarted_under_a_worker(home, packs, tmp_path):
    keyring.use_root_key(b"\x07" * 32)
    servers = embedded.start(home, settings=("fsync=off",))
    await migrations.migrate(servers.owner_url, packs.schemas())
    now = datetime.now(UTC)
    workers = Workers(Urls(servers), tmp_path)
    tenant = await provisioning.provision(
        NewTenant(slug="restarted", name="restarted", packs=("cable_tv",)),
        owner_url=servers.owner_url,
        app_url=servers.app_url,
        packs=packs,
        now=now,
    )

    async def done(least):
        async with connected(servers.app_url, pool_size=1), tenant_scope(tenant.id):
            return len(await effects()) >= least and (least < 60 or await unfinished() == 0)

    async with connected(servers.app_url, pool_size=1), tenant_scope(tenant.id):
        jobs = [await enqueue(Effect(takes_s=0.05), now=now) for _ in range(60)]
    process = workers.start()
    try:
        await workers.until(lambda: done(5), "some done")

        await asyncio.to_thread(embedded.stop_postgres, home)
        # As another process would: the wheel starts a server once per process.
        again = (
            "import sys, pathlib, guibin.operation.embedded; guibin.operation.embedded.start(pathlib.Path(sys.argv[1]))"
        )
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", again, str(home)], check=True)

        await workers.until(lambda: done(60), "every job done")
        assert process.poll() is None
        async with connected(servers.app_url, pool_size=1), tenant_scope(tenant.id):
            assert await effects() == dict.fromkeys(jobs, 1)
    finally:
        workers.end()
