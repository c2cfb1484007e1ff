"""What the log of the record costs: sequencing, verifying against the database, and at home, in time and memory.

`python benchmarks/evidence.py --entries 1000000` makes a company with so many entries of two years on servers of its own,
sequences them, runs what `guibin audit verify` runs, writes the whole log as a pack, and has `guibin-verify` read it in a
process of its own.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

import product
from pack_values import all_packs
from record import fill

from guibin.context import Company, real_clock
from guibin.evidence import actions, findings, packs, queries, verify
from guibin.evidence.packs import NewPack
from guibin.evidence.proofs import inclusion
from guibin.policies.queries import act_of
from guibin_tenants.database import connected
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import tenant_scope

# What a process was at most is asked of the kernel: `ru_maxrss` counts what it was before it became this program.
_MEASURED = (
    "import re, runpy, sys, time; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__');"
    " print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1], 'kB at most,', time.process_time(), 's of CPU')"
)


async def sequence(tenant: TenantView) -> int:
    """All of it, as the job does; how many entries there are."""
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
    while True:
        async with tenant_scope(tenant.id):
            act = await act_of(all_packs(), company, by=by, now=real_clock())
            if not await actions.sequence(act):
                return await queries.size()


async def write(tenant: TenantView, to: Path) -> None:
    """The whole log as a pack."""
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
    async with tenant_scope(tenant.id):
        act = await act_of(all_packs(), company, by=by, now=real_clock())
        with to.open("wb") as file:
            async for line in packs.pack(NewPack(purpose="benchmark"), act, entries_max=None):
                file.write(line)


def told(what: str, began: float, size: int) -> None:
    """How long it took, and how many entries that is in a second."""
    took = time.perf_counter() - began
    print(
        f"{what:36} {took:8.1f} s {size / took:10,.0f} entries/s, {time.process_time():.1f} s of CPU by now", flush=True
    )


def at_home(pack: Path) -> None:
    """`guibin-verify`, in a process of its own."""
    found = subprocess.run(
        [sys.executable, "-c", _MEASURED, verify.__file__, str(pack)], capture_output=True, text=True, check=True
    )
    print(found.stdout, end="")


async def main(entries: int) -> None:
    """Everything, on servers of its own that end with it."""
    async with product.database() as (servers, home), connected(servers.app_url, pool_size=4):
        tenant = (await fill(servers, home, entries)).tenant
        began = time.perf_counter()
        size = await sequence(tenant)
        told(f"{size:,} entries sequenced", began, size)
        began = time.perf_counter()
        async with tenant_scope(tenant.id):
            wrong = [each async for each in findings.findings(real_clock())]
        told(f"verified, {len(wrong)} findings", began, size)
        began = time.perf_counter()
        pack = home / "pack.jsonl"
        await write(tenant, pack)
        told(f"pack of {pack.stat().st_size >> 20} MB written", began, size)
        began = time.perf_counter()
        at_home(pack)
        told("pack verified", began, size)
        print(f"a proof: {len(inclusion(size // 2, size)) * 32} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    asyncio.run(main(parser.parse_args().entries))
