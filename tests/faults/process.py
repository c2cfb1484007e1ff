"""A worker process of its own for the fault tests: `process.py APP_URL RELAY_URL REDIS_URL LEASE_S`."""

import asyncio
import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import tests.core.jobs.work  # noqa: F401  # its handlers

from guibin import worker  # the path comes first
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants import keyring

if __name__ == "__main__":
    app_url, relay_url, redis_url, lease_s = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("arq").setLevel(logging.ERROR)
    use_rules(Rules(os.environ.get("GUIBIN_OUTBOUND_ALLOWED", "").split(",")))
    keyring.use_root_key(b"\x07" * 32)
    chosen = worker.WorkerSettings(
        jobs_at_once=6,
        lease_s=float(lease_s),
        handed_for_s=float(lease_s),
        backoff_first_s=0.1,
        poll_s=0.05,
        timers_every_s=0.1,
        timetable_every_s=0.5,
        drain_s=3.0,
    )
    asyncio.run(worker.run(app_url, relay_url, redis_url, settings=chosen))
