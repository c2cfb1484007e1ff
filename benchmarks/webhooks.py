"""Webhooks delivered per second by one worker process, from the event's commit to the receiver, and what is between.

A receiver on loopback that answers at once, embedded PostgreSQL and Valkey with their ordinary, durable settings. Beside it: the
same requests sent by the same code without ledger and record, which is what durability costs.

    python benchmarks/webhooks.py
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from product import acting

from guibin.context import real_clock
from guibin.events import ComplaintReceived, record
from guibin.operation import embedded, migrations, provisioning
from guibin.outbound.carrier import Carrier
from guibin.outbound.signing import headers, new_secret
from guibin.outbound.targets import Rules, use_rules
from guibin.packs import Packs, installed
from guibin.webhooks.actions import add
from guibin.webhooks.requests import NewWebhook
from guibin_tenants import keyring
from guibin_tenants.database import connected
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import fetch_value, tenant_scope
from guibin_tenants.tables import new_id

EVENTS = int(os.environ.get("GUIBIN_BENCH_EVENTS", "2000"))
AT_ONCE = 4


class Counting:
    """Answers 200 to everything and notes when."""

    def __init__(self) -> None:
        self.times: list[float] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
                self.times.append(time.perf_counter())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def plain(url: str, host: str) -> float:
    """The same requests with nothing behind them, per second."""
    carrier, secret, body = Carrier(Rules([host])), new_secret(), b'{"type": "ping", "timestamp": "", "data": {}}'

    async def some() -> None:
        for _ in range(EVENTS // AT_ONCE):
            signed = headers(str(new_id()), body, signed_with=[secret], now=real_clock())
            assert (await carrier.post(url, body, signed)).status == 200

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return EVENTS / (time.perf_counter() - began)


async def happen(tenant_id: UUID) -> float:
    """Record the events in transactions of their own, as requests do; per second."""
    began = time.perf_counter()
    for _ in range(EVENTS):
        async with tenant_scope(tenant_id):
            await record(ComplaintReceived(complaint_id=new_id(), level="1"), now=real_clock())
    return EVENTS / (time.perf_counter() - began)


async def until_delivered(tenant_id: UUID) -> None:
    """Wait for the last one."""
    while True:
        async with tenant_scope(tenant_id):
            done = await fetch_value("select count(*) from webhook_delivery where state = 'delivered'")
        if done >= EVENTS:
            return
        await asyncio.sleep(0.2)


async def measure(servers: embedded.Servers, home: Path) -> None:
    await migrations.migrate(servers.owner_url, Packs(installed()).schemas())
    keyring.load_root_key(home)
    counting = Counting()
    server = await asyncio.start_server(counting.serve, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    use_rules(Rules([host]))
    alone = await plain(f"http://{host}/hook", host)
    counting.times.clear()
    async with connected(servers.app_url, pool_size=2):
        new = NewTenant(slug="bench", name="bench", packs=("cable_tv",))
        tenant = await provisioning.provision(
            new, owner_url=servers.owner_url, app_url=servers.app_url, packs=Packs(installed()), now=real_clock()
        )
        act = await acting(tenant, Packs(installed()), now=real_clock())
        async with tenant_scope(tenant.id):
            await add(NewWebhook(url=f"http://{host}/hook"), act)
        written = await happen(tenant.id)
        with worker(servers, home, host):
            await until_delivered(tenant.id)
    took = counting.times[-1] - counting.times[0]
    print(f"{EVENTS} events, one webhook, one worker process")
    print(f"  events written with their delivery  {written:8.0f} /s")
    print(f"  delivered and written down          {EVENTS / took:8.0f} /s")
    print(f"  sent without ledger and record      {alone:8.0f} /s")
    print(f"  requests received                   {len(counting.times):8d}")


@contextlib.contextmanager
def worker(servers: embedded.Servers, home: Path, host: str):
    """A worker process over these servers."""
    names = {
        "GUIBIN_HOME": str(home),
        "GUIBIN_DATABASE_URL": servers.app_url,
        "GUIBIN_RELAY_URL": servers.relay_url,
        "GUIBIN_REDIS_URL": servers.redis_url,
        "GUIBIN_OUTBOUND_ALLOWED": host,
    }
    process = subprocess.Popen([sys.executable, "-m", "guibin.cli", "worker"], env=os.environ | names)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    servers = embedded.start(home)
    try:
        asyncio.run(measure(servers, home))
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
