"""A worker process of its own for the fault tests, forked from one that has imported everything already."""

import asyncio
import logging
import os
import random
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import working  # noqa: F401  # its handlers

from guibin import timetable
from guibin.operation import worker
from guibin.outbound.targets import Rules, use_rules
from guibin.packs import Packs, installed
from guibin.watch import failpoints
from guibin_tenants import keyring

# Found once, before the fork.
PACKS = Packs(installed())
timetable.everything(PACKS)


def main(arguments: list[str], environment: dict[str, str], fail_at: str, log: str) -> None:
    """`arguments`: APP_URL RELAY_URL REDIS_URL LEASE_S CLOCK_FILE. Several points in `fail_at` make a family."""
    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    random.seed()
    if fail_at:
        points = fail_at.split(",")
        failpoints.arm(failpoints.armed_by(fail_at if len(points) == 1 else _one_of(points)))
    _work(*arguments)


def _one_of(points: list[str]) -> str:
    """Become a process for one of these points; the parent of all ends when each has been killed there."""
    children = []
    for point in points:
        child = os.fork()
        if child == 0:
            return point
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(any(end != -signal.SIGKILL for end in ends))


def _work(app_url: str, relay_url: str, redis_url: str, lease_s: str, clock_file: str) -> None:
    def clock() -> datetime:
        """Real time, off by what the file says now."""
        seconds = float(Path(clock_file).read_text()) if clock_file else 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s", force=True)
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
    asyncio.run(worker.run(worker.Addresses(app_url, relay_url, redis_url), settings=chosen, packs=PACKS, clock=clock))
