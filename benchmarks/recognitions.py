"""Recognising callers over HTTP, beside the same SQL in pgbench: 16 connections, one server process, durable settings."""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

import load
from requests_per_second import CONNECTIONS, CUSTOMERS, PORT, SECONDS, beside, fill, pgbench, serving

from guibin.operation import embedded, migrations
from guibin.packs import Packs, installed
from guibin_tenants import keyring

# Blind indexes stand for themselves: the number to look for is taken from the index, as the server computes it from its key.
SQL = """\\set n random(0, {last})
BEGIN; SET LOCAL guibin.tenant = '{tenant}'; SET LOCAL guibin.units = '*';
SELECT s.exact AS number FROM sealed_value s JOIN customer c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id
 WHERE c.number = 'B' || :n \\gset
SELECT c.id, c.number, c.name, c.sex, c.account_manager_id, c.preferences ->> 'language',
 coalesce((SELECT jsonb_object_agg(m.scheme, m.tier) FROM membership m WHERE m.tenant_id = c.tenant_id
  AND m.customer_id = c.id AND m.starts_on <= current_date AND (m.ends_on IS NULL OR m.ends_on > current_date)
  AND (m.expires_on IS NULL OR m.expires_on > current_date)), '{{}}')::text
 FROM customer c WHERE c.closed_at IS NULL AND c.id IN (SELECT customer_id FROM sealed_value WHERE exact = ':number')
 ORDER BY c.id LIMIT 11;
INSERT INTO audit_entry (id, happened_at, actor_kind, actor_id, actor_name, address, action, subject, customer_ids, shown,
 fields, purpose) VALUES (gen_random_uuid(), now(), 'key', gen_random_uuid(), 'bench', '', 'recognition.look_up',
 'customer', '{{}}', 1, '{{}}', '');
COMMIT;
"""


def main() -> None:
    """Measure and print one JSON document."""
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    keyring.load_root_key(home)
    try:
        with embedded.running(home) as servers:
            asyncio.run(migrations.migrate(servers.owner_url, Packs(installed()).schemas()))
            tenant, token, _ = asyncio.run(fill(servers))
            bodies = [json.dumps({"phone": f"+86 138{number:08d}"}).encode() for number in range(CUSTOMERS)]
            with serving(servers, home):
                measured = asyncio.run(
                    load.run(
                        f"http://127.0.0.1:{PORT}",
                        lambda n: load.request("POST", "/api/v1/recognitions", token, bodies[n % len(bodies)]),
                        connections=CONNECTIONS,
                        seconds=SECONDS,
                    )
                )
            floor = pgbench(servers, SQL.format(last=CUSTOMERS - 1, tenant=tenant))
        print(json.dumps({"recognition": beside(measured, floor)}, indent=2))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
