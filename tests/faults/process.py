"""A worker process of its own for the fault tests: `process.py APP_URL RELAY_URL REDIS_URL LEASE_S CLOCK_FILE`."""

import asyncio
import logging
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import tests.core.jobs.work  # noqa: F401  # its handlers

from guibin import failpoints, worker  # the path comes first
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants import keyring


def become_one_of(points: list[str]) -> None:
    """Be a process for one of these points; the parent of all ends when each has been killed there."""
    children = []
    for point in points:
        child = os.fork()
        if child == 0:
            failpoints.arm(failpoints.armed_by(point))
            return
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(any(end != -signal.SIGKILL for end in ends))


if __name__ == "__main__":
    app_url, relay_url, redis_url, lease_s, clock_file = sys.argv[1:]
    if os.environ.get("FAIL_AT_EACH"):
        become_one_of(os.environ["FAIL_AT_EACH"].split(","))

    def clock() -> datetime:
        """Real time, off by what the file says now."""
        seconds = float(Path(clock_file).read_text()) if clock_file else 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)

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
    asyncio.run(worker.run(app_url, relay_url, redis_url, settings=chosen, clock=clock))
