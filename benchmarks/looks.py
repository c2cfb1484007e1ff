"""How long an auditor waits for the record of who looked at whom, when it has millions of entries.

`python benchmarks/looks.py --entries 10000000` makes a company with so many entries of two years in a database of its own on the
embedded servers (see `record.py`), lets its looks be summed as the timetable does, then asks every question as an auditor of the head office
and as one of an outlet, and prints p50, p95 and the longest of each, its first page and the page after it, and how many times as
long as a request it takes that shows nothing: so runs on machines that are busy with other things can be compared. `--home` keeps the servers' folder
for another run, `--plans` prints how PostgreSQL answers what was too long, `--only` asks what has this in its name.

With ten million entries on two cores, all but idle, p95 of the head office's auditor is under 60 ms for every question but the page of the newest (204, 30 at p50); counts by person,
purpose, customer and kind take 14 to 43 whatever the span, instead of seconds. An outlet's auditor waits longer than 300 ms for counts of a quarter by person, purpose and kind
(810 to 1,040: who looked at its customers from elsewhere is looked up customer by customer), at times for a month's by purpose (357), counts by customer (297 to 330), what left to
others (389) and what went wrong of rights (321). Summing everything for the first time takes 38 s.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest import mock

import httpx
import product
from pack_values import all_packs
from product import P95_MAX_MS, Product, acting, signed_in, timed
from record import Filled, fill

from guibin.audit.listed import list_next
from guibin.context import real_clock
from guibin.oversight.counts import Part
from guibin.oversight.figures import sum_next
from guibin.oversight.spans import SPANS
from guibin_tenants import scope
from guibin_tenants.scope import fetch_value, tenant_scope

PARTS: tuple[Part, ...] = ("person", "purpose", "customer", "action")
LOGINS = ("auditor", "auditor-outlet")
TRIVIAL = "/api/v1/me"


async def bring_up(filled: Filled) -> None:
    """Lists and sums, as the timetable's jobs keep them; how long each takes that has everything to do."""
    for name, step in (("lists", list_next), ("sums", sum_next)):
        begun, times, more = time.perf_counter(), 0, True
        while more:
            act = await acting(filled.tenant, all_packs(), now=real_clock())
            async with tenant_scope(filled.tenant.id):
                more = await (list_next(act.now) if step is list_next else sum_next(act))
            times += more
        print(f"{name}: {times} runs of the job in {time.perf_counter() - begun:.1f} s", flush=True)


async def questions(filled: Filled) -> dict[str, str]:
    """Every way an auditor can look, by its address."""
    async with tenant_scope(filled.tenant.id):
        customer = await fetch_value("select id from customer where number = 'B000044'")
        person = await fetch_value("select id from staff where login = 'p50'")
        unit = await fetch_value("select id from org_unit where code = 'outlet-1'")
    entries, console = "/api/v1/audit-entries", "/console"
    return {
        "first page": f"{console}/",
        "newest first": entries,
        "page of the newest": f"{console}/looks",
        "looks alone": f"{entries}?looked=true",
        "changes alone": f"{entries}?looked=false",
        "one customer": f"{entries}?customer_id={customer}",
        "one customer, last month": f"{console}/looks?customer_id={customer}&span=last_month",
        "one customer by name": f"{console}/looks?q=B000044",
        "one person": f"{entries}?actor_id={person}",
        "one org unit": f"{entries}?org_unit_id={unit}",
        "one purpose": f"{entries}?purpose=用途 7",
        "a purpose said once": f"{entries}?purpose=核对资料 77",
        "one kind": f"{entries}?action=customer.export",
        "one thing, that is rare": f"{console}/looks?thing=reception",
        "refused": f"{entries}?refused=true",
        "in clear": f"{entries}?clear=true",
        "asked for by number": f"{entries}?asked=true",
        "rights": "/api/v1/rights-changes",
        "rights: what went wrong": "/api/v1/rights-changes?trouble=true",
        "rights: people and posts": "/api/v1/rights-changes?kind=role",
        "rights: policy": "/api/v1/rights-changes?kind=policy",
        "rights: one person": f"/api/v1/rights-changes?person_id={person}",
        "what left": "/api/v1/departures",
        "what left: in clear": "/api/v1/departures?how=reveal",
        "what left: files": "/api/v1/departures?how=file",
        "what left: copies": "/api/v1/departures?how=copy",
        "what left: to others": "/api/v1/departures?outside=true",
        "what left: one customer": f"/api/v1/departures?customer_id={customer}",
        **{f"by {part}, {span}": f"{entries}/groups?part={part}&span={span}" for part in PARTS for span in SPANS},
    }


async def measure(client: httpx.AsyncClient, asked: Mapping[str, str], times: int, trivial: float) -> list[str]:
    """Ask each question so often, after it was asked once; those that took too long."""
    late = []
    for name, path in asked.items():
        took: list[float] = []
        await timed(client, path)
        for _ in range(times):
            milliseconds, answer = await timed(client, path)
            took.append(milliseconds)
            if "api/v1" in path and (following := answer.json().get("next")):
                took.append((await timed(client, f"{path}{'&' if '?' in path else '?'}cursor={following}"))[0])
        p50, p95 = statistics.median(took), statistics.quantiles(took, n=20, method="inclusive")[18]
        if p95 > P95_MAX_MS:
            late.append(name)
        print(
            f"  {name:30} {p50:8.1f} {p95:8.1f} {max(took):8.1f} {p50 / trivial:7.1f}{'   too long' if p95 > P95_MAX_MS else ''}",
            flush=True,
        )
    return late


async def explain(client: httpx.AsyncClient, path: str) -> None:
    """How PostgreSQL answers the statements of this question that take longest."""
    sent: list[tuple[float, str]] = []
    whole = scope.fetch

    async def told(statement: str, *values: object) -> Sequence[object]:
        begun = time.perf_counter()
        rows = await whole(statement, *values)
        took = time.perf_counter() - begun
        if took > 0.05 and statement.lstrip()[:6] in ("select", "with h"):
            plan = await whole(f"explain (analyze, buffers) {statement}", *values)
            sent.append((took, "\n".join(f"      {row[0]}" for row in plan)))
        return rows

    users = [
        module
        for module in sys.modules.values()
        if getattr(module, "fetch", None) is whole and module is not sys.modules[__name__]
    ]
    with mock.patch.multiple(scope, fetch=told):
        changed = [mock.patch.object(module, "fetch", told) for module in users]
        for each in changed:
            each.start()
        await client.get(path)
        for each in changed:
            each.stop()
    for took, plan in sorted(sent, reverse=True)[:2]:
        print(f"    {path}: {took * 1000:.0f} ms\n{plan}", flush=True)


async def asks(running: Product, filled: Filled, times: int, plans: bool, only: str) -> bool:
    """Everything, as each auditor; whether all was answered in time."""
    found = {name: path for name, path in (await questions(filled)).items() if only in name}
    within = True
    for login in LOGINS:
        async with signed_in(running.app, filled.tenant.slug, login) as client:
            trivial = statistics.median([(await timed(client, TRIVIAL))[0] for _ in range(20)])
            print(f"{login}: p50, p95, longest in ms; times {TRIVIAL}, which takes {trivial:.1f} ms", flush=True)
            late = await measure(client, found, times, trivial)
            within &= not late
            for name in late if plans else ():
                await explain(client, found[name])
    return within


async def main(entries: int, times: int, plans: bool, home: Path | None, only: str) -> bool:
    """Everything, on servers of its own that end with it."""
    async with product.served(home) as running:
        begun = time.perf_counter()
        filled = await fill(running.servers, running.home, entries)
        print(
            f"{filled.entries:,} entries of {filled.customers:,} customers, made in {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        await bring_up(filled)
        return await asks(running, filled, times, plans, only)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--plans", action="store_true", help="print how PostgreSQL answers what was too long")
    parser.add_argument("--home", type=Path, help="a folder whose servers and record are kept for another run")
    parser.add_argument("--only", default="", help="ask only what has this in its name")
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(main(given.entries, given.times, given.plans, given.home, given.only)) else 1)
