"""A workbook of 100,000 customers imported, and again: rows per second and the most memory needed.

Every row is checked first, its confidential cells sealed, and all of it is one transaction, on embedded PostgreSQL with its
ordinary, durable settings.

    python benchmarks/excel_import.py [ROWS]      100,000 by default
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from memory import Watch
from product import acting

from guibin.operation import embedded, migrations, provisioning
from guibin.packs import Packs, installed
from guibin.profiles.importing import import_customers
from guibin.spreadsheets.mapping import Mapping
from guibin_tenants import keyring
from guibin_tenants.database import connected
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import tenant_scope

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
HEADING = ("number", "name", "kind", "sex", "birthday", "employer", "position", "mobile", "address")


def write(file: Path) -> None:
    """The workbook, row by row."""
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True})
    sheet = book.add_worksheet("客户")
    sheet.write_row(0, 0, HEADING)
    for n in range(1, ROWS + 1):
        birthday = f"19{50 + n % 50}-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
        employer, mobile, address = f"单位{n % 500}", f"139{n:08d}", f"成都市人民路{n}号"
        sheet.write_row(n, 0, (f"E{n:07d}", f"张{n}", "leader", "male", birthday, employer, "主任", mobile, address))
    book.close()


async def measure(servers: embedded.Servers, file: Path) -> dict[str, object]:
    """The first import, and the same file once more."""
    await migrations.migrate(servers.owner_url)
    packs = Packs(installed())
    runs = {}
    async with connected(servers.app_url, pool_size=2):
        new = NewTenant(slug="bench", name="bench", packs=("cable_tv",))
        tenant = await provisioning.provision(
            new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=NOW
        )
        act = await acting(tenant, packs, now=NOW)
        for name in ("first", "again"):
            with Watch(os.getpid()) as watch:
                begun = time.perf_counter()
                async with tenant_scope(tenant.id):
                    done = await import_customers(file, Mapping(), act)
                took = time.perf_counter() - begun
            runs[name] = {
                "seconds": round(took, 1),
                "rows_per_second": round(ROWS / took),
                "python_mib": watch.mib()[0],
                "created": done.created,
                "updated": done.updated,
            }
    return {"rows": ROWS, **runs}


def main() -> None:
    """Measure and print one JSON document."""
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    keyring.load_root_key(home)
    try:
        file = home / "customers.xlsx"
        write(file)
        with embedded.running(home) as servers:
            print(json.dumps(asyncio.run(measure(servers, file)), indent=2))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
