"""What it costs a write that the database asks whether the company is frozen: with the guard and without it, in turn, in one run.

A complaint is taken in by the application in this process, over one connection, with everything that comes of it; and one statement
writes a timer as the application's role. Servers of its own, with their ordinary, durable settings.

    python benchmarks/freezing.py [--rounds 20] [--times 60]
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import product
from msgspec.structs import replace
from pack_values import all_packs
from product import acting

from guibin.catalog import TABLES
from guibin.context import real_clock
from guibin.operation import embedded, provisioning
from guibin.policy.calendars import always
from guibin.profiles.actions import open_archive
from guibin.profiles.requests import NewCustomer
from guibin.sla import calendars
from guibin_tenants import freezing, keys
from guibin_tenants.keys import NewKey
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import TenantTable

_TIMER = """insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, started_at, warn_at, due_at, next_at,
  provisional, generation, version) values (gen_random_uuid(), 'complaint', gen_random_uuid(), 'resolution', 1, '{}', '[]',
  now(), now(), now(), now(), false, 0, 1)"""
Once = Callable[[], Awaitable[float]]


async def fill(running: product.Product) -> tuple[TenantView, str, str]:
    """A company, a key of it, and a customer who complains."""
    packs = all_packs()
    new = NewTenant(slug="bench-freezing", name="bench", packs=("cable_tv",))
    servers = running.servers
    tenant = await provisioning.provision(
        new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=real_clock()
    )
    act = await acting(tenant, packs, now=real_clock())
    async with tenant_scope(tenant.id):
        await calendars.write(replace(always(tenant.time_zone), name=calendars.BUSINESS), act, note="bench")
        customer = await open_archive(NewCustomer(number="B1", name="张三", kind="leader"), act)
        token, _ = await keys.create(NewKey(name="bench", scopes=("*",)), now=real_clock())
    return tenant, token, str(customer.id)


async def guard(superuser: asyncpg.Connection, *, on: bool) -> None:
    """Every table has its guard, or none has."""
    async with superuser.transaction():
        for table in (table for table in TABLES if issubclass(table, TenantTable)):
            for wall in freezing.guards(table):
                await superuser.execute(f"drop {wall.kind} if exists {wall.name} on {table._meta.tablename}")
                if on:
                    await superuser.execute(wall.statement)


def intake(client: httpx.AsyncClient, customer: str) -> Once:
    """Milliseconds of a complaint that is taken in, its answer included."""

    async def once() -> float:
        asked = {"customer_id": customer, "channel": "phone", "level": "1", "text": "没有信号"}
        begun = time.perf_counter()
        answer = await client.post("/api/v1/complaints", json=asked)
        took = time.perf_counter() - begun
        assert answer.status_code == 201, answer.text[:500]
        return took * 1_000

    return once


def statement(connection: asyncpg.Connection, tenant: TenantView) -> Once:
    """Milliseconds of one insert inside a transaction that is taken back."""

    async def once() -> float:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"set local guibin.tenant = '{tenant.id}'; set local guibin.units = '*'")
        begun = time.perf_counter()
        await connection.execute(_TIMER)
        took = time.perf_counter() - begun
        await transaction.rollback()
        return took * 1_000

    return once


async def main(rounds: int, times: int) -> None:
    """Everything, on servers of its own; one JSON document."""
    async with product.served() as running:
        tenant, token, customer = await fill(running)
        superuser = await asyncpg.connect(embedded.superuser_url(running.home).replace("/postgres?", "/guibin?"))
        application = await asyncpg.connect(running.servers.app_url)
        transport = httpx.ASGITransport(app=running.app)  # type: ignore[arg-type]
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
            measured = {"intake": intake(client, customer), "statement": statement(application, tenant)}
            took: dict[str, dict[bool, list[float]]] = {name: {True: [], False: []} for name in measured}
            for turn in range(2 * rounds):
                on = turn % 2 == 0
                await guard(superuser, on=on)
                for name, once in measured.items():
                    # The first ones plan anew.
                    took[name][on].append(statistics.median([await once() for _ in range(times + 10)][10:]))
        await application.close()
        await superuser.close()
    print(json.dumps({name: beside(found) for name, found in took.items()}, indent=2))


def beside(found: dict[bool, list[float]]) -> dict[str, float]:
    """Medians of the rounds with and without, and the median of what each round was of the one beside it."""
    ratios = [on / off for on, off in zip(found[True], found[False], strict=True)]
    on, off = statistics.median(found[True]), statistics.median(found[False])
    low, ratio, high = (round(each, 3) for each in statistics.quantiles(ratios, n=4))
    return {"with_ms": round(on, 3), "without_ms": round(off, 3), "ratio": ratio, "from": low, "to": high}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--times", type=int, default=60)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.rounds, arguments.times))
