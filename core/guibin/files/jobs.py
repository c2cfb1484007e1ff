"""Background work of files: what an erased customer's held is destroyed, and what nobody knows is taken out of the store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.events import ErasureBegins, at_once
from guibin.jobs.kinds import Errand, Job, Run, runs_errand
from guibin.profiles.queries import kept
from guibin_tenants.scope import execute, fetch, fetch_value

from . import places
from .queries import REMOVED

# No request takes so long: what is younger may be of a transaction under way.
SETTLES_WITHIN = timedelta(hours=1)


class SweepFiles(Job, frozen=True):
    """Take objects out of the store whose files were removed, erased, or never written."""


class Sweep(Struct, frozen=True):
    """What the company's files keep in the store; what is not from `before` is not looked at."""

    company_id: UUID
    kept: frozenset[UUID]
    before: datetime


@at_once(ErasureBegins)
async def destroy(happening: ErasureBegins, act: Act) -> None:
    """The key goes, and so do the bytes; those in the store with the next sweep. That there were files stays."""
    sizes = await fetch(
        f"select x.kept_in, sum(x.bytes_count)::bigint as bytes from stored_file x where x.customer_id = $1 and not {REMOVED}"
        " group by x.kept_in",
        happening.customer_id,
    )
    for row in sizes:
        await execute(
            "update file_total set bytes_count = bytes_count - $2 where kept_in = $1", row["kept_in"], row["bytes"]
        )
    await execute(
        "delete from file_content where file_id in (select id from stored_file where customer_id = $1)",
        happening.customer_id,
    )


async def prepare(job: SweepFiles, run: Run) -> Sweep | None:
    """What stays; None where there is no store."""
    if places.here() == places.DATABASE:
        return None
    rows = await fetch(f"select x.id, x.customer_id from stored_file x where x.kept_in = 'store' and not {REMOVED}")
    there = await kept({row["customer_id"] for row in rows} - {None}) | {None}
    # The store's clock is a real one, whatever the company's is.
    before: datetime = await fetch_value("select clock_timestamp()") - SETTLES_WITHIN
    return Sweep(run.company.id, frozenset(row["id"] for row in rows if row["customer_id"] in there), before)


async def go(sweep: Sweep) -> Sequence[UUID]:
    """Take the rest away."""
    gone = [each for each in await places.lying(sweep.company_id, before=sweep.before) if each not in sweep.kept]
    await places.take_away(sweep.company_id, gone)
    return gone


@runs_errand(SweepFiles, Errand(prepare, go))
async def sweep_files(job: SweepFiles, run: Run, outcome: Sequence[UUID] | None) -> None:
    """Nothing is left to be written down: what is gone belonged to nobody."""
